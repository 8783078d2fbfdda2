// SPDX-License-Identifier: Apache-2.0
#include "situ/io/image_file.h"

#include <array>
#include <string>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/decoded_image.h"
#include "situ/io/file_bytes.h"
#include "situ/io/jpeg_decoder.h"
#include "situ/io/jpeg_encoder.h"
#include "situ/io/png_decoder.h"
#include "situ/io/png_encoder.h"
#include "situ/io/webp_decoder.h"

namespace situ {
namespace {

using namespace std::string_view_literals;

enum class ImageFormat { kPng, kJpeg, kWebp, kOther };

ImageFormat format_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (bytes.starts_with("\xff\xd8\xff"sv)) return ImageFormat::kJpeg;
  if (bytes.starts_with("RIFF"sv) && bytes.substr(4).size() >= 8 && bytes.substr(8, 4) == "WEBP") {
    return ImageFormat::kWebp;
  }
  return ImageFormat::kOther;
}

/// What a file that is none of the three seems to be, so that the reader knows what to do about it.
std::string guess(std::string_view bytes) {
  struct Known {
    std::string_view start;
    std::string_view name;
  };
  static constexpr std::array kKnown = {
      Known{"GIF8"sv, "GIF"},
      Known{"BM"sv, "BMP"},
      Known{"II*\0"sv, "TIFF"},
      Known{"MM\0*"sv, "TIFF"},
      Known{"\xff\x0a"sv, "JPEG XL"},
      Known{"\0\0\0\x0cJXL "sv, "JPEG XL"},
      Known{"\0\0\0\x0cjP  "sv, "JPEG 2000"},
      Known{"version https://git-lfs"sv, "a Git LFS pointer; fetch the file with 'git lfs pull'"},
      Known{"<!DOCTYPE"sv, "an HTML page, perhaps of a failed download"},
      Known{"<!doctype"sv, "an HTML page, perhaps of a failed download"},
      Known{"<html"sv, "an HTML page, perhaps of a failed download"},
      Known{"<svg"sv, "SVG"},
      Known{"<?xml"sv, "XML"},
      Known{"PK\x03\x04"sv, "a ZIP archive"},
      Known{"%PDF"sv, "PDF"},
      Known{"\x93NUMPY"sv, "a NumPy array"},
  };
  if (bytes.empty()) return "an empty file";
  if (bytes.substr(0, 12).substr(std::min<size_t>(4, bytes.size())).starts_with("ftyp")) {
    return "HEIF, AVIF or a film";
  }
  for (const Known& known : kKnown) {
    if (bytes.starts_with(known.start)) return std::string(known.name);
  }
  return "an unknown format";
}

at::Tensor load(const std::filesystem::path& path, PixelLayout layout) {
  const std::string bytes = read_file(path);
  const std::string file = path.string();
  switch (format_of(bytes)) {
    case ImageFormat::kPng:
      return upright_planes(decode_png(file, bytes, layout));
    case ImageFormat::kJpeg:
      return upright_planes(decode_jpeg(file, bytes, layout));
    case ImageFormat::kWebp:
      return upright_planes(decode_webp(file, bytes, layout));
    case ImageFormat::kOther:
      break;
  }
  throw DataError(file, "expected a PNG, JPEG or WebP image, got " + guess(bytes));
}

}  // namespace

at::Tensor load_image(const std::filesystem::path& path) { return load(path, PixelLayout::kRgb); }

at::Tensor load_image_rgba(const std::filesystem::path& path) {
  return load(path, PixelLayout::kRgba);
}

at::Tensor load_labels(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string file = path.string();
  switch (format_of(bytes)) {
    case ImageFormat::kPng:
      return decode_png_labels(file, bytes);
    case ImageFormat::kJpeg:
      throw DataError(file, "expected labels as PNG, got JPEG, which changes numbers");
    case ImageFormat::kWebp:
      throw DataError(file, "expected labels as PNG, got WebP");
    case ImageFormat::kOther:
      break;
  }
  throw DataError(file, "expected labels as PNG, got " + guess(bytes));
}

void save_png(const std::filesystem::path& path, const at::Tensor& image) {
  write_file(path, encode_png(image));
}

void save_jpeg(const std::filesystem::path& path, const at::Tensor& image, int quality) {
  write_file(path, encode_jpeg(image, quality));
}

void save_palette_png(const std::filesystem::path& path, const at::Tensor& indices,
                      std::span<const RgbColor> palette) {
  write_file(path, encode_palette_png(indices, palette));
}

}  // namespace situ
