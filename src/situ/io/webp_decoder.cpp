// SPDX-License-Identifier: Apache-2.0
#include "situ/io/webp_decoder.h"

#include <ATen/ATen.h>
#include <webp/decode.h>

#include "situ/core/errors.h"
#include "situ/io/exif.h"

namespace situ {
namespace {

constexpr size_t kRiffHeaderBytes = 12;
constexpr size_t kChunkHeaderBytes = 8;

uint32_t little_endian_32(std::string_view bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= uint32_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return value;
}

/// Walks the chunks of the container, which libwebp looks at only as far as the picture reaches.
int orientation_of(const std::string& file, std::string_view bytes) {
  if (bytes.size() < kRiffHeaderBytes) throw DataError(file, "broken WebP: the file is cut short");
  const size_t stated = size_t{little_endian_32(bytes, 4)} + kChunkHeaderBytes;
  if (stated > bytes.size()) {
    throw DataError(
        file, static_cast<int64_t>(bytes.size()),
        "broken WebP: the file is cut short: expected " + std::to_string(stated) + " bytes");
  }
  if (stated < kRiffHeaderBytes) {
    throw DataError(file, 4,
                    "broken WebP: its header gives " + std::to_string(stated) +
                        " bytes as the size of all, less than the header itself");
  }
  bytes = bytes.substr(0, stated);
  for (size_t at = kRiffHeaderBytes; bytes.size() - at >= kChunkHeaderBytes;) {
    const size_t size = little_endian_32(bytes, at + 4);
    const std::string_view body = bytes.substr(at + kChunkHeaderBytes);
    if (body.size() < size) break;
    if (bytes.substr(at, 4) == "EXIF") return exif_orientation(body.substr(0, size));
    const size_t step = kChunkHeaderBytes + size + size % 2;
    if (step > bytes.size() - at) break;
    at += step;
  }
  return 1;
}

const char* reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "out of memory";
    case VP8_STATUS_BITSTREAM_ERROR:
      return "its data makes no sense";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "it uses a feature that libwebp does not know";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the file is cut short";
    default:
      return "it cannot be decoded";
  }
}

void check_status(const std::string& file, VP8StatusCode status) {
  if (status != VP8_STATUS_OK) throw DataError(file, std::string("broken WebP: ") + reason(status));
}

}  // namespace

DecodedImage decode_webp(const std::string& file, std::string_view bytes, PixelLayout layout) {
  DecodedImage image{.pixels = {}, .orientation = orientation_of(file, bytes)};
  const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) {
    throw DataError(file, "libwebp is another version than situ was built with");
  }
  check_status(file, WebPGetFeatures(data, bytes.size(), &config.input));
  check_image_size(file, config.input.height, config.input.width);
  if (config.input.has_animation != 0) {
    throw DataError(file, "expected a still picture, got an animated WebP");
  }
  const auto channels = static_cast<int64_t>(layout);
  image.pixels = at::empty({config.input.height, config.input.width, channels}, at::kByte);
  config.output.colorspace = layout == PixelLayout::kRgb ? MODE_RGB : MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data_ptr<uint8_t>();
  config.output.u.RGBA.stride = static_cast<int>(image.pixels.stride(0));
  config.output.u.RGBA.size = static_cast<size_t>(image.pixels.numel());
  const VP8StatusCode status = WebPDecode(data, bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  check_status(file, status);
  return image;
}

}  // namespace situ
