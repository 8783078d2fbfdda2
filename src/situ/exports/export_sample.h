// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "situ/datasets/label_set.h"

namespace situ {

/// An object that was put into an image.
struct ExportObject {
  int64_t class_id = 0;  // of the source's label set
  std::string class_name;
  std::string prompt = {};
  bool is_ood = false;   // an anomaly, rather than one more object of a class that the data set has
  at::Tensor mask = {};  // bool [H, W]
};

/// An image of a generated data set, as every export format needs it.
struct ExportSample {
  std::string id;
  std::filesystem::path image;        // PNG, JPEG or WebP; exported byte by byte
  std::filesystem::path clean_image;  // what it was made from; empty where that is not kept
  int64_t height = 0;
  int64_t width = 0;
  at::Tensor label;  // uint8 or int32 [H, W] ids of the label set; undefined where there is none
  at::Tensor instances;  // int32 [H, W] as Cityscapes numbers them, class id * 1000 + number for
                         // pixels of counted objects; undefined where there is none
  std::vector<ExportObject> objects;
};

/// A generated data set as a list whose samples are read one at a time.
struct ExportSource {
  std::string name;
  std::string split;
  LabelSet labels;  // with the classes that were added
  std::size_t count = 0;
  std::function<ExportSample(std::size_t)> sample;
};

}  // namespace situ
