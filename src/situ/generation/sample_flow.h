// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "situ/generation/dataset_folder.h"
#include "situ/generation/generation_plan.h"
#include "situ/generation/generation_run.h"
#include "situ/generation/journal.h"

namespace situ {

/// Makes samples one after the other; while one is made, the next is read and the ones before are
/// written. A sample counts once its line is in the journal, and its files are complete before.
class SampleFlow {
 public:
  SampleFlow(const GenerationPlan& plan, const DatasetFolder& folder, const SampleMaker& make);
  ~SampleFlow();

  /// Makes these samples. done: called when one is in the journal. Throws as run_generation; what
  /// was under way is finished or left out whole.
  void make(const std::vector<int64_t>& indices, const std::function<void(int64_t)>& done);

 private:
  struct LoadedSource {
    const Sample* sample = nullptr;
    SampleSource source = {};
    std::string problem = {};  // why it cannot be used; else ""
  };
  struct Loaded {
    PlannedSample planned;
    LoadedSource from;
  };

  Loaded load(int64_t index);
  LoadedSource read(const Sample& sample) const;
  // The files of a sample and its line.
  std::string write(const PlannedSample& planned, const SampleSource& source,
                    const MadeSample& made);
  WrittenFile write_file_of(const char* kind, const std::string& path, const at::Tensor& picture);

  const GenerationPlan& plan_;
  const DatasetFolder& folder_;
  const SampleMaker& make_;
  Journal journal_;
  std::filesystem::path staging_;  // on the same file system as the results
  LoadedSource last_;              // the variants of an image follow each other
};

}  // namespace situ
