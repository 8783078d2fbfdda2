// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// A published model that situ knows by a short name. No hashes stand here, since none of the
/// published files has been seen by situ's authors: content is checked against what the server
/// declares.
struct KnownModel {
  std::string name;
  std::string kind;                       ///< "inpainter", "text-to-image", "editor", "autoencoder"
  std::vector<std::string> repositories;  ///< "org/name", tried in this order
  std::vector<std::string> formerly = {};  ///< repositories that are gone, and stand for this model
  std::string licence = {};
  double gigabytes = 0;  ///< of float32 weights, from the counts of parameters; half of it as fp16
  std::string revision = "main";
};

/// All of them, in the order in which they are listed.
std::span<const KnownModel> known_models();
/// By short name.
const KnownModel* find_known_model(std::string_view name);
/// By a repository that is gone.
const KnownModel* find_renamed_model(std::string_view repository);
std::vector<std::string> known_model_names();

}  // namespace situ
