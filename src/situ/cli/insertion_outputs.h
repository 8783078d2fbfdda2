// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "situ/cli/insert_inputs.h"
#include "situ/cli/insert_plan.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {

/// Makes the output folder and tries to write into it. Throws FileError where that cannot be.
void prepare_output_folder(const InsertPlan& plan);

/// Writes everything for one image but its record, and removes an older record first, since a
/// record says that the files beside it are complete. Returns the files. Throws FileError.
std::vector<std::filesystem::path> write_pictures(const InsertPlan& plan, const PlannedImage& image,
                                                  const SceneInput& input,
                                                  const SceneInsertions& result);

}  // namespace situ
