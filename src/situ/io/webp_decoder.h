// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "situ/io/decoded_image.h"

namespace situ {

/// Throws DataError, also for animations. bytes: the whole file; file: its name, for messages.
DecodedImage decode_webp(const std::string& file, std::string_view bytes, PixelLayout layout);

}  // namespace situ
