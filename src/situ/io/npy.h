// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace situ {

// NumPy's array files, format versions 1 and 2, little-endian, of the dtypes bool, uint8, int8,
// int16, int32, int64, float16, float32 and float64. Nothing in them is ever executed: arrays of
// Python objects are refused, like everything else, with a DataError that names the reason.

/// Returns the array of a .npy file, contiguous, also where the file is in Fortran order. Throws
/// FileError when the file cannot be read, DataError when it is malformed or larger than 16 GiB.
at::Tensor load_npy(const std::filesystem::path& path);

/// Writes a .npy file (version 1.0, C order), whole or not at all. tensor: any device and strides.
/// Throws std::invalid_argument for another dtype, FileError when the file cannot be written.
void save_npy(const std::filesystem::path& path, const at::Tensor& tensor);

/// Returns the arrays of a .npz file by name (without ".npy"). Throws as load_npy does; 16 GiB
/// bounds all arrays together.
std::map<std::string, at::Tensor> load_npz(const std::filesystem::path& path);

/// Writes a .npz file, compressed, whole or not at all; the same arrays give the same bytes. Throws
/// as save_npy does, and std::invalid_argument for a name that is empty, not UTF-8, or no file name
/// (starts with "/", has a "..", ends with ".npy").
void save_npz(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& arrays);

}  // namespace situ
