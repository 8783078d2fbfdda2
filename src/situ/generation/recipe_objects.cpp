// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/recipe_objects.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "situ/core/nearest_name.h"

namespace situ {
namespace {

using Json = nlohmann::json;

// An entry as it is written; every key may be missing.
void check_keys(const Json& entry, const std::vector<std::string>& known,
                const std::string& where) {
  if (!entry.is_object()) throw std::invalid_argument(where + ": expected a table");
  for (const auto& [key, value] : entry.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw std::invalid_argument(where + ": " + unknown_name_message("key", key, known));
    }
  }
}

std::vector<std::string> texts(const Json& value, const std::string& where) {
  std::vector<std::string> all;
  for (const Json& one : value.is_array() ? value : Json::array({value})) {
    if (!one.is_string() ||
        one.get<std::string>().find_first_not_of(" \t\n") == std::string::npos) {
      throw std::invalid_argument(where + ": expected texts, got " + one.dump());
    }
    all.push_back(one.get<std::string>());
  }
  if (all.empty()) throw std::invalid_argument(where + ": expected a text, got none");
  return all;
}

Place place_from_json(const Json& json, const LabelSet& labels, const std::string& where) {
  if (json == "anywhere") return Everywhere{};
  if (json.is_object() && json.size() == 1 && json.contains("prompt")) {
    return LocationPrompt{texts(json["prompt"], where + ": prompt").front()};
  }
  if (json.is_object() && json.size() == 1 && json.contains("labels")) {
    return PlaceLabels{label_ids_from_json(json["labels"], labels, where + ": labels")};
  }
  throw std::invalid_argument(
      where + ": expected anywhere, {prompt: the road} or {labels: [road]}, got " + json.dump());
}

int64_t id_of(const Json& value, const std::string& where) {
  if (!value.is_number_integer() || value.get<int64_t>() < 0 ||
      value.get<int64_t>() > kHighestLabelId) {
    throw std::invalid_argument(where + ": expected a label id in [0, 65535], got " + value.dump());
  }
  return value.get<int64_t>();
}

class ObjectReader {
 public:
  ObjectReader(const Json& recipe, const LabelSet& labels, const InpaintingOptions& defaults)
      : labels_(labels) {
    base_.inpainting = defaults;
    if (const auto found = recipe.find("insertion"); found != recipe.end()) {
      flat_options_from_json(*found, base_.tables(), "insertion");
    }
    base_place_ = recipe.contains("place") ? place_from_json(recipe["place"], labels, "place")
                                           : Place(LocationPrompt{"the road"});
  }

  // One entry is one object, or with `names` a row of them that differ in name and id.
  std::vector<RecipeObject> read(const Json& entry, const std::string& where) const {
    check_keys(entry,
               {"name", "names", "id", "first_id", "class", "find", "with", "prompts", "weight",
                "ood", "place", "insertion"},
               where);
    if (!entry.contains("names")) return {read_one(entry, where)};
    for (const char* key : {"name", "id", "class", "find", "with", "prompts"}) {
      if (entry.contains(key)) {
        throw std::invalid_argument(where + ": names and " + key + " exclude each other");
      }
    }
    std::vector<RecipeObject> row;
    if (!entry.contains("first_id")) throw std::invalid_argument(where + ": expected first_id");
    int64_t id = id_of(entry["first_id"], where + ": first_id");
    for (const std::string& name : texts(entry["names"], where + ": names")) {
      Json one = entry;
      one.erase("names");
      one.erase("first_id");
      one["name"] = name;
      one["id"] = id++;
      row.push_back(read_one(one, where));
    }
    return row;
  }

 private:
  RecipeObject read_one(const Json& entry, const std::string& where) const {
    RecipeObject object;
    const bool known_class = entry.contains("class");
    if (entry.contains("first_id") || known_class == entry.contains("id")) {
      throw std::invalid_argument(where +
                                  ": expected either class (of the dataset) or id (a new class)");
    }
    if (!known_class && !entry.contains("name")) {
      throw std::invalid_argument(where + ": expected a name");
    }
    const std::string class_name =
        known_class ? texts(entry["class"], where + ": class").front() : std::string();
    object.name =
        entry.contains("name") ? texts(entry["name"], where + ": name").front() : class_name;
    object.new_class = !known_class;
    object.ood = object.new_class;
    const std::string named = where + " '" + object.name + "'";
    const std::string find =
        entry.contains("find") ? texts(entry["find"], named + ": find").front() : object.name;
    object.parts.push_back(
        {find, known_class ? labels_.at(class_name).id : id_of(entry["id"], named + ": id")});
    for (const Json& one : entry.value("with", Json::array())) {
      check_keys(one, {"find", "class"}, named + ": with");
      const std::string companion = texts(one.value("class", Json()), named + ": with").front();
      object.parts.push_back({one.contains("find") ? texts(one["find"], named).front() : companion,
                              labels_.at(companion).id});
    }
    object.prompts = entry.contains("prompts") ? texts(entry["prompts"], named + ": prompts")
                                               : std::vector{find};
    object.weight = weight_of(entry, named);
    if (entry.contains("ood")) object.ood = flag_of(entry["ood"], known_class, named);
    object.place = entry.contains("place")
                       ? place_from_json(entry["place"], labels_, named + ": place")
                       : base_place_;
    object.insertion = base_;
    if (const auto found = entry.find("insertion"); found != entry.end()) {
      flat_options_from_json(*found, object.insertion.tables(), named + ": insertion");
    }
    try {
      object.insertion.validate();
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(named + ": " + error.what());
    }
    return object;
  }

  static double weight_of(const Json& entry, const std::string& named) {
    const Json weight = entry.value("weight", Json(1));
    if (!weight.is_number() || !(weight.get<double>() > 0) || weight.get<double>() > 1e6) {
      throw std::invalid_argument(named + ": weight: expected a number in (0, 1e6], got " +
                                  weight.dump());
    }
    return weight.get<double>();
  }

  static bool flag_of(const Json& value, bool known_class, const std::string& named) {
    if (!value.is_boolean()) {
      throw std::invalid_argument(named + ": ood: expected true or false, got " + value.dump());
    }
    if (value.get<bool>() && known_class) {
      throw std::invalid_argument(named + ": a class of the dataset cannot be out of distribution");
    }
    return value.get<bool>();
  }

  const LabelSet& labels_;
  InsertionOptions base_;
  Place base_place_;
};

}  // namespace

std::vector<RecipeObject> objects_from_json(const Json& recipe, const LabelSet& labels,
                                            const InpaintingOptions& defaults) {
  const ObjectReader reader(recipe, labels, defaults);
  const Json entries = recipe.value("objects", Json::array());
  if (!entries.is_array() || entries.empty()) {
    throw std::invalid_argument("objects: expected a list of one object or more");
  }
  std::vector<RecipeObject> objects;
  std::set<std::string> names;
  for (size_t i = 0; i < entries.size(); ++i) {
    for (RecipeObject& one : reader.read(entries[i], "objects[" + std::to_string(i) + "]")) {
      if (!names.insert(one.name).second) {
        throw std::invalid_argument("objects: '" + one.name + "' stands twice");
      }
      objects.push_back(std::move(one));
    }
  }
  return objects;
}

std::vector<int64_t> label_ids_from_json(const Json& list, const LabelSet& labels,
                                         const std::string& where) {
  std::vector<int64_t> ids;
  for (const Json& one : list.is_array() ? list : Json::array({list})) {
    if (one.is_string()) {
      ids.push_back(labels.at(one.get<std::string>()).id);
    } else if (one.is_number_integer()) {
      ids.push_back(labels.at(one.get<int64_t>()).id);
    } else {
      throw std::invalid_argument(where + ": expected class names or ids, got " + one.dump());
    }
  }
  return ids;
}

}  // namespace situ
