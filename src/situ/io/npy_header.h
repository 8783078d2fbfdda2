// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// What stands before the numbers of a .npy file.
struct NpyHeader {
  at::ScalarType dtype;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t header_bytes = 0;  // where the numbers start
  int64_t data_bytes = 0;   // how many bytes they take
};

/// The largest array, or sum of the arrays of a .npz, that is read.
inline constexpr int64_t kMaxArrayBytes = int64_t{16} << 30;

/// Throws DataError unless `bytes`, the beginning of a file or all of it, is a header of the kinds
/// that npy.h names and states at most kMaxArrayBytes. file: its name, for messages.
NpyHeader parse_npy_header(const std::string& file, std::string_view bytes);

/// A version 1.0 header in C order, padded so that the numbers start at a multiple of 64.
/// Throws std::invalid_argument for a dtype that npy.h does not name.
std::string make_npy_header(const at::Tensor& tensor);

/// The array of a whole .npy file in memory. Throws DataError.
at::Tensor decode_npy(const std::string& file, std::string_view bytes);

}  // namespace situ
