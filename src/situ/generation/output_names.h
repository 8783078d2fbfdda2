// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/generation/generation_plan.h"

namespace situ {

/// Fills in where a sample's files go: in the source's own folders, under one name that says the
/// image, what was painted and the variant, as the original code names its files:
/// "leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit_A-good-photo-of-a-dog_0.png". Anomaly and
/// instance maps lie in the same folders below "anomaly" and "instances".
void name_outputs(PlannedSample& sample, const std::vector<std::string>& phrases);

/// "leftImg8bit/val/ulm" of "leftImg8bit/val/ulm/a.png"; "" of "a.png".
std::string folder_of(const std::string& path);

}  // namespace situ
