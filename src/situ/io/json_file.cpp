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

/// Reading nests without recursion, but whatever walks the value later may not.
void check_depth(const std::string& file, std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) {
        throw DataError(file, static_cast<int64_t>(i),
                        "expected at most " + std::to_string(kMaxDepth) + " nested brackets");
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

/// nlohmann's messages start with the name of its exception in brackets and repeat the place.
std::string reason_of(const nlohmann::json::exception& error) {
  const std::string_view text = error.what();
  const size_t end = text.find("] ");
  return std::string(end == std::string_view::npos ? text : text.substr(end + 2));
}

}  // namespace

nlohmann::json load_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const std::string file = path.string();
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
