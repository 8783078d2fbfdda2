// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/datasets/label_set.h"
#include "situ/io/json_file.h"
#include "situ/io/yaml_file.h"

namespace situ {
namespace {

using nlohmann::json;

const std::vector<std::string> kSetKeys = {"name", "ignore_ids", "classes"};
const std::vector<std::string> kClassKeys = {"id", "name", "train_id", "color", "thing", "ignored"};

/// One table of the file; every reader says which key is at fault.
class Table {
 public:
  Table(const json& value, std::string where, const std::vector<std::string>& keys,
        const std::string& file)
      : value_(value), where_(std::move(where)), file_(file) {
    if (!value.is_object()) fail("expected a table");
    for (const auto& item : value.items()) {
      if (std::find(keys.begin(), keys.end(), item.key()) == keys.end()) {
        fail(unknown_name_message("key", item.key(), keys));
      }
    }
  }

  const json* find(const char* key) const {
    const auto found = value_.find(key);
    return found == value_.end() ? nullptr : &*found;
  }
  std::string text(const char* key) const {
    const json* const value = find(key);
    if (value == nullptr || !value->is_string()) fail(key, "expected text");
    return value->get<std::string>();
  }
  int64_t whole(const char* key, const json* value) const {
    if (value == nullptr || !value->is_number_integer()) {
      fail(key, "expected a whole number");
    }
    return value->get<int64_t>();
  }
  bool flag(const char* key) const {
    const json* const value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(key, "expected true or false");
    return value->get<bool>();
  }
  const json& list(const char* key) const {
    const json* const value = find(key);
    if (value == nullptr || !value->is_array()) fail(key, "expected a list");
    return *value;
  }
  [[noreturn]] void fail(const char* key, const char* reason) const {
    std::string message(key);
    message += ": ";
    message += reason;
    fail(message);
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_, where_.empty() ? reason : where_ + ": " + reason);
  }

 private:
  const json& value_;
  std::string where_;
  const std::string& file_;
};

Color color_of(const Table& table) {
  const json& values = table.list("color");
  if (values.size() != 3) table.fail("color", "expected red, green and blue");
  uint8_t parts[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const int64_t part = table.whole("color", &values[i]);
    if (part < 0 || part > 255) table.fail("color", "expected numbers from 0 to 255");
    parts[i] = static_cast<uint8_t>(part);
  }
  return {parts[0], parts[1], parts[2]};
}

LabelClass class_of(const Table& table) {
  LabelClass one;
  one.id = table.whole("id", table.find("id"));
  one.name = table.text("name");
  one.ignored = table.flag("ignored");
  one.is_thing = table.flag("thing");
  one.train_id = one.ignored ? kNoTrainId : one.id;
  if (const json* const train_id = table.find("train_id")) {
    one.train_id = table.whole("train_id", train_id);
  }
  one.color = table.find("color") != nullptr ? color_of(table)
                                             : palette_color(std::max<int64_t>(one.id, 0));
  return one;
}

}  // namespace

LabelSet load_label_set(const std::filesystem::path& path) {
  const std::string file = path.string();
  const json document = path.extension() == ".json" ? load_json(path) : load_yaml(path);
  const Table table(document, "", kSetKeys, file);
  std::vector<int64_t> ignore_ids;
  if (table.find("ignore_ids") != nullptr) {
    for (const json& id : table.list("ignore_ids")) {
      ignore_ids.push_back(table.whole("ignore_ids", &id));
    }
  }
  std::vector<LabelClass> classes;
  for (const json& value : table.list("classes")) {
    classes.push_back(class_of(
        Table(value, "classes[" + std::to_string(classes.size()) + "]", kClassKeys, file)));
  }
  if (classes.empty()) table.fail("classes", "expected at least one");
  const std::string name = table.text("name");
  if (std::find(label_set_names().begin(), label_set_names().end(), name) !=
      label_set_names().end()) {
    table.fail("name: \"" + name + "\" is a label set of situ's own");
  }
  try {
    return LabelSet(name, std::move(classes), std::move(ignore_ids));
  } catch (const std::invalid_argument& error) {
    throw DataError(file, error.what());
  }
}

}  // namespace situ
