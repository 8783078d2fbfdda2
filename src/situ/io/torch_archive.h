// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace situ {

/// The file begins as torch.save writes files: a zip archive, or the older sequence of pickles.
bool is_torch_archive(const std::filesystem::path& path);

/// The tensors of a file of torch.save (.ckpt, .pth, .pt, .bin) by their keys. Nothing in it is
/// executed: see Pickle. Where the file holds a dictionary of state (`state_dict`, or `model` with
/// nothing but tensors in it), its tensors are given; entries that are no tensors are left out, and
/// so is nesting below that. Tensors are views of the mapped file, as those of SafetensorsFile.
/// Throws FileError when the file cannot be read, DataError naming the place and the reason for a
/// file that is malformed, compressed or holds a type that situ lacks.
std::map<std::string, at::Tensor> load_torch_archive(const std::filesystem::path& path);

}  // namespace situ
