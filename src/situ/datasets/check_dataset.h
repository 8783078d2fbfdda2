// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "situ/datasets/dataset.h"

namespace situ {

/// One thing that is wrong with a data set.
struct DatasetProblem {
  enum class Kind {
    kMissingLabel,  // an image has none, in a split whose labels are published
    kMissingImage,  // a label, or a name in the split's list, has none
    kBroken,        // cannot be read
    kForeignIds,    // a label holds ids that its set does not have
    kSizeMismatch,  // label and image differ
  };
  Kind kind = Kind::kBroken;
  std::string file;  // relative to the root
  std::string detail;
};

/// "missing label", …
std::string name_of(DatasetProblem::Kind kind);

struct DatasetCheck {
  int64_t images = 0;  // listed, whether they can be read or not
  int64_t labels = 0;
  int64_t instances = 0;
  std::map<std::string, int64_t> sizes;     // "2048x1024" (width first) → how many images
  std::map<int64_t, int64_t> label_pixels;  // id → how many, in labels that could be read
  std::vector<DatasetProblem> problems;     // by sample
};

/// Reads every file of the data set. `progress` is called with the number of samples that are done.
/// Throws Interrupted; what is wrong with a file is part of the result.
DatasetCheck check_dataset(const Dataset& dataset,
                           const std::function<void(int64_t)>& progress = {});

}  // namespace situ
