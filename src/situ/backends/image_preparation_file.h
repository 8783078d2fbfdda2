// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace situ {

/// What situ follows of `preprocessor_config.json`, or of `processor_config.json` that transformers
/// 5 writes: the size's numbers and the normalisation.
struct ImagePreparation {
  std::optional<std::int64_t> shortest_edge = {}, longest_edge = {};
  std::optional<std::array<float, 3>> mean = {}, deviation = {};
};

/// Nothing where the folder has neither file. Throws DataError for values that are no numbers of
/// use: edges outside [1, 8192], deviations of 0.
ImagePreparation read_image_preparation(const std::filesystem::path& folder);

}  // namespace situ
