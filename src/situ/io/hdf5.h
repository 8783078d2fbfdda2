// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

namespace situ {

// One array in an HDF5 file, as the tools of SegmentMeIfYouCan write score maps: `value`, float16
// [H, W]. Real numbers of up to 64 bits and whole ones of up to 32 are read. Arrays whose numbers
// lie in other files (external, virtual or behind a link) are refused, and no filter plugins are
// loaded: a file reaches nothing beyond itself.

/// Returns the array `name`, float32 where that holds its numbers exactly and else float64. Throws
/// FileError when the file cannot be read, DataError when it is no HDF5, has no such array, or one
/// of another kind or of more than 2^28 numbers.
at::Tensor load_hdf5(const std::filesystem::path& path, const std::string& name);

/// Writes a file of one array in little-endian float16, float32 or float64, as its dtype is, whole
/// or not at all. Throws std::invalid_argument for another dtype, FileError when the file cannot be
/// written.
void save_hdf5(const std::filesystem::path& path, const std::string& name, const at::Tensor& array);

}  // namespace situ
