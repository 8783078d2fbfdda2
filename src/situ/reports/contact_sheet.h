// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "situ/imaging/box.h"

namespace situ {

/// What became of one object. Undefined tensors leave their cells empty.
struct SheetRow {
  std::string title;                         ///< "dog: inserted, score 0.93"
  at::Tensor before;                         ///< uint8 [3, H, W], the scene without the object
  std::optional<Box> region = std::nullopt;  ///< in the scene
  at::Tensor painted = {};                   ///< uint8 [3, h, w], the inpainted crop
  at::Tensor mask = {};                      ///< bool [H, W] of the object in the scene
  at::Tensor after = {};                     ///< uint8 [3, H, W], the scene with the object
};

/// Returns uint8 [3, H', W']: a row for each object with the cells before / region / inpainted crop
/// / mask / after, each `cell_height_px` high (at least 16) or, where a picture is more than four
/// times as wide as high, as wide as that; titles above the rows. No rows give a blank sheet.
/// Throws std::invalid_argument for other tensors or sizes that do not fit together.
at::Tensor contact_sheet(const std::vector<SheetRow>& rows, int64_t cell_height_px = 256);

}  // namespace situ
