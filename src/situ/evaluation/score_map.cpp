// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/score_map.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <string>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/io/hdf5.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

at::Tensor only_array(const std::filesystem::path& path) {
  std::map<std::string, at::Tensor> arrays = load_npz(path);
  for (const char* name : {"scores", "value"}) {
    if (const auto found = arrays.find(name); found != arrays.end()) return found->second;
  }
  if (arrays.size() != 1) {
    throw DataError(path.string(), "expected one array, or one named scores or value, got " +
                                       std::to_string(arrays.size()) + " arrays");
  }
  return arrays.begin()->second;
}

at::Tensor array_of(const std::filesystem::path& path, const std::string& extension) {
  if (extension == ".npz") return only_array(path);
  if (extension == ".hdf5" || extension == ".h5") return load_hdf5(path, "value");
  return load_npy(path);
}

at::Tensor gray_fractions(const std::filesystem::path& path) {
  const at::Tensor gray = load_labels(path);
  return gray.to(at::kFloat).div(gray.scalar_type() == at::kByte ? 255.0 : 65535.0);
}

template <class Score>
void check_each(const at::Tensor& scores, const std::string& file) {
  const auto* score = scores.const_data_ptr<Score>();
  for (std::int64_t i = 0; i < scores.numel(); ++i) {
    if (std::isfinite(score[i])) continue;
    throw DataError(file, std::string("the score at x ") + std::to_string(i % scores.size(1)) +
                              ", y " + std::to_string(i / scores.size(1)) + " is " +
                              (std::isnan(score[i]) ? "NaN" : "infinite"));
  }
}

}  // namespace

at::Tensor load_score_map(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".png") return gray_fractions(path);
  at::Tensor scores = array_of(path, extension);
  const std::string got = shape_text(scores);
  while (scores.dim() > 2 && scores.size(0) == 1) scores = scores.squeeze(0);
  if (scores.dim() != 2 || scores.numel() == 0) {
    throw DataError(path.string(), "expected scores of the shape [H, W], got " + got);
  }
  switch (scores.scalar_type()) {
    case at::kFloat:
    case at::kDouble:
      return scores.contiguous();
    case at::kHalf:
    case at::kByte:
    case at::kChar:
    case at::kShort:
      return scores.to(at::kFloat).contiguous();
    case at::kInt:
      return scores.to(at::kDouble).contiguous();
    default:
      throw DataError(path.string(), std::string("scores of the dtype ") +
                                         c10::toString(scores.scalar_type()) + " are not read");
  }
}

void check_finite(const at::Tensor& scores, const std::string& file) {
  if (scores.scalar_type() == at::kFloat) {
    check_each<float>(scores, file);
  } else {
    check_each<double>(scores, file);
  }
}

}  // namespace situ
