// SPDX-License-Identifier: Apache-2.0
#include "situ/io/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "situ/core/errors.h"
#include "situ/io/mapped_file.h"
#include "situ/io/safetensors_dtype.h"

namespace situ {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's bound
constexpr int kMaxHeaderDepth = 3;                 // file, tensor, list of numbers
constexpr size_t kMaxRank = 64;                    // libtorch's
constexpr const char* kMetadataKey = "__metadata__";

uint64_t little_endian_64(const std::byte* bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

/// Parses the header, refusing what a plain parse would let pass: a key that comes twice, and
/// brackets deep enough to be an attack.
nlohmann::json parse_header(const std::string& file, std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  std::array<std::set<std::string>, kMaxHeaderDepth + 1> keys;  // of the open object at each depth
  const auto look = [&](int depth, Event event, nlohmann::json& value) {
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kMaxHeaderDepth) throw DataError(file, "its header has too many brackets");
      keys.at(static_cast<size_t>(depth) + 1).clear();
    } else if (event == Event::key) {
      const auto& key = value.get_ref<const std::string&>();
      if (!keys.at(static_cast<size_t>(depth)).insert(key).second) {
        throw DataError(file, "its header has the key \"" + key + "\" twice");
      }
    }
    return true;
  };
  try {
    nlohmann::json header = nlohmann::json::parse(text.begin(), text.end(), look);
    if (!header.is_object()) throw DataError(file, "its header is not a JSON object");
    return header;
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(file, static_cast<int64_t>(kLengthBytes + error.byte) - 1,
                    "its header is not valid JSON");
  } catch (const nlohmann::json::exception&) {
    throw DataError(file, "its header has a number that is too large");
  }
}

/// A field that must be there; null where it is not, which no check accepts.
const nlohmann::json& field(const nlohmann::json& entry, const char* name) {
  static const nlohmann::json kNull;
  if (!entry.is_object()) return kNull;
  const auto found = entry.find(name);
  return found == entry.end() ? kNull : *found;
}

at::ScalarType dtype_of(const std::string& where, const nlohmann::json& value) {
  if (!value.is_string()) throw DataError(where, "expected a dtype, got " + value.dump());
  std::string known;
  for (const SafetensorsDtype& candidate : kSafetensorsDtypes) {
    if (value.get_ref<const std::string&>() == candidate.name) return candidate.dtype;
    known += " " + std::string(candidate.name);
  }
  throw DataError(where, "expected one of the dtypes" + known + ", got " + value.dump());
}

/// A list of numbers that are all at least 0 and fit int64.
std::vector<int64_t> numbers_of(const std::string& where, const nlohmann::json& list,
                                const char* what) {
  std::vector<int64_t> numbers;
  bool good = list.is_array();
  for (size_t i = 0; good && i < list.size(); ++i) {
    good = list[i].is_number_unsigned() &&
           list[i].get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
    if (good) numbers.push_back(list[i].get<int64_t>());
  }
  if (!good) throw DataError(where, std::string("expected ") + what + " as a list of numbers");
  return numbers;
}

/// The bytes that a tensor takes. Zeros count as ones for the overflow check, as libtorch's strides
/// are made of the other sizes.
int64_t bytes_of(const std::string& where, const std::vector<int64_t>& shape, int64_t item_bytes) {
  if (shape.size() > kMaxRank) throw DataError(where, "it has more than 64 dimensions");
  int64_t bytes = item_bytes;
  bool empty = false;
  for (const int64_t size : shape) {
    empty = empty || size == 0;
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes)) {
      throw DataError(where, "its shape is larger than any memory");
    }
  }
  return empty ? 0 : bytes;
}

std::string quoted(const std::string& file, const std::string& name) {
  return file + ": tensor \"" + name + "\"";
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(path.string()), mapped_(std::make_shared<const MappedFile>(path)) {
  read_header();
}

void SafetensorsFile::read_header() {
  if (mapped_->size() < kLengthBytes) {
    throw DataError(
        file_, "expected a safetensors file, got " + std::to_string(mapped_->size()) + " bytes");
  }
  const uint64_t length = little_endian_64(mapped_->data());
  const uint64_t rest = mapped_->size() - kLengthBytes;
  if (length > kMaxHeaderBytes || length > rest) {
    throw DataError(file_, "expected a safetensors file, got a header of " +
                               std::to_string(length) + " bytes where " +
                               std::to_string(std::min(rest, kMaxHeaderBytes)) +
                               " are possible; it is cut short or of another format");
  }
  const std::string_view text(reinterpret_cast<const char*>(mapped_->data()) + kLengthBytes,
                              static_cast<size_t>(length));
  const nlohmann::json header = parse_header(file_, text);
  const size_t data_begin = kLengthBytes + static_cast<size_t>(length);
  const auto data_bytes = static_cast<int64_t>(mapped_->size() - data_begin);
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadataKey) {
      read_metadata(value);
      continue;
    }
    const std::string where = quoted(file_, name);
    Entry entry{.dtype = dtype_of(where, field(value, "dtype")),
                .shape = numbers_of(where, field(value, "shape"), "its shape")};
    const std::vector<int64_t> span =
        numbers_of(where, field(value, "data_offsets"), "its data_offsets");
    if (span.size() != 2 || span[0] > span[1] || span[1] > data_bytes) {
      throw DataError(where, "expected data_offsets [begin, end] within the file's " +
                                 std::to_string(data_bytes) +
                                 " bytes of data; the file is cut short or broken");
    }
    const int64_t bytes =
        bytes_of(where, entry.shape, static_cast<int64_t>(c10::elementSize(entry.dtype)));
    if (bytes != span[1] - span[0]) {
      throw DataError(where, "its dtype and shape need " + std::to_string(bytes) +
                                 " bytes, its data_offsets give " +
                                 std::to_string(span[1] - span[0]));
    }
    entry.begin = data_begin + static_cast<size_t>(span[0]);
    entry.end = data_begin + static_cast<size_t>(span[1]);
    names_.push_back(name);  // nlohmann's object is a std::map, so these come sorted
    entries_.emplace(name, std::move(entry));
  }
  check_layout(data_begin);
}

void SafetensorsFile::read_metadata(const nlohmann::json& value) {
  if (!value.is_object()) throw DataError(file_, "its __metadata__ is not a JSON object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      throw DataError(file_, "its __metadata__ \"" + key + "\" is not a string");
    }
    metadata_.emplace(key, text.get<std::string>());
  }
}

/// The tensors must cover the data exactly, each byte once: the format's guard against files that
/// mean different things to different readers.
void SafetensorsFile::check_layout(size_t data_begin) const {
  std::vector<std::pair<const std::string*, const Entry*>> order;
  for (const auto& [name, entry] : entries_) order.emplace_back(&name, &entry);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
  });
  size_t at = data_begin;
  for (const auto& [name, entry] : order) {
    if (entry->begin != at) {
      throw DataError(quoted(file_, *name), static_cast<int64_t>(entry->begin),
                      entry->begin < at ? "it overlaps another tensor"
                                        : "there are bytes before it that belong to no tensor");
    }
    at = entry->end;
  }
  if (at != mapped_->size()) {
    throw DataError(
        file_, static_cast<int64_t>(at),
        "there are " + std::to_string(mapped_->size() - at) + " bytes that belong to no tensor");
  }
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw std::invalid_argument("SafetensorsFile::tensor: " + file_ + " has no tensor \"" + name +
                                "\"");
  }
  const Entry& entry = found->second;
  const auto options = at::TensorOptions().dtype(entry.dtype);
  std::byte* const data = mapped_->data() + entry.begin;
  const size_t size = entry.end - entry.begin;
  if (entry.dtype == at::kBool) {
    // A C++ bool of any other value is undefined behaviour.
    const auto* const bad =
        std::find_if(data, data + size, [](std::byte b) { return b > std::byte{1}; });
    if (bad != data + size) {
      throw DataError(quoted(file_, name), bad - mapped_->data(), "a BOOL is neither 0 nor 1");
    }
  }
  if (size == 0) return at::empty(entry.shape, options);
  if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(entry.dtype) != 0) {
    at::Tensor copy = at::empty(entry.shape, options);
    std::memcpy(copy.data_ptr(), data, size);
    return copy;
  }
  const auto let_go = [keeper = mapped_, begin = entry.begin, end = entry.end](void*) {
    keeper->forget(begin, end);
  };
  return at::from_blob(data, entry.shape, let_go, options);
}

}  // namespace situ
