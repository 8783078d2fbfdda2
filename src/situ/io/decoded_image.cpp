// SPDX-License-Identifier: Apache-2.0
#include "situ/io/decoded_image.h"

#include <ATen/ATen.h>

#include "situ/core/errors.h"

namespace situ {

void check_image_size(const std::string& file, int64_t height, int64_t width) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (height < 1 || width < 1) throw DataError(file, "expected an image with pixels, got " + size);
  if (height > kMaxImageSide || width > kMaxImageSide || height * width > kMaxImagePixels) {
    throw DataError(file, "expected at most " + std::to_string(kMaxImageSide) +
                              " pixels a side and " + std::to_string(kMaxImagePixels) +
                              " in all, got " + size);
  }
}

at::Tensor upright_planes(const DecodedImage& image) {
  const at::Tensor planes = image.pixels.permute({2, 0, 1});  // [C, H, W]
  const auto upright = [&]() -> at::Tensor {
    switch (image.orientation) {  // EXIF 2.3, tag 0x0112
      case 2:
        return planes.flip({2});
      case 3:
        return planes.flip({1, 2});
      case 4:
        return planes.flip({1});
      case 5:
        return planes.transpose(1, 2);
      case 6:
        return planes.flip({1}).transpose(1, 2);
      case 7:
        return planes.flip({1, 2}).transpose(1, 2);
      case 8:
        return planes.flip({2}).transpose(1, 2);
      default:
        return planes;
    }
  };
  return upright().contiguous();
}

}  // namespace situ
