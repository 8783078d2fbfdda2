// SPDX-License-Identifier: Apache-2.0
#include "situ/io/npy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "situ/core/errors.h"

namespace situ {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr size_t kAlignment = 64;     // NumPy's ARRAY_ALIGN
constexpr size_t kMaxText = 1 << 20;  // far above any plain array's header
constexpr size_t kMaxRank = 64;       // libtorch's

struct NpyDtype {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr std::array kDtypes = {
    NpyDtype{"|b1", at::ScalarType::Bool},  NpyDtype{"|u1", at::ScalarType::Byte},
    NpyDtype{"|i1", at::ScalarType::Char},  NpyDtype{"<i2", at::ScalarType::Short},
    NpyDtype{"<i4", at::ScalarType::Int},   NpyDtype{"<i8", at::ScalarType::Long},
    NpyDtype{"<f2", at::ScalarType::Half},  NpyDtype{"<f4", at::ScalarType::Float},
    NpyDtype{"<f8", at::ScalarType::Double}};

/// Reads the Python literal that the format allows and no more:
///   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  HeaderParser(const std::string& file, std::string_view text, size_t start)
      : file_(file), text_(text), start_(start) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !has_dtype_) {
        header_.dtype = dtype();
        has_dtype_ = true;
      } else if (key == "fortran_order" && !has_order_) {
        header_.fortran_order = truth();
        has_order_ = true;
      } else if (key == "shape" && !has_shape_) {
        header_.shape = shape();
        has_shape_ = true;
      } else {
        fail("the key '" + std::string(key) + "' is unknown or comes twice");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("there is more after its '}'");
    if (!has_dtype_ || !has_order_ || !has_shape_) {
      fail("it needs the keys 'descr', 'fortran_order' and 'shape'");
    }
    return header_;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_, static_cast<int64_t>(start_ + at_), "broken NumPy header: " + reason);
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool accept(char wanted) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(std::string("expected '") + wanted + "'");
  }

  std::string_view quoted() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("expected a quoted word");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a quoted word does not end");
    const std::string_view word = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return word;
  }

  at::ScalarType dtype() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') fail("structured arrays are not supported");
    const std::string_view name = quoted();
    std::string known;
    for (const NpyDtype& candidate : kDtypes) {
      // For one byte the order means nothing; NumPy writes '|' but reads all.
      const bool one_byte = candidate.name[0] == '|';
      if (name == candidate.name ||
          (one_byte && name.size() == 3 && (name[0] == '<' || name[0] == '>') &&
           name.substr(1) == candidate.name.substr(1))) {
        return candidate.dtype;
      }
      known += " " + std::string(candidate.name);
    }
    if (name.starts_with('>')) fail("big-endian numbers are not supported");
    if (name.find('O') != std::string_view::npos) fail("Python objects are not read");
    fail("the dtype '" + std::string(name) + "' is not one of" + known);
  }

  bool truth() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True"sv : "False"sv;
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    fail("expected True or False");
  }

  std::vector<int64_t> shape() {
    std::vector<int64_t> sizes;
    expect('(');
    bool comma = true;
    while (!accept(')')) {
      if (!comma) fail("expected ',' or ')'");
      skip_space();
      int64_t size = 0;
      const char* const end_of_text = text_.data() + text_.size();
      const auto [end, error] = std::from_chars(text_.data() + at_, end_of_text, size);
      if (error != std::errc() || size < 0) fail("expected a size");
      at_ = static_cast<size_t>(end - text_.data());
      sizes.push_back(size);
      if (sizes.size() > kMaxRank) fail("more than 64 dimensions");
      comma = accept(',');
    }
    // In Python (3) is a number, not a shape.
    if (sizes.size() == 1 && !comma) fail("expected ',' after the only size");
    return sizes;
  }

  const std::string& file_;
  std::string_view text_;
  size_t start_;
  size_t at_ = 0;
  NpyHeader header_{};
  bool has_dtype_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

/// Zeros count as ones for the bound, as libtorch's strides are made of the other sizes.
int64_t checked_bytes(const std::string& file, const NpyHeader& header) {
  auto bytes = static_cast<int64_t>(c10::elementSize(header.dtype));
  bool empty = false;
  for (const int64_t size : header.shape) {
    empty = empty || size == 0;
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes) ||
        bytes > kMaxArrayBytes) {
      throw DataError(file, "expected an array of at most " + std::to_string(kMaxArrayBytes) +
                                " bytes, got a larger shape");
    }
  }
  return empty ? 0 : bytes;
}

size_t little_endian(std::string_view bytes) {
  size_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

NpyHeader parse_npy_header(const std::string& file, std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) throw DataError(file, 0, "expected a NumPy array (.npy)");
  const auto cut_short = [&] {
    return DataError(file, static_cast<int64_t>(bytes.size()), "the NumPy header is cut short");
  };
  if (bytes.size() < kMagic.size() + 2) throw cut_short();
  const int major = static_cast<unsigned char>(bytes[6]);
  const int minor = static_cast<unsigned char>(bytes[7]);
  if ((major != 1 && major != 2) || minor != 0) {
    throw DataError(file, 6,
                    "expected NumPy format version 1.0 or 2.0, got " + std::to_string(major) + "." +
                        std::to_string(minor));
  }
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t start = kMagic.size() + 2 + length_bytes;
  if (bytes.size() < start) throw cut_short();
  const size_t length = little_endian(bytes.substr(start - length_bytes, length_bytes));
  if (length > kMaxText) throw DataError(file, 8, "the NumPy header is unreasonably long");
  if (bytes.size() - start < length) throw cut_short();
  NpyHeader header = HeaderParser(file, bytes.substr(start, length), start).parse();
  header.header_bytes = start + length;
  header.data_bytes = checked_bytes(file, header);
  return header;
}

std::string make_npy_header(const at::Tensor& tensor) {
  if (!tensor.defined()) throw std::invalid_argument("save_npy: an undefined tensor");
  const auto* const found = std::find_if(
      kDtypes.begin(), kDtypes.end(),
      [&](const NpyDtype& candidate) { return candidate.dtype == tensor.scalar_type(); });
  if (found == kDtypes.end() || tensor.layout() != at::kStrided) {
    throw std::invalid_argument(std::string("save_npy: dtype ") +
                                c10::toString(tensor.scalar_type()) +
                                " is not supported; convert it first");
  }
  std::string text =
      "{'descr': '" + std::string(found->name) + "', 'fortran_order': False, 'shape': (";
  for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string(tensor.size(axis));
  }
  text += tensor.dim() == 1 ? ",), }" : "), }";
  const size_t start = kMagic.size() + 4;
  const size_t total = (start + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(total - start - 1, ' ');
  text += '\n';
  std::string header(kMagic);
  header +=
      {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace situ
