// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace situ {

/// The pictures of one sample by kind: "image", "labels", "instances", "anomaly".
using SamplePictureMap = std::map<std::string, at::Tensor>;

/// What each picture of a sample is compared with: the source's image and labels, the anomaly map
/// that the source's labels alone would have, and nothing (zeros) for the rest.
class SampleBase {
 public:
  /// record: of the manifest; labels: the table of dataset.json; root: of the source. Throws
  /// DataError where a source file is not the one that was used, FileError where it is not there.
  SampleBase(const nlohmann::ordered_json& record, const nlohmann::ordered_json& labels,
             const std::filesystem::path& root);

  /// Of the shape and dtype of `like`, which need not hold anything.
  at::Tensor of(const std::string& kind, const at::Tensor& like) const;
  int64_t height() const { return image_.size(1); }
  int64_t width() const { return image_.size(2); }

 private:
  at::Tensor image_;
  at::Tensor labels_;   // undefined where there are none or they are no picture of ids
  at::Tensor ignored_;  // uint8 [H, W]: 255 where the source's label is left out; or undefined
};

/// The arrays that a pack stores for a sample: "<kind>.box" (x0, y0, x1, y1) and "<kind>.delta".
std::map<std::string, at::Tensor> sample_delta(const SampleBase& base,
                                               const SamplePictureMap& pictures);

/// The pictures back. Throws DataError naming `file` for arrays that do not fit the base.
SamplePictureMap apply_sample_delta(const SampleBase& base,
                                    const std::map<std::string, at::Tensor>& arrays,
                                    const std::string& file);

}  // namespace situ
