// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace situ {

/// The orientation, 1 to 8, that an EXIF block states in its first directory; 1 where the block has
/// none or is malformed (a broken note about a picture must not make the picture unreadable).
/// block: starts with the TIFF header "II*\0" or "MM\0*", perhaps after "Exif\0\0".
int exif_orientation(std::string_view block);

}  // namespace situ
