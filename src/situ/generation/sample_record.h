// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "situ/generation/generation_plan.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {

/// How a sample ended.
enum class SampleStatus {
  kInserted,  ///< with one object or more; its files are there
  kRejected,  ///< nothing that was painted was accepted
  kNoRoom,    ///< no place for an object
  kFailed,    ///< a model or the source's files failed; --retry-failed tries again
};

template <>
struct EnumNames<SampleStatus> {
  static constexpr std::array<std::pair<SampleStatus, const char*>, 4> table{{
      {SampleStatus::kInserted, "inserted"},
      {SampleStatus::kRejected, "rejected"},
      {SampleStatus::kNoRoom, "no_room"},
      {SampleStatus::kFailed, "failed"},
  }};
};

/// A source image as it was read.
struct SampleSource {
  at::Tensor scene;   ///< uint8 [3, H, W]
  at::Tensor labels;  ///< uint8 or int32 [H, W], or undefined
  std::string image_sha256;
  std::string labels_sha256;  ///< empty where there are none
};

/// What was made of it.
struct MadeSample {
  at::Tensor image;                ///< uint8 [3, H, W]
  std::vector<Insertion> objects;  ///< one for each planned object
};

/// With one object, as it ended; with several, inserted where one was, else as the last one ended.
SampleStatus status_of(const MadeSample& made);

/// A file of a sample.
struct WrittenFile {
  const char* kind;  ///< "image"
  std::string path;  ///< relative to the output folder
  std::string sha256;
};

/// A line of the manifest (docs/formats/manifest.md): everything that is needed to make the sample
/// again and to check it. Nothing in it depends on when, where or in how many parts it was made.
nlohmann::ordered_json sample_record(const PlannedSample& planned, const Recipe& recipe,
                                     const SampleSource& source, const MadeSample& made,
                                     const std::vector<WrittenFile>& files);

/// The line of a sample that failed as a whole.
nlohmann::ordered_json failure_record(const PlannedSample& planned, const std::string& reason);

}  // namespace situ
