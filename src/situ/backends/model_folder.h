// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace situ {

/// Where the folders of the models that ship with situ are looked for, in this order: the
/// environment's SITU_MODELS, share/situ/models beside the program's own folder, and the source
/// tree that the program was built from.
std::vector<std::filesystem::path> model_roots();

/// Returns the folder of a model: `name` itself where it is an existing folder, else `name` below
/// the first root that has it. name: "mini-inpainter" or a path.
/// Throws FileError, naming every place that was tried, where there is none.
std::filesystem::path model_folder(const std::string& name);

}  // namespace situ
