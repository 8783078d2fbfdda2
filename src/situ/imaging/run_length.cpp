// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/run_length.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

constexpr const char* kName = "COCO run length";
/// A group of the text: 5 bits, the highest of which is the sign in the last group.
constexpr int kGroupBits = 5;
constexpr int64_t kGroupMask = 0x1F;
constexpr int64_t kSignBit = 0x10;
constexpr int64_t kMoreBit = 0x20;
constexpr char kFirstCharacter = '0';
/// A difference of two counts has 33 bits with its sign, which is 7 groups.
constexpr int kMaxGroups = 7;

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

void check_size(int64_t height, int64_t width) {
  if (height >= 1 && width >= 1 && height <= kMaxRunLengthPixels / width) return;
  throw DataError(kName,
                  "expected a size from 1x1 to 2^28 pixels, got " + size_text(height, width));
}

void check_sum(const RunLength& runs) {
  const int64_t pixels = runs.height * runs.width;
  int64_t sum = 0;
  for (const uint32_t count : runs.counts) {
    sum += count;
    if (sum > pixels) break;
  }
  if (sum == pixels) return;
  throw DataError(kName, "the counts do not add up to the " + std::to_string(pixels) +
                             " pixels of " + size_text(runs.height, runs.width));
}

}  // namespace

RunLength run_length_encode(const at::Tensor& mask) {
  const at::Tensor pixels = contiguous_host_mask(mask, "run_length_encode: mask");
  if (pixels.numel() > kMaxRunLengthPixels) {
    throw std::invalid_argument("run_length_encode: mask: expected at most 2^28 pixels, got " +
                                size_text(pixels.size(0), pixels.size(1)));
  }
  const at::Tensor columns = pixels.t().contiguous();
  const bool* position = columns.const_data_ptr<bool>();
  const bool* end = position + columns.numel();
  RunLength runs{.height = pixels.size(0), .width = pixels.size(1), .counts = {}};
  for (bool value = false; position < end; value = !value) {
    const void* next = std::memchr(position, value ? 0 : 1, end - position);
    const bool* stop = next == nullptr ? end : static_cast<const bool*>(next);
    runs.counts.push_back(static_cast<uint32_t>(stop - position));
    position = stop;
  }
  return runs;
}

at::Tensor run_length_decode(const RunLength& runs) {
  check_size(runs.height, runs.width);
  check_sum(runs);
  const at::Tensor columns = at::empty({runs.width, runs.height}, at::kBool);
  bool* position = columns.mutable_data_ptr<bool>();
  bool value = false;
  for (const uint32_t count : runs.counts) {
    position = std::fill_n(position, count, value);
    value = !value;
  }
  return columns.t().contiguous();
}

int64_t run_length_area(const RunLength& runs) {
  int64_t area = 0;
  for (size_t i = 1; i < runs.counts.size(); i += 2) area += runs.counts[i];
  return area;
}

std::string run_length_to_text(const RunLength& runs) {
  std::string text;
  for (size_t i = 0; i < runs.counts.size(); ++i) {
    int64_t value = runs.counts[i];
    if (i > 2) value -= runs.counts[i - 2];
    bool more = true;
    while (more) {
      int64_t group = value & kGroupMask;
      value >>= kGroupBits;
      more = (group & kSignBit) != 0 ? value != -1 : value != 0;
      if (more) group |= kMoreBit;
      text.push_back(static_cast<char>(kFirstCharacter + group));
    }
  }
  return text;
}

RunLength run_length_from_text(std::string_view text, int64_t height, int64_t width) {
  check_size(height, width);
  RunLength runs{.height = height, .width = width, .counts = {}};
  size_t position = 0;
  while (position < text.size()) {
    const size_t start = position;
    int64_t value = 0;
    int groups = 0;
    bool more = true;
    while (more) {
      if (position == text.size()) throw DataError(kName, position, "the text is cut off");
      const int64_t group = static_cast<int64_t>(text[position]) - kFirstCharacter;
      if (group < 0 || group > (kGroupMask | kMoreBit) || groups == kMaxGroups) {
        throw DataError(kName, position, "not a character of a run length");
      }
      value |= (group & kGroupMask) << (kGroupBits * groups);
      ++position;
      ++groups;
      more = (group & kMoreBit) != 0;
      if (!more && (group & kSignBit) != 0) value -= int64_t{1} << (kGroupBits * groups);
    }
    const size_t index = runs.counts.size();
    if (index > 2) value += runs.counts[index - 2];
    if (value < 0 || value > height * width) {
      throw DataError(kName, start,
                      "expected a count of 0.." + std::to_string(height * width) + ", got " +
                          std::to_string(value));
    }
    runs.counts.push_back(static_cast<uint32_t>(value));
  }
  check_sum(runs);
  return runs;
}

}  // namespace situ
