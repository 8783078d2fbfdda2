// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// A mask as COCO stores it: the lengths of its runs of false and true pixels in turn, false first,
/// down the columns from left to right. They add up to height * width.
struct RunLength {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint32_t> counts;

  bool operator==(const RunLength&) const = default;
};

/// The most pixels of a mask that is read: an allocation of 256 MiB.
inline constexpr int64_t kMaxRunLengthPixels = int64_t{1} << 28;

/// mask: bool [H, W]. Throws std::invalid_argument for any other tensor or more than
/// kMaxRunLengthPixels pixels.
RunLength run_length_encode(const at::Tensor& mask);

/// Returns the mask, bool [H, W]. Throws DataError unless both sizes are 1 or more, there are at
/// most kMaxRunLengthPixels pixels, and the counts add up to them.
at::Tensor run_length_decode(const RunLength& runs);

/// The number of true pixels.
int64_t run_length_area(const RunLength& runs);

/// Returns the counts as the ASCII text ("compressed RLE") of the COCO tools: from the fourth on
/// the difference to the count before the last, in groups of 5 bits.
std::string run_length_to_text(const RunLength& runs);

/// Reads what run_length_to_text writes. Throws DataError for text that is cut off or does not
/// describe a mask of that size, as run_length_decode does.
RunLength run_length_from_text(std::string_view text, int64_t height, int64_t width);

}  // namespace situ
