// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/dataset/picture_data.h"

#include <algorithm>

#include "situ/imaging/resize.h"
#include "situ/io/png_encoder.h"
#include "situ/reports/html_page.h"

namespace situ {

std::string picture_data(const at::Tensor& image, int64_t width) {
  at::Tensor shown = image;
  if (image.size(2) > width) {
    const int64_t height = std::max<int64_t>(1, image.size(1) * width / image.size(2));
    shown = resize(image, height, width, Interpolation::kBilinear);
  }
  return "data:image/png;base64," + base64(encode_png(shown));
}

}  // namespace situ
