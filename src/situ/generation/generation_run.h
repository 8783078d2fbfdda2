// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "situ/generation/dataset_folder.h"
#include "situ/generation/generation_plan.h"
#include "situ/generation/sample_record.h"

namespace situ {

/// Makes the picture of a planned sample. The same sample gives the same bytes, whenever and
/// wherever it is made. What it throws makes the sample a failed one, except UnknownPrompt,
/// Interrupted and std::bad_alloc, which end the run.
using SampleMaker = std::function<MadeSample(const PlannedSample&, const SampleSource&)>;

/// A share of the work: one of `count` equal parts, from 0.
struct Shard {
  int64_t index = 0;
  int64_t count = 1;
};

/// How a run goes; nothing of it changes a byte of the dataset.
struct GenerationSettings {
  /// Do this share alone, and none of the others.
  std::optional<Shard> only = std::nullopt;
  /// Begin with this share and then help with the others: what several workers do.
  Shard first = {};
  int64_t limit = 0;  ///< the plan's first samples; 0 = all
  bool retry_failed = false;
  std::chrono::seconds claim_timeout{120};
  std::function<void(int64_t done, int64_t total)> progress = {};
};

/// What a run ended with.
struct GenerationSummary {
  bool complete = false;  ///< all samples are done, whoever made them
  int64_t samples = 0;    ///< asked for
  int64_t made = 0;       ///< by this worker
  SampleCounts counts;    ///< of all samples done so far
};

/// Makes the samples of a plan that are not there yet, and finishes the dataset once all are. May
/// be killed at any moment and started again, also by several workers at once, on one machine or on
/// several that share the folder: the finished dataset is the same to the byte. identity: see
/// DatasetFolder::begin. Throws std::invalid_argument for a folder with another run, FileError when
/// a result cannot be written, Interrupted, UnknownPrompt, std::bad_alloc.
GenerationSummary run_generation(const GenerationPlan& plan, const nlohmann::ordered_json& identity,
                                 const std::filesystem::path& output, const SampleMaker& make,
                                 const GenerationSettings& settings);

}  // namespace situ
