// SPDX-License-Identifier: Apache-2.0
#include "situ/io/npy.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/mapped_file.h"
#include "situ/io/npy_header.h"

namespace situ {

at::Tensor decode_npy(const std::string& file, std::string_view bytes) {
  const NpyHeader header = parse_npy_header(file, bytes);
  const std::string_view data = bytes.substr(header.header_bytes);
  if (static_cast<int64_t>(data.size()) != header.data_bytes) {
    throw DataError(
        file, static_cast<int64_t>(header.header_bytes),
        "expected " + std::to_string(header.data_bytes) + " bytes of numbers, got " +
            std::to_string(data.size()) +
            (static_cast<int64_t>(data.size()) < header.data_bytes ? "; the file is cut short"
                                                                   : ""));
  }
  if (header.dtype == at::kBool) {
    // A C++ bool of any other value is undefined behaviour.
    const auto* const bad = std::find_if(data.begin(), data.end(), [](char c) { return c & ~1; });
    if (bad != data.end()) {
      throw DataError(file, bad - bytes.begin(), "a bool is neither 0 nor 1");
    }
  }
  std::vector<int64_t> shape = header.shape;
  if (header.fortran_order) std::reverse(shape.begin(), shape.end());
  at::Tensor array = at::empty(shape, header.dtype);
  if (!data.empty()) std::memcpy(array.data_ptr(), data.data(), data.size());
  if (!header.fortran_order) return array;
  std::vector<int64_t> axes(shape.size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(axes.size() - 1 - i);
  return array.permute(axes).contiguous();
}

at::Tensor load_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return decode_npy(path.string(), {reinterpret_cast<const char*>(file.data()), file.size()});
}

void save_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  const std::string header = make_npy_header(tensor);
  const at::Tensor dense = tensor.detach().cpu().contiguous();
  AtomicFile file(path);
  file.write(header);
  file.write({static_cast<const char*>(dense.data_ptr()), dense.nbytes()});
  file.commit();
}

}  // namespace situ
