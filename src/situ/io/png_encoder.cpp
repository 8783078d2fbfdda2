// SPDX-License-Identifier: Apache-2.0
#include "situ/io/png_encoder.h"

#include <ATen/ATen.h>
#include <png.h>

#include <bit>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/io/decoded_image.h"

namespace situ {
namespace {

// As in png_decoder.cpp: functions with setjmp hold nothing that has a destructor.

struct PngWriter {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string bytes;
  char message[200] = "unknown error";

  PngWriter();
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

// On street scenes a third of the time of zlib's default, 6, for 1 % more bytes.
constexpr int kCompressionLevel = 4;

struct PngFormat {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bits = 8;
  int color_type = PNG_COLOR_TYPE_GRAY;
  png_const_colorp palette = nullptr;
  int palette_size = 0;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* const writer = static_cast<PngWriter*>(png_get_error_ptr(png));
  std::snprintf(writer->message, sizeof writer->message, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

/// No exception may pass through libpng's C frames.
bool append(std::string& bytes, png_const_bytep data, size_t size) noexcept {
  try {
    bytes.append(reinterpret_cast<const char*>(data), size);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void on_write(png_structp png, png_bytep data, size_t size) {
  if (!append(static_cast<PngWriter*>(png_get_io_ptr(png))->bytes, data, size)) {
    png_error(png, "out of memory");
  }
}

void on_flush(png_structp) {}

PngWriter::PngWriter() {
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  if (png != nullptr) info = png_create_info_struct(png);
}

bool write_all(PngWriter& writer, const PngFormat& format, png_bytepp rows) {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  png_set_write_fn(writer.png, &writer, on_write, on_flush);
  png_set_user_limits(writer.png, kMaxImageSide, kMaxImageSide);
  png_set_compression_level(writer.png, kCompressionLevel);
  png_set_IHDR(writer.png, writer.info, format.width, format.height, format.bits, format.color_type,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (format.palette_size > 0) {
    png_set_PLTE(writer.png, writer.info, format.palette, format.palette_size);
  }
  png_write_info(writer.png, writer.info);
  if (format.bits == 16 && std::endian::native == std::endian::little) png_set_swap(writer.png);
  png_write_image(writer.png, rows);
  png_write_end(writer.png, writer.info);
  return true;
}

/// The tensor as rows of interleaved samples: uint8 [H, W, C] or int16 [H, W].
at::Tensor rows_of(const at::Tensor& image) {
  if (!image.defined()) throw std::invalid_argument("save_png: image: an undefined tensor");
  if (image.dim() == 2 && image.scalar_type() == at::kInt) {
    check_shape(image, {"H", "W"}, "save_png: image");
    const auto [low, high] = image.aminmax();
    if (low.item<int>() < 0 || high.item<int>() > 65535) {
      throw std::invalid_argument("save_png: image: expected values in [0, 65535], got " +
                                  std::to_string(low.item<int>()) + " to " +
                                  std::to_string(high.item<int>()));
    }
    return image.cpu().to(at::kShort).contiguous();
  }
  check_dtype(image, at::kByte, "save_png: image");
  if (image.dim() == 2) {
    check_shape(image, {"H", "W"}, "save_png: image");
    return image.unsqueeze(2).cpu().contiguous();
  }
  if (image.dim() == 3 && image.size(0) == 4) {
    check_shape(image, {"4", "H", "W"}, "save_png: image");
  } else {
    check_shape(image, {"3", "H", "W"}, "save_png: image");
  }
  return image.permute({1, 2, 0}).cpu().contiguous();
}

/// pixels: as rows_of makes them; image: what the caller gave, for messages.
std::string encoded(PngFormat format, const at::Tensor& pixels, const at::Tensor& image) {
  if (pixels.size(0) > kMaxImageSide || pixels.size(1) > kMaxImageSide) {
    throw std::invalid_argument("save_png: image: expected at most " +
                                std::to_string(kMaxImageSide) + " pixels a side, got " +
                                shape_text(image));
  }
  format.width = static_cast<png_uint_32>(pixels.size(1));
  format.height = static_cast<png_uint_32>(pixels.size(0));
  std::vector<png_bytep> rows(static_cast<size_t>(pixels.size(0)));
  auto* const first = static_cast<png_bytep>(pixels.data_ptr());
  const size_t row_bytes = static_cast<size_t>(pixels.stride(0) * pixels.element_size());
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = first + y * row_bytes;

  PngWriter writer;
  if (writer.png == nullptr || writer.info == nullptr) throw std::bad_alloc();
  if (!write_all(writer, format, rows.data())) {
    throw std::runtime_error("save_png: libpng: " + std::string(writer.message));
  }
  return std::move(writer.bytes);
}

}  // namespace

std::string encode_png(const at::Tensor& image) {
  const at::Tensor pixels = rows_of(image);
  PngFormat format;
  if (pixels.scalar_type() == at::kShort) {
    format.bits = 16;
  } else if (pixels.size(2) > 1) {
    format.color_type = pixels.size(2) == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
  }
  return encoded(format, pixels, image);
}

std::string encode_palette_png(const at::Tensor& indices, std::span<const RgbColor> palette) {
  check_shape(indices, {"H", "W"}, "save_palette_png: indices");
  check_dtype(indices, at::kByte, "save_palette_png: indices");
  const auto highest = static_cast<size_t>(indices.max().item<uint8_t>());
  if (palette.size() > 256 || highest >= palette.size()) {
    throw std::invalid_argument("save_palette_png: the index " + std::to_string(highest) +
                                " in a palette of " + std::to_string(palette.size()) + " colors");
  }
  std::vector<png_color> colors;
  for (const RgbColor& color : palette) colors.push_back({color[0], color[1], color[2]});
  const PngFormat format{.color_type = PNG_COLOR_TYPE_PALETTE,
                         .palette = colors.data(),
                         .palette_size = static_cast<int>(colors.size())};
  return encoded(format, rows_of(indices), indices);
}

}  // namespace situ
