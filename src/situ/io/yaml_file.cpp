// SPDX-License-Identifier: Apache-2.0
#include "situ/io/yaml_file.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kMostNodes = 1 << 20;  // an alias bomb ends here

template <class Number>
bool whole_text_is(const std::string& text, Number& number) {
  const char* begin = text.data() + (text.starts_with("+") ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  return error == std::errc() && stop == end && begin != end;
}

nlohmann::json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  int64_t whole = 0;
  if (whole_text_is(text, whole)) return whole;
  double real = 0;
  if (whole_text_is(text, real) && std::isfinite(real)) return real;
  return text;
}

class Converter {
 public:
  explicit Converter(std::string file) : file_(std::move(file)) {}

  nlohmann::json converted(const YAML::Node& node, int depth = 0) {
    if (depth > kDeepest || ++nodes_ > kMostNodes)
      throw DataError(file_, "is nested too deeply or too large");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node);
      case YAML::NodeType::Sequence: {
        nlohmann::json list = nlohmann::json::array();
        for (const YAML::Node& item : node) list.push_back(converted(item, depth + 1));
        return list;
      }
      case YAML::NodeType::Map: {
        nlohmann::json table = nlohmann::json::object();
        for (const auto& item : node) {
          if (!item.first.IsScalar()) throw DataError(file_, "a key is no plain text");
          const std::string key = item.first.Scalar();
          if (table.contains(key)) throw DataError(file_, "the key " + key + " stands twice");
          table[key] = converted(item.second, depth + 1);
        }
        return table;
      }
      default:
        return nullptr;
    }
  }

 private:
  std::string file_;
  std::size_t nodes_ = 0;
};

}  // namespace

nlohmann::json load_yaml(const std::filesystem::path& path) {
  try {
    return Converter(path).converted(YAML::Load(read_file(path)));
  } catch (const YAML::Exception& error) {
    throw DataError(path, "line " + std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

}  // namespace situ
