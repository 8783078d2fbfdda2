// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace situ {

class MappedFile;

/// Named tensors of a .safetensors file. The whole header is checked at construction (bounds,
/// sizes, overlaps, holes, repeated names), the content is read from disk when touched.
class SafetensorsFile {
 public:
  /// Throws FileError when the file cannot be read, DataError when it is malformed or has a dtype
  /// other than F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// Sorted.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& name) const { return entries_.contains(name); }
  /// A view of the mapped file that keeps the mapping alive, or a copy where the file does not
  /// align it to its dtype. It is for reading: what is written to it never reaches the file, may be
  /// seen by other views, and is forgotten, with the memory, when a view goes. Throws
  /// std::invalid_argument when there is no such name, DataError when a BOOL has a byte other than
  /// 0 and 1.
  at::Tensor tensor(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  struct Entry {
    at::ScalarType dtype;
    std::vector<int64_t> shape;
    size_t begin = 0;  // bytes from the start of the file
    size_t end = 0;
  };

  void read_header();
  void read_metadata(const nlohmann::json& value);
  void check_layout(size_t data_begin) const;

  std::string file_;
  std::shared_ptr<const MappedFile> mapped_;
  std::vector<std::string> names_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// Writes a .safetensors file, whole or not at all. The header lists the names in order; the data
/// lie by descending element size, then name, so that every tensor is aligned. Tensors may have any
/// device and strides. Throws std::invalid_argument for a dtype outside the list above, the name
/// "__metadata__" or text that is not UTF-8, FileError when the file cannot be written.
void save_safetensors(const std::filesystem::path& path,
                      const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace situ
