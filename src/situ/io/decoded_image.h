// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace situ {

/// What the decoder of one file format hands to image_file.cpp.
struct DecodedImage {
  at::Tensor pixels;    // uint8 [H, W, C]: rows as the file has them, C is 3 or 4
  int orientation = 1;  // EXIF, 1 to 8
};

/// How many channels the caller wants; the value is their number.
enum class PixelLayout : int64_t { kRgb = 3, kRgba = 4 };

inline constexpr int64_t kMaxImageSide = 65535;
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 28;

/// Throws DataError unless both sides are in [1, kMaxImageSide] and the area is at most
/// kMaxImagePixels. Decoders call it before they allocate.
void check_image_size(const std::string& file, int64_t height, int64_t width);

/// The picture as it is meant to be seen: uint8 [C, H, W], contiguous.
at::Tensor upright_planes(const DecodedImage& image);

}  // namespace situ
