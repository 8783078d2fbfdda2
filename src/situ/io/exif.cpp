// SPDX-License-Identifier: Apache-2.0
#include "situ/io/exif.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace situ {
namespace {

constexpr std::string_view kExifPrefix("Exif\0\0", 6);
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kShortType = 3;
constexpr size_t kEntryBytes = 12;

class TiffReader {
 public:
  explicit TiffReader(std::string_view block) : block_(block), big_endian_(block[0] == 'M') {}

  /// An unsigned number of `size` bytes; nothing where the block ends before it does.
  std::optional<uint32_t> number(size_t offset, size_t size) const {
    if (offset > block_.size() || block_.size() - offset < size) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t shift = 8 * (big_endian_ ? size - 1 - i : i);
      value |= uint32_t{static_cast<unsigned char>(block_[offset + i])} << shift;
    }
    return value;
  }

 private:
  std::string_view block_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(std::string_view block) {
  if (block.starts_with(kExifPrefix)) block.remove_prefix(kExifPrefix.size());
  if (!block.starts_with("II") && !block.starts_with("MM")) return 1;
  const TiffReader tiff(block);
  if (tiff.number(2, 2) != 42u) return 1;
  const std::optional<uint32_t> directory = tiff.number(4, 4);
  if (!directory) return 1;
  const std::optional<uint32_t> entries = tiff.number(*directory, 2);
  if (!entries) return 1;
  for (size_t i = 0; i < *entries; ++i) {
    const size_t entry = size_t{*directory} + 2 + i * kEntryBytes;
    const std::optional<uint32_t> tag = tiff.number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientationTag || tiff.number(entry + 2, 2) != kShortType) continue;
    const std::optional<uint32_t> value = tiff.number(entry + 8, 2);
    return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

}  // namespace situ
