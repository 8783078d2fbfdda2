// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "situ/io/decoded_image.h"

namespace situ {

/// Throws DataError. bytes: the whole file; file: its name, for messages.
DecodedImage decode_png(const std::string& file, std::string_view bytes, PixelLayout layout);

/// See load_labels. Throws DataError.
at::Tensor decode_png_labels(const std::string& file, std::string_view bytes);

}  // namespace situ
