// SPDX-License-Identifier: Apache-2.0
#include "situ/io/zip_directory.h"

#include <cstdint>
#include <cstring>

#include "situ/core/errors.h"

namespace situ {
namespace {

// APPNOTE.TXT of the format, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16.
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kLongestComment = 65535;
constexpr std::uint32_t kIn64 = 0xffffffff;  // the value is in the 64-bit field

class Archive {
 public:
  Archive(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  [[noreturn]] void fail(std::size_t at, const std::string& reason) const {
    throw DataError(file_, static_cast<int64_t>(at), "not a readable zip archive: " + reason);
  }

  void require(std::uint64_t at, std::uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) fail(bytes_.size(), "it is cut short");
  }

  template <class Number>
  Number number(std::uint64_t at) const {
    require(at, sizeof(Number));
    Number value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }

  std::string_view text(std::uint64_t at, std::uint64_t count) const {
    require(at, count);
    return bytes_.substr(at, count);
  }

  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const std::string& file_;
};

struct Directory {
  std::uint64_t begin = 0;
  std::uint64_t entries = 0;
};

std::size_t end_record(const Archive& archive) {
  if (archive.size() < kEndBytes) archive.fail(0, "it is cut short");
  const std::size_t last = archive.size() - kEndBytes;
  const std::size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (archive.number<std::uint32_t>(at) == kEnd) return at;
  }
  archive.fail(last, "its directory is missing; the file is cut short");
}

Directory directory_of(const Archive& archive) {
  const std::size_t end = end_record(archive);
  Directory directory{.begin = archive.number<std::uint32_t>(end + 16),
                      .entries = archive.number<std::uint16_t>(end + 10)};
  const bool has_locator =
      end >= kLocatorBytes && archive.number<std::uint32_t>(end - kLocatorBytes) == kEnd64Locator;
  if (!has_locator) return directory;
  const auto at = archive.number<std::uint64_t>(end - kLocatorBytes + 8);
  if (archive.number<std::uint32_t>(at) != kEnd64) archive.fail(end, "its 64-bit end is not there");
  return {.begin = archive.number<std::uint64_t>(at + 48),
          .entries = archive.number<std::uint64_t>(at + 32)};
}

// Sizes and places that do not fit 32 bits stand in an extra field, in this order.
struct Extra64 {
  const Archive& archive;
  std::uint64_t at = 0;
  std::uint64_t end = 0;

  static Extra64 find(const Archive& archive, std::uint64_t begin, std::uint64_t count) {
    constexpr std::uint16_t kZip64 = 1;
    for (std::uint64_t at = begin; at + 4 <= begin + count;) {
      const auto size = archive.number<std::uint16_t>(at + 2);
      if (archive.number<std::uint16_t>(at) == kZip64) return {archive, at + 4, at + 4 + size};
      at += 4 + size;
    }
    return {archive};
  }

  std::uint64_t value(std::uint32_t narrow) {
    if (narrow != kIn64) return narrow;
    if (at + 8 > end) archive.fail(at, "a 64-bit size is missing");
    const auto wide = archive.number<std::uint64_t>(at);
    at += 8;
    return wide;
  }
};

}  // namespace

std::map<std::string, ZipEntry> read_zip_directory(std::string_view bytes,
                                                   const std::string& file) {
  const Archive archive(bytes, file);
  const Directory directory = directory_of(archive);
  std::map<std::string, ZipEntry> entries;
  std::uint64_t at = directory.begin;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (archive.number<std::uint32_t>(at) != kDirectoryEntry) {
      archive.fail(at, "its directory is broken");
    }
    const auto name_bytes = archive.number<std::uint16_t>(at + 28);
    const auto extra_bytes = archive.number<std::uint16_t>(at + 30);
    const auto comment_bytes = archive.number<std::uint16_t>(at + 32);
    const std::string name(archive.text(at + kEntryBytes, name_bytes));
    if (archive.number<std::uint16_t>(at + 10) != 0) {
      archive.fail(at, "'" + name + "' is compressed, which torch.save does not do");
    }
    Extra64 extra = Extra64::find(archive, at + kEntryBytes + name_bytes, extra_bytes);
    const std::uint64_t size = extra.value(archive.number<std::uint32_t>(at + 24));
    const std::uint64_t stored = extra.value(archive.number<std::uint32_t>(at + 20));
    const std::uint64_t header = extra.value(archive.number<std::uint32_t>(at + 42));
    if (size != stored) archive.fail(at, "'" + name + "' has two sizes");
    if (archive.number<std::uint32_t>(header) != kLocalHeader) {
      archive.fail(at, "'" + name + "' is not where the directory says");
    }
    const std::uint64_t begin = header + kLocalBytes + archive.number<std::uint16_t>(header + 26) +
                                archive.number<std::uint16_t>(header + 28);
    archive.require(begin, size);
    if (!entries.emplace(name, ZipEntry{begin, begin + size}).second) {
      archive.fail(at, "'" + name + "' is there twice");
    }
    at += kEntryBytes + name_bytes + extra_bytes + comment_bytes;
  }
  return entries;
}

}  // namespace situ
