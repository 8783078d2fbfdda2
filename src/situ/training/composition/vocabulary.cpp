// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/vocabulary.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

constexpr int64_t kMaxVocabularyBytes = 1 << 20;
constexpr std::size_t kMaxNames = 4096;

/// A YAML node together with the way to it, for messages that name the key.
struct Place {
  std::string file;
  std::string key;
  YAML::Node node;

  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file, key + ": " + reason);
  }

  Place at(const std::string& child) const {
    return {file, key.empty() ? child : key + "." + child, node[child]};
  }
  Place at(std::size_t index) const {
    return {file, key + "[" + std::to_string(index) + "]", node[index]};
  }
  bool has(const std::string& child) const { return static_cast<bool>(node[child]); }
};

void require_keys(const Place& place, std::initializer_list<std::string_view> allowed) {
  if (!place.node.IsMap()) place.fail("expected a table");
  const std::vector<std::string> known(allowed.begin(), allowed.end());
  for (const auto& entry : place.node) {
    if (!entry.first.IsScalar()) place.fail("expected plain keys");
    const std::string key = entry.first.Scalar();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      place.fail(unknown_name_message("key", key, known));
    }
  }
}

double number(const Place& place, double low, double high) {
  double value = 0.0;
  if (!place.node.IsScalar() || !YAML::convert<double>::decode(place.node, value)) {
    place.fail("expected a number");
  }
  if (!(value >= low && value <= high)) {
    place.fail("expected a number from " + std::to_string(low) + " to " + std::to_string(high) +
               ", got " + place.node.Scalar());
  }
  return value;
}

bool truth(const Place& place) {
  bool value = false;
  if (!place.node.IsScalar() || !YAML::convert<bool>::decode(place.node, value)) {
    place.fail("expected true or false");
  }
  return value;
}

std::string text(const Place& place) {
  if (!place.node.IsScalar() || place.node.Scalar().empty()) place.fail("expected a text");
  return place.node.Scalar();
}

const Place& list(const Place& place) {
  if (!place.node.IsSequence()) place.fail("expected a list");
  return place;
}

/// Names and phrases meet prompts, which are compared in lower case.
std::string phrase(const Place& place) {
  const std::string value = text(place);
  for (const char c : value) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ' ' && c != '-') {
      place.fail("expected lower-case letters, digits, spaces and dashes, got '" + value + "'");
    }
  }
  return value;
}

/// Becomes part of a file name, so nothing that could leave the folder is let through.
std::string source_name(const Place& place) {
  const std::string value = text(place);
  for (const char c : value) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ' ';
    if (!plain)
      place.fail("expected lower-case letters, digits, '-', '_' and spaces, got '" + value + "'");
  }
  return value;
}

std::array<double, 4> read_keep(const Place& place) {
  if (list(place).node.size() != 4) place.fail("expected [x0, y0, x1, y1]");
  std::array<double, 4> keep{};
  for (std::size_t i = 0; i < 4; ++i) keep[i] = number(place.at(i), 0.0, 1.0);
  if (keep[0] >= keep[2] || keep[1] >= keep[3]) place.fail("expected x0 < x1 and y0 < y1");
  return keep;
}

CutoutRecipe read_recipe(const Place& place) {
  require_keys(place, {"emoji", "coco", "photos", "recolour", "hues_deg", "keep", "symmetric",
                       "min_aspect", "only"});
  CutoutRecipe recipe;
  const int kinds = place.has("emoji") + place.has("coco") + place.has("photos");
  if (kinds != 1) place.fail("expected exactly one of emoji, coco and photos");
  if (place.has("emoji")) {
    recipe.source = source_name(place.at("emoji"));
  } else if (place.has("coco")) {
    recipe.kind = CutoutKind::kCoco;
    recipe.source = source_name(place.at("coco"));
  } else {
    recipe.kind = CutoutKind::kMaskedPhotos;
    recipe.source = source_name(place.at("photos"));
    if (recipe.source != "weizmann_horses" && recipe.source != "bags") {
      place.at("photos").fail("expected weizmann_horses or bags, got '" + recipe.source + "'");
    }
  }
  if (place.has("recolour")) {
    const Place recolour = place.at("recolour");
    require_keys(recolour, {"saturation", "brightness", "fill_strokes_px"});
    if (recolour.has("saturation"))
      recipe.recolour.saturation = number(recolour.at("saturation"), 0.0, 4.0);
    if (recolour.has("brightness"))
      recipe.recolour.brightness = number(recolour.at("brightness"), 0.0, 4.0);
    if (recolour.has("fill_strokes_px")) {
      recipe.recolour.fill_strokes_px =
          static_cast<int64_t>(number(recolour.at("fill_strokes_px"), 0.0, 64.0));
    }
  }
  if (place.has("only")) {
    const Place only = place.at("only");
    if (recipe.kind != CutoutKind::kCoco) only.fail("expected a COCO source");
    for (std::size_t i = 0; i < list(only).node.size(); ++i)
      recipe.only.push_back(text(only.at(i)));
  }
  if (place.has("symmetric")) recipe.symmetric = truth(place.at("symmetric"));
  if (place.has("hues_deg")) {
    const Place hues = place.at("hues_deg");
    const std::size_t count = list(hues).node.size();
    if (count < 1 || count > 36) hues.fail("expected 1 to 36 angles");
    recipe.hues_deg.clear();
    for (std::size_t i = 0; i < count; ++i)
      recipe.hues_deg.push_back(number(hues.at(i), -360.0, 360.0));
  }
  if (place.has("keep")) recipe.keep = read_keep(place.at("keep"));
  if (place.has("min_aspect")) recipe.min_aspect = number(place.at("min_aspect"), 0.01, 100.0);
  return recipe;
}

VocabularyName read_name(const Place& place) {
  require_keys(place, {"name", "phrases", "airborne", "sources"});
  VocabularyName result;
  if (!place.has("name")) place.fail("expected the key 'name'");
  result.name = phrase(place.at("name"));
  if (place.has("phrases")) {
    const Place phrases = place.at("phrases");
    for (std::size_t i = 0; i < list(phrases).node.size(); ++i) {
      result.phrases.push_back(phrase(phrases.at(i)));
    }
  }
  if (place.has("airborne")) result.airborne = truth(place.at("airborne"));
  if (!place.has("sources")) place.fail("expected the key 'sources'");
  const Place sources = place.at("sources");
  const std::size_t count = list(sources).node.size();
  if (count == 0) sources.fail("expected at least one source");
  for (std::size_t i = 0; i < count; ++i) result.sources.push_back(read_recipe(sources.at(i)));
  return result;
}

Vocabulary read_vocabulary(const Place& root) {
  require_keys(root, {"version", "names"});
  if (!root.has("version")) root.fail("expected the key 'version'");
  if (text(root.at("version")) != "1") {
    root.at("version").fail("expected 1, got " + root.at("version").node.Scalar());
  }
  if (!root.has("names")) root.fail("expected the key 'names'");
  const Place names = root.at("names");
  const std::size_t count = list(names).node.size();
  if (count == 0 || count > kMaxNames)
    names.fail("expected 1 to " + std::to_string(kMaxNames) + " names");
  Vocabulary vocabulary;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < count; ++i) {
    const Place place = names.at(i);
    VocabularyName name = read_name(place);
    if (!taken.insert(name.name).second) place.at("name").fail("'" + name.name + "' is taken");
    for (const std::string& other : name.phrases) {
      if (!taken.insert(other).second) place.at("phrases").fail("'" + other + "' is taken");
    }
    vocabulary.names.push_back(std::move(name));
  }
  return vocabulary;
}

}  // namespace

std::optional<int64_t> Vocabulary::find(std::string_view phrase) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const VocabularyName& one = names[i];
    if (one.name == phrase ||
        std::find(one.phrases.begin(), one.phrases.end(), phrase) != one.phrases.end()) {
      return static_cast<int64_t>(i);
    }
  }
  return std::nullopt;
}

Vocabulary load_vocabulary(const std::filesystem::path& path) {
  const std::string bytes = read_file(path, kMaxVocabularyBytes);
  try {
    return read_vocabulary({path.string(), "", YAML::Load(bytes)});
  } catch (const YAML::Exception& error) {
    throw DataError(path.string(), error.what());
  }
}

}  // namespace situ
