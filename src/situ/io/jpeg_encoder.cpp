// SPDX-License-Identifier: Apache-2.0
#include "situ/io/jpeg_encoder.h"

#include <ATen/ATen.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h uses FILE without including <stdio.h>, hence the order.
#include <jpeglib.h>

#include <stdexcept>

#include "situ/core/tensor_check.h"
#include "situ/io/decoded_image.h"

namespace situ {
namespace {

// As in jpeg_decoder.cpp: the function with setjmp holds nothing that has a destructor.

struct JpegWriter {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  std::jmp_buf landing;
  char message[JMSG_LENGTH_MAX] = "unknown error";
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&encoder);
    std::free(bytes);
  }
};

[[noreturn]] void on_error(j_common_ptr common) {
  auto* const writer = static_cast<JpegWriter*>(common->client_data);
  common->err->format_message(common, writer->message);
  std::longjmp(writer->landing, 1);
}

/// pixels: rows of interleaved RGB.
bool write_all(JpegWriter& writer, unsigned char* pixels, JDIMENSION height, JDIMENSION width,
               int quality) {
  jpeg_compress_struct& encoder = writer.encoder;
  encoder.err = jpeg_std_error(&writer.errors);
  writer.errors.error_exit = on_error;
  encoder.client_data = &writer;
  if (setjmp(writer.landing)) return false;
  jpeg_create_compress(&encoder);  // keeps err and client_data
  jpeg_mem_dest(&encoder, &writer.bytes, &writer.size);
  encoder.image_width = width;
  encoder.image_height = height;
  encoder.input_components = 3;
  encoder.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  for (int i = 0; i < encoder.num_components; ++i) {  // color at full size, as its edges matter
    encoder.comp_info[i].h_samp_factor = 1;
    encoder.comp_info[i].v_samp_factor = 1;
  }
  jpeg_start_compress(&encoder, TRUE);
  while (encoder.next_scanline < height) {
    JSAMPROW row = pixels + size_t{encoder.next_scanline} * width * 3;
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  return true;
}

}  // namespace

std::string encode_jpeg(const at::Tensor& image, int quality) {
  check_image(image, "save_jpeg: image");
  if (quality < 1 || quality > 100) {
    throw std::invalid_argument("save_jpeg: quality: expected 1 to 100, got " +
                                std::to_string(quality));
  }
  const int64_t height = image.size(1);
  const int64_t width = image.size(2);
  if (height > JPEG_MAX_DIMENSION || width > JPEG_MAX_DIMENSION) {
    throw std::invalid_argument("save_jpeg: image: expected at most " +
                                std::to_string(JPEG_MAX_DIMENSION) + " pixels a side, got " +
                                shape_text(image));
  }
  const at::Tensor rows = image.permute({1, 2, 0}).cpu().contiguous();
  JpegWriter writer;
  if (!write_all(writer, rows.data_ptr<uint8_t>(), static_cast<JDIMENSION>(height),
                 static_cast<JDIMENSION>(width), quality)) {
    throw std::runtime_error("save_jpeg: libjpeg: " + std::string(writer.message));
  }
  return {reinterpret_cast<const char*>(writer.bytes), writer.size};
}

}  // namespace situ
