// SPDX-License-Identifier: Apache-2.0
#include "situ/io/json_file.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

constexpr int kMaxDepth = 500;

/// Calls `visit` with the place of each character that is in no string; `text` may change from
/// there on while it is visited.
template <class Visit>
void for_each_outside_strings(const std::string& text, const Visit& visit) {
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      visit(i);
    }
  }
}

/// Reading nests without recursion, but whatever walks the value later may not.
void check_depth(const std::string& file, const std::string& text) {
  int depth = 0;
  for_each_outside_strings(text, [&](size_t i) {
    if (text[i] == ']' || text[i] == '}') --depth;
    if (text[i] != '[' && text[i] != '{') return;
    if (++depth > kMaxDepth) {
      throw DataError(file, static_cast<int64_t>(i),
                      "expected at most " + std::to_string(kMaxDepth) + " nested brackets");
    }
  });
}

/// nlohmann's messages start with the name of its exception in brackets and repeat the place.
std::string reason_of(const nlohmann::json::exception& error) {
  const std::string_view text = error.what();
  const size_t end = text.find("] ");
  return std::string(end == std::string_view::npos ? text : text.substr(end + 2));
}

}  // namespace

nlohmann::json parse_json(const std::string& text, const std::string& file) {
  check_depth(file, text);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const auto offset = static_cast<int64_t>(error.byte);  // counted from 1
    throw DataError(file, offset > 0 ? offset - 1 : 0, "not valid JSON: " + reason_of(error));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file, "not valid JSON: " + reason_of(error));
  }
}

nlohmann::json load_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

nlohmann::json parse_python_json(std::string text, const std::string& file) {
  for_each_outside_strings(text, [&](size_t at) {
    for (const std::string_view name : {"-Infinity", "Infinity", "NaN"}) {
      if (text.compare(at, name.size(), name) != 0) continue;
      std::string null = "null";
      null.resize(name.size() < null.size() ? null.size() : name.size(), ' ');
      text.replace(at, name.size(), null);
    }
  });
  return parse_json(text, file);
}

nlohmann::json load_python_json(const std::filesystem::path& path) {
  return parse_python_json(read_file(path), path.string());
}

void save_json(const std::filesystem::path& path, const nlohmann::ordered_json& value) {
  std::string text;
  try {
    text = value.dump(2);
  } catch (const nlohmann::ordered_json::type_error& error) {
    throw std::invalid_argument("save_json: " + path.string() +
                                ": a text in the value is not UTF-8: " + reason_of(error));
  }
  write_file(path, text + "\n");
}

}  // namespace situ
