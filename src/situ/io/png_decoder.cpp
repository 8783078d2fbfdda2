// SPDX-License-Identifier: Apache-2.0
#include "situ/io/png_decoder.h"

#include <ATen/ATen.h>
#include <png.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/exif.h"

namespace situ {
namespace {

// libpng reports errors by longjmp. Each function that calls setjmp here holds nothing with a
// destructor and is entered anew for each step, so that no jump skips one; what must be released is
// owned by PngReader, which outlives the jumps.

constexpr png_alloc_size_t kMaxChunkBytes = png_alloc_size_t{64} << 20;
// A deflate stream grows at most 1032-fold (zlib's technical notes).
constexpr int64_t kMaxDeflateRatio = 1032;

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const char* data = nullptr;
  size_t size = 0;
  size_t offset = 0;
  char message[200] = "unknown error";

  explicit PngReader(std::string_view bytes);
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* const reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::snprintf(reader->message, sizeof reader->message, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, size_t size) {
  auto* const reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (reader->size - reader->offset < size) {
    reader->offset = reader->size;
    png_error(png, "the file is cut short");
  }
  std::memcpy(out, reader->data + reader->offset, size);
  reader->offset += size;
}

PngReader::PngReader(std::string_view bytes) : data(bytes.data()), size(bytes.size()) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  if (png != nullptr) info = png_create_info_struct(png);
}

bool read_header(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_user_limits(reader.png, kMaxImageSide, kMaxImageSide);
  png_set_chunk_malloc_max(reader.png, kMaxChunkBytes);
  png_read_info(reader.png, reader.info);
  return true;
}

bool set_color_layout(PngReader& reader, PixelLayout layout) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_expand(reader.png);
  png_set_strip_16(reader.png);
  png_set_gray_to_rgb(reader.png);
  if (layout == PixelLayout::kRgb) {
    png_set_strip_alpha(reader.png);
  } else {
    png_set_add_alpha(reader.png, 0xff, PNG_FILLER_AFTER);
  }
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool set_label_layout(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_packing(reader.png);
  if (std::endian::native == std::endian::little) png_set_swap(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_rows(PngReader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, reader.info);
  return true;
}

[[noreturn]] void fail(const std::string& file, const PngReader& reader) {
  throw DataError(file, static_cast<int64_t>(reader.offset),
                  "broken PNG: " + std::string(reader.message));
}

void open(const std::string& file, PngReader& reader) {
  if (reader.png == nullptr || reader.info == nullptr) {
    throw DataError(file, "libpng could not start; is memory short?");
  }
  if (!read_header(reader)) fail(file, reader);
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  check_image_size(file, height, width);
  const int64_t bits = int64_t{png_get_bit_depth(reader.png, reader.info)} *
                       png_get_channels(reader.png, reader.info);
  if (height * width / 8 * bits / kMaxDeflateRatio > static_cast<int64_t>(reader.size)) {
    throw DataError(file, "broken PNG: " + std::to_string(reader.size) + " bytes cannot hold " +
                              std::to_string(width) + " x " + std::to_string(height) + " pixels");
  }
}

/// Reads all rows into `pixels`, whose rows are `row_bytes` long.
void read_pixels(const std::string& file, PngReader& reader, const at::Tensor& pixels,
                 size_t row_bytes) {
  if (png_get_rowbytes(reader.png, reader.info) != row_bytes) {
    throw DataError(file, "broken PNG: its rows do not have the length that its header states");
  }
  std::vector<png_bytep> rows(static_cast<size_t>(pixels.size(0)));
  auto* const first = static_cast<png_bytep>(pixels.data_ptr());
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = first + y * row_bytes;
  if (!read_rows(reader, rows.data())) fail(file, reader);
}

int orientation_of(const PngReader& reader) {
  png_uint_32 size = 0;
  png_bytep block = nullptr;
  if (png_get_eXIf_1(reader.png, reader.info, &size, &block) == 0) return 1;
  return exif_orientation({reinterpret_cast<const char*>(block), size});
}

const char* color_name(int color_type) {
  switch (color_type) {
    case PNG_COLOR_TYPE_GRAY:
      return "gray";
    case PNG_COLOR_TYPE_PALETTE:
      return "palette";
    case PNG_COLOR_TYPE_RGB:
      return "RGB";
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return "RGBA";
    default:
      return "gray with alpha";
  }
}

}  // namespace

DecodedImage decode_png(const std::string& file, std::string_view bytes, PixelLayout layout) {
  PngReader reader(bytes);
  open(file, reader);
  if (!set_color_layout(reader, layout)) fail(file, reader);
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  const auto channels = static_cast<int64_t>(layout);
  DecodedImage image{.pixels = at::empty({height, width, channels}, at::kByte)};
  read_pixels(file, reader, image.pixels, static_cast<size_t>(width * channels));
  image.orientation = orientation_of(reader);
  return image;
}

at::Tensor decode_png_labels(const std::string& file, std::string_view bytes) {
  PngReader reader(bytes);
  open(file, reader);
  const int color_type = png_get_color_type(reader.png, reader.info);
  const int bits = png_get_bit_depth(reader.png, reader.info);
  const bool is_gray = color_type == PNG_COLOR_TYPE_GRAY && bits >= 8;
  if (!is_gray && color_type != PNG_COLOR_TYPE_PALETTE) {
    throw DataError(file, "expected labels as 8-bit gray, 16-bit gray or palette PNG, got " +
                              std::to_string(bits) + "-bit " + color_name(color_type));
  }
  if (!set_label_layout(reader)) fail(file, reader);
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  const bool wide = bits == 16;
  const at::Tensor labels = at::empty({height, width}, wide ? at::kShort : at::kByte);
  read_pixels(file, reader, labels, static_cast<size_t>(width * (wide ? 2 : 1)));
  // int16 holds the bits of the unsigned numbers; the mask takes the sign extension away again.
  return wide ? labels.to(at::kInt).bitwise_and_(0xffff) : labels;
}

}  // namespace situ
