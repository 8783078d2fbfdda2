// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <initializer_list>
#include <string>

#include "situ/io/image_file.h"
#include "situ/io/test_files.h"

namespace situ::testing {

/// Writes files of a made data set below one folder; folders appear as needed.
class MadeDataset {
 public:
  std::filesystem::path root() const { return folder_.path(); }

  std::filesystem::path at(const std::string& file) const {
    const std::filesystem::path path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    return path;
  }
  /// A picture of 3 x 2 pixels. The reader looks at the content, not at the name's ending.
  void image(const std::string& file) const {
    save_png(at(file), at::arange(18, at::kByte).view({3, 2, 3}));
  }
  /// Six ids in two rows.
  void label(const std::string& file, std::initializer_list<int> ids) const {
    save_png(at(file), at::tensor(std::vector<int>(ids), at::kByte).view({2, 3}));
  }
  /// The same in 16 bits.
  void wide_label(const std::string& file, std::initializer_list<int> ids) const {
    save_png(at(file), at::tensor(std::vector<int>(ids), at::kInt).view({2, 3}));
  }
  void text(const std::string& file, std::string_view content) const { put(at(file), content); }

 private:
  TemporaryFolder folder_;
};

inline std::vector<int64_t> numbers(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kLong).contiguous();
  const auto* const begin = wide.const_data_ptr<int64_t>();
  return {begin, begin + wide.numel()};
}

}  // namespace situ::testing
