// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// The sizes of an ESPNetv2 for segmentation. Its checkpoints come without a configuration: the
/// sizes are those of the weights.
struct EspnetConfig {
  std::array<std::int64_t, 4> channels = {32, 128, 256, 512};  ///< at strides 2, 4, 8 and 16
  std::array<std::int64_t, 2> repeats = {3, 7};                ///< further blocks at strides 8, 16
  std::array<std::int64_t, 3> decoder_channels = {64, 48, 32};
  std::int64_t pyramid_channels = 10;
  std::int64_t classes = 20;

  /// Throws std::invalid_argument for sizes that the network cannot have.
  void validate() const;

  /// Throws DataError naming `file` where the weights are not those of an ESPNetv2 for
  /// segmentation.
  static EspnetConfig from_weights(const StateDict& weights, const std::string& file);
};

}  // namespace situ
