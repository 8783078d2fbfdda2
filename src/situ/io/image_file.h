// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>

namespace situ {

// The format is found by a file's first bytes, never by its name. Every reader throws FileError
// when the file cannot be read, and DataError when it is no PNG, JPEG or WebP, is broken or cut
// short, or is larger than 65535 pixels a side or 2^28 pixels.

/// Returns a picture as RGB uint8 [3, H, W], upright (EXIF orientation is applied). Gray and
/// palette become RGB, 16 bits a channel become their high 8, alpha is ignored. Throws DataError
/// for CMYK and animations.
at::Tensor load_image(const std::filesystem::path& path);

/// The same as RGBA uint8 [4, H, W]; alpha (not premultiplied) is 255 where the file has none.
at::Tensor load_image_rgba(const std::filesystem::path& path);

/// Returns a label image, its numbers as they are stored: uint8 [H, W] from a PNG of 8-bit gray or
/// of palette indices, int32 [H, W] in [0, 65535] from 16-bit gray. Throws DataError for anything
/// else.
at::Tensor load_labels(const std::filesystem::path& path);

/// Writes a PNG, whole or not at all. image: uint8 [3, H, W] (RGB), [4, H, W] (RGBA) or [H, W]
/// (gray); or int32 [H, W] in [0, 65535], which becomes 16-bit gray. Any device and strides.
/// Throws std::invalid_argument for other tensors, FileError when the file cannot be written.
void save_png(const std::filesystem::path& path, const at::Tensor& image);

/// Writes a JPEG with color at full size, whole or not at all. image: uint8 [3, H, W], at most
/// 65500 pixels a side, any device and strides; quality: 1 to 100. Throws as save_png does.
void save_jpeg(const std::filesystem::path& path, const at::Tensor& image, int quality);

/// Red, green and blue (sRGB).
using RgbColor = std::array<uint8_t, 3>;

/// Writes label ids as the indices of a palette: load_labels gives them back, and viewers show
/// colors. indices: uint8 [H, W], each below the palette's size, which is at most 256. Throws as
/// save_png does.
void save_palette_png(const std::filesystem::path& path, const at::Tensor& indices,
                      std::span<const RgbColor> palette);

}  // namespace situ
