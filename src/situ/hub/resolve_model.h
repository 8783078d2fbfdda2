// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "situ/hub/download.h"
#include "situ/hub/hub_settings.h"
#include "situ/hub/known_models.h"
#include "situ/hub/repository.h"

namespace situ {

struct ResolveOptions {
  std::optional<HubSettings> hub = {};  ///< default: hub_settings_from_environment()
  bool allow_download = true;           ///< never where the hub is offline
  std::string variant = {};             ///< "fp16"
  bool check_existing = false;          ///< as DownloadOptions'
  /// Whether the server is asked even where the model is in the cache.
  bool refresh = false;
  std::string revision = {};  ///< another than the table's or the name's
  /// Default: a line on standard error.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

/// What a name stands for that is no local path.
struct NamedModel {
  const KnownModel* known = nullptr;         ///< where it is in the table
  std::vector<RepositoryName> repositories;  ///< in the order to try

  /// Where the cache may hold it: `repositories`, and those that are gone.
  std::vector<RepositoryName> cached_repositories() const;
};

/// A known name, a repository that stands for one, "org/name" or "org/name@revision"; nothing for
/// other text.
std::optional<NamedModel> find_named_model(const std::string& name,
                                           const std::string& revision = "");

/// True where a snapshot holds what situ needs to load it: the weights of every part that
/// model_index.json names, or a single part's configuration and weights.
bool is_complete_snapshot(const std::filesystem::path& snapshot);

/// The snapshot of a model that is in the cache and complete.
std::optional<std::filesystem::path> find_cached_model(const NamedModel& model,
                                                       const std::filesystem::path& cache);

/// The path of a model: an existing local path itself; else a known name or repository, from the
/// cache, and where it is not there from the first repository that has it.
/// Throws std::invalid_argument, with the nearest known names, for other text; FileError where the
/// model is not there and must not be fetched; and as download_model does, of all repositories.
std::filesystem::path resolve_model(const std::string& name, const ResolveOptions& options = {});

}  // namespace situ
