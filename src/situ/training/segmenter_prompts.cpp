// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_prompts.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace situ {
namespace {

using enum Location;

uint16_t bit(Location location) { return static_cast<uint16_t>(1u << static_cast<int>(location)); }

struct LocationWords {
  Location location;
  std::vector<std::string> phrases;
};

const std::vector<LocationWords>& location_words() {
  static const std::vector<LocationWords> kWords = {
      {kRoad, {"road", "street", "asphalt", "roadway", "drivable area"}},
      {kPavement, {"pavement", "sidewalk", "footpath", "footway"}},
      {kTerrain, {"terrain", "grass", "bare ground"}},
      {kBuilding, {"building", "buildings", "house", "houses"}},
      {kTree, {"tree", "trees", "vegetation"}},
      {kSky, {"sky"}},
      {kPole, {"pole", "poles", "lamp post", "street light"}},
      {kSign, {"sign", "traffic sign", "road sign"}},
      {kFence, {"fence", "railing"}},
      {kVehicle, {"vehicle", "vehicles"}},
      {kPerson, {"person", "people", "pedestrians"}},
      {kCyclist, {"cyclist", "bicyclist", "rider"}}};
  return kWords;
}

/// The objects that road scenes show anyway, under the label of a location.
struct Place {
  std::string_view object;
  uint16_t places;
  std::optional<Location> location = std::nullopt;
};

const std::vector<Place>& places_of_objects() {
  static const auto any_of = [](std::initializer_list<Location> locations) {
    unsigned bits = 0;
    for (const Location one : locations) bits |= bit(one);
    return static_cast<uint16_t>(bits);
  };
  static const std::vector<Place> kPlaces = {{"car", any_of({kVehicle})},
                                             {"bus", any_of({kVehicle})},
                                             {"truck", any_of({kVehicle})},
                                             {"wheel", any_of({kVehicle, kCyclist})},
                                             {"bicycle", any_of({kVehicle, kCyclist})},
                                             {"motorcycle", any_of({kVehicle, kCyclist})},
                                             {"scooter", any_of({kVehicle, kCyclist})},
                                             {"person", any_of({kPerson, kCyclist}), kPerson},
                                             {"potted plant", any_of({kTree, kTerrain})}};
  return kPlaces;
}

std::string last_word(const std::string& phrase) {
  const std::size_t space = phrase.rfind(' ');
  return space == std::string::npos ? phrase : phrase.substr(space + 1);
}

const std::string& one_of(const std::vector<std::string>& list, Random& random) {
  return list[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(list.size())))];
}

std::string worded(const std::string& pattern, const std::string& phrase) {
  const bool vowel = std::string_view("aeiou").find(phrase.front()) != std::string_view::npos;
  std::string text = pattern;
  text.replace(text.find("{}"), 2, phrase);
  if (const std::size_t article = text.find("<a>"); article != std::string::npos) {
    text.replace(article, 3, vowel ? "an" : "a");
  }
  return text;
}

}  // namespace

SegmenterPrompts::SegmenterPrompts(const Vocabulary& vocabulary) {
  for (const VocabularyName& name : vocabulary.names) {
    Object object;
    object.phrases = {name.name};
    object.phrases.insert(object.phrases.end(), name.phrases.begin(), name.phrases.end());
    for (const std::string& phrase : object.phrases) object.heads.push_back(last_word(phrase));
    for (const Place& place : places_of_objects()) {
      if (place.object == name.name) {
        object.places = place.places;
        object.location = place.location;
      }
    }
    objects_.push_back(std::move(object));
  }
  location_phrases_.resize(kLocationCount);
  for (const LocationWords& words : location_words()) {
    std::vector<std::string>& own = location_phrases_[static_cast<std::size_t>(words.location)];
    for (const std::string& phrase : words.phrases) {
      if (!vocabulary.find(phrase)) own.push_back(phrase);
    }
    const bool taught = std::any_of(
        location_labels().begin(), location_labels().end(),
        [&](const LocationLabel& label) { return label.decides(words.location) == true; });
    if (taught && !own.empty()) locations_.push_back(words.location);
  }
}

std::string SegmenterPrompts::object_wording(int64_t name, Random& random) const {
  static const std::vector<std::string> kTemplates = {"{}",
                                                      "<a> {}",
                                                      "the {}",
                                                      "A good photo of <a> {}",
                                                      "a photo of <a> {}",
                                                      "A good photo of {}"};
  const std::string& phrase = one_of(objects_.at(name).phrases, random);
  return worded(one_of(kTemplates, random), phrase);
}

std::string SegmenterPrompts::location_wording(Location location, Random& random) const {
  static const std::vector<std::string> kTemplates = {"{}", "the {}"};
  const std::string& phrase =
      one_of(location_phrases_.at(static_cast<std::size_t>(location)), random);
  return worded(one_of(kTemplates, random), phrase);
}

bool SegmenterPrompts::alike(int64_t a, int64_t b) const {
  const std::vector<std::string>& heads = objects_.at(b).heads;
  return a == b || std::any_of(objects_.at(a).heads.begin(), objects_.at(a).heads.end(),
                               [&](const std::string& head) {
                                 return std::find(heads.begin(), heads.end(), head) != heads.end();
                               });
}

std::optional<bool> SegmenterPrompts::scene_decides(const LocationLabel& label,
                                                    int64_t name) const {
  const Object& object = objects_.at(name);
  if (label.candidates == location_labels()[kUnknownLabel].candidates) return std::nullopt;
  if ((label.candidates & object.places) == 0) return false;
  if (object.location && label.decides(*object.location) == true) return true;
  return std::nullopt;
}

KnownPrompts SegmenterPrompts::known(double threshold) const {
  KnownPrompts vocabulary;
  vocabulary.threshold = threshold;
  const auto add = [&](const std::vector<std::string>& phrases, PromptKind kind) {
    KnownPrompt prompt{.name = phrases.front(), .phrases = {}, .kind = kind};
    prompt.phrases.assign(phrases.begin() + 1, phrases.end());
    vocabulary.prompts.push_back(std::move(prompt));
  };
  for (const Object& object : objects_) add(object.phrases, PromptKind::kObject);
  for (const Location location : locations_) {
    add(location_phrases_[static_cast<std::size_t>(location)], PromptKind::kLocation);
  }
  return vocabulary;
}

}  // namespace situ
