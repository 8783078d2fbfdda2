// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace situ {

struct WeightFile {
  std::string file;    ///< relative to the model's folder, with slashes: "unet/….safetensors"
  std::string sha256;  ///< 64 hexadecimal digits
};

/// Which weights computed a result.
struct ModelIdentity {
  std::string name;  ///< as it was asked for: "mini", or a folder
  std::string folder;
  std::string revision = {};  ///< 12 hexadecimal digits that stand for all weights together
  std::vector<WeightFile> weights = {};  ///< sorted by file
};

/// Reads every .safetensors file below the folder (where there is none, every .bin or else .pth
/// file), or a model that is a single file. The revision is the beginning of the SHA-256 of the
/// lines "<file> <sha256>\n". Throws FileError when the folder or a file cannot be read, DataError
/// when it holds no weights.
ModelIdentity identify_model(const std::filesystem::path& path);

/// The same of these files of a folder.
ModelIdentity identify_files(const std::filesystem::path& folder,
                             const std::vector<std::string>& files);

}  // namespace situ
