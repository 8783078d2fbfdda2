// SPDX-License-Identifier: Apache-2.0
#include "situ/io/jpeg_decoder.h"

#include <ATen/ATen.h>

#include <csetjmp>
#include <cstdio>
// jpeglib.h uses FILE without including <stdio.h>, hence the order.
#include <jpeglib.h>
// jerror.h needs jpeglib.h.
#include <jerror.h>

#include "situ/core/errors.h"
#include "situ/io/exif.h"

namespace situ {
namespace {

// libjpeg reports errors by a callback that must not return. Each function that calls setjmp here
// holds nothing with a destructor, so that no jump skips one; JpegReader outlives the jumps.

// libjpeg-turbo's advice against files that are all scans and no picture.
constexpr int kMaxScans = 500;

struct JpegReader {
  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf landing;
  char message[JMSG_LENGTH_MAX] = "unknown error";
  const char* data = nullptr;
  size_t size = 0;

  explicit JpegReader(std::string_view bytes) : data(bytes.data()), size(bytes.size()) {}
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&decoder); }
};

[[noreturn]] void on_error(j_common_ptr common) {
  auto* const reader = static_cast<JpegReader*>(common->client_data);
  common->err->format_message(common, reader->message);
  std::longjmp(reader->landing, 1);
}

/// Warnings that mean lost pixels are errors here; libjpeg would fill them with gray.
void on_message(j_common_ptr common, int level) {
  if (level >= 0) return;
  switch (common->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION:
      on_error(common);
    default:
      return;
  }
}

void on_progress(j_common_ptr common) {
  auto* const decoder = reinterpret_cast<j_decompress_ptr>(common);
  if (decoder->input_scan_number <= kMaxScans) return;
  auto* const reader = static_cast<JpegReader*>(common->client_data);
  std::snprintf(reader->message, sizeof reader->message, "it has more than %d scans", kMaxScans);
  std::longjmp(reader->landing, 1);
}

bool read_header(JpegReader& reader) {
  reader.decoder.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.decoder.client_data = &reader;
  if (setjmp(reader.landing)) return false;
  jpeg_create_decompress(&reader.decoder);  // keeps err and client_data
  reader.progress.progress_monitor = on_progress;
  reader.decoder.progress = &reader.progress;
  jpeg_mem_src(&reader.decoder, reinterpret_cast<const unsigned char*>(reader.data), reader.size);
  jpeg_save_markers(&reader.decoder, JPEG_APP0 + 1, 0xffff);  // APP1 carries EXIF
  jpeg_read_header(&reader.decoder, TRUE);
  return true;
}

bool start(JpegReader& reader, PixelLayout layout) {
  if (setjmp(reader.landing)) return false;
  // The filler of libjpeg-turbo's extended layouts is 255, which is just what alpha is to be.
  reader.decoder.out_color_space = layout == PixelLayout::kRgb ? JCS_RGB : JCS_EXT_RGBA;
  jpeg_start_decompress(&reader.decoder);
  return true;
}

bool read_rows(JpegReader& reader, unsigned char* pixels, size_t row_bytes) {
  if (setjmp(reader.landing)) return false;
  while (reader.decoder.output_scanline < reader.decoder.output_height) {
    JSAMPROW row = pixels + reader.decoder.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.decoder, &row, 1);
  }
  jpeg_finish_decompress(&reader.decoder);
  return true;
}

[[noreturn]] void fail(const std::string& file, const JpegReader& reader) {
  const jpeg_source_mgr* const source = reader.decoder.src;
  const size_t left = source == nullptr ? reader.size : source->bytes_in_buffer;
  // At a premature end libjpeg reads two bytes of its own in place of the file's.
  const size_t offset = reader.errors.msg_code == JWRN_JPEG_EOF || left > reader.size
                            ? reader.size
                            : reader.size - left;
  throw DataError(file, static_cast<int64_t>(offset),
                  "broken JPEG: " + std::string(reader.message));
}

void check_color_space(const std::string& file, J_COLOR_SPACE space) {
  switch (space) {
    case JCS_GRAYSCALE:
    case JCS_RGB:
    case JCS_YCbCr:
      return;
    case JCS_CMYK:
    case JCS_YCCK:
      throw DataError(file, std::string("expected a gray or RGB JPEG, got ") +
                                (space == JCS_CMYK ? "CMYK" : "YCCK (CMYK for print)") +
                                "; convert it to RGB with its colour profile first");
    default:
      throw DataError(file, "expected a gray or RGB JPEG, got an unknown colour space");
  }
}

int orientation_of(const JpegReader& reader) {
  for (auto* marker = reader.decoder.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view block(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (block.starts_with(std::string_view("Exif\0", 5))) return exif_orientation(block);
  }
  return 1;
}

}  // namespace

DecodedImage decode_jpeg(const std::string& file, std::string_view bytes, PixelLayout layout) {
  JpegReader reader(bytes);
  if (!read_header(reader)) fail(file, reader);
  check_image_size(file, reader.decoder.image_height, reader.decoder.image_width);
  check_color_space(file, reader.decoder.jpeg_color_space);
  if (!start(reader, layout)) fail(file, reader);
  const int64_t height = reader.decoder.output_height;
  const int64_t width = reader.decoder.output_width;
  const auto channels = static_cast<int64_t>(layout);
  TORCH_INTERNAL_ASSERT(reader.decoder.output_components == channels);
  // The markers go when the last row has come, so the orientation is read before.
  const DecodedImage image{.pixels = at::empty({height, width, channels}, at::kByte),
                           .orientation = orientation_of(reader)};
  if (!read_rows(reader, image.pixels.data_ptr<uint8_t>(), static_cast<size_t>(width * channels))) {
    fail(file, reader);
  }
  return image;
}

}  // namespace situ
