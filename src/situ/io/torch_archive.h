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
/// executed: see Pickle. The file must hold a dictionary. Where its entry `state_dict` (Lightning's
/// checkpoints), or else `model`, or else `string_to_param` (learned words), is a dictionary with a
/// tensor in it, the tensors of that one are given, else the file's own. Entries that are no tensors, whatever their keys, are left out, and
/// so is nesting below that; a tensor whose key is no text is refused, for it could not be named.
/// Tensors are views of the mapped file, as those of SafetensorsFile.
/// Throws FileError when the file cannot be read, DataError naming the place and the reason for a
/// file that is malformed, compressed, holds a type that situ lacks, or entries but no tensor.
std::map<std::string, at::Tensor> load_torch_archive(const std::filesystem::path& path);

}  // namespace situ
