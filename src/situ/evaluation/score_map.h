// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <string_view>

namespace situ {

inline constexpr std::array<std::string_view, 5> kScoreExtensions = {".npy", ".npz", ".hdf5", ".h5",
                                                                     ".png"};

/// Returns an image's anomaly scores, higher = more anomalous: float32 or float64 [H, W],
/// contiguous. Numbers of float16 and 8 or 16 bits become float32, which holds them exactly; axes
/// of length 1 in front of the last two are dropped. An .npz holds one array, or one that is named
/// "scores" or "value", an HDF5 file one named "value", as SegmentMeIfYouCan's tools write it. A
/// gray PNG of 16 or 8 bits is a fraction of its largest number. Throws FileError and DataError as
/// the readers do, and DataError for another shape or dtype.
at::Tensor load_score_map(const std::filesystem::path& path);

/// Throws DataError, naming the pixel, where a score is NaN or infinite.
/// scores: as load_score_map returns them.
void check_finite(const at::Tensor& scores, const std::string& file);

}  // namespace situ
