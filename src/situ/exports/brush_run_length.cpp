// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/brush_run_length.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

constexpr int64_t kChannels = 4;
constexpr int64_t kMaxPixels = int64_t{1} << 30;  // the code counts values in 32 bits
constexpr int kWordBits = 8;
// A run names one of these sizes, then its length less one in so many bits.
constexpr std::array<int, 4> kLengthBits = {3, 4, 8, 16};

class BitWriter {
 public:
  /// Appends the lowest `bits` of the value, highest first.
  void add(uint64_t value, int bits) {
    for (int bit = bits - 1; bit >= 0; --bit) {
      if (used_ == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | (((value >> bit) & 1) << (7 - used_)));
      used_ = (used_ + 1) % 8;
    }
  }

  /// The reference fills the last byte, or adds one where there is nothing to fill.
  std::vector<uint8_t> bytes() && {
    if (used_ == 0) bytes_.push_back(0);
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
  int used_ = 0;
};

void add_run(BitWriter& writer, int64_t length, uint8_t value) {
  while (length > 0) {
    std::size_t size = 0;
    while (size + 1 < kLengthBits.size() && length > (int64_t{1} << kLengthBits[size])) ++size;
    const int64_t part = std::min(length, int64_t{1} << kLengthBits[size]);
    writer.add(1, 1);  // a run; 0 would be values one by one
    writer.add(size, 2);
    writer.add(static_cast<uint64_t>(part - 1), kLengthBits[size]);
    writer.add(value, kWordBits);
    length -= part;
  }
}

}  // namespace

std::vector<uint8_t> brush_run_length(const at::Tensor& mask) {
  const at::Tensor pixels = contiguous_host_mask(mask, "brush_run_length: mask");
  if (pixels.numel() >= kMaxPixels) {
    throw std::invalid_argument("brush_run_length: mask: expected less than 2^30 pixels");
  }
  BitWriter writer;
  writer.add(static_cast<uint64_t>(pixels.numel() * kChannels), 32);
  writer.add(kWordBits - 1, 5);
  for (const int bits : kLengthBits) writer.add(static_cast<uint64_t>(bits - 1), 4);
  const bool* position = pixels.const_data_ptr<bool>();
  const bool* const end = position + pixels.numel();
  while (position != end) {
    const bool* const next = std::find(position, end, !*position);
    add_run(writer, (next - position) * kChannels, *position ? 255 : 0);
    position = next;
  }
  return std::move(writer).bytes();
}

}  // namespace situ
