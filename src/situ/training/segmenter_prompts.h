// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "situ/core/random.h"
#include "situ/models/prompt_segmenter/known_prompts.h"
#include "situ/training/composition/location_labels.h"
#include "situ/training/composition/vocabulary.h"

namespace situ {

/// What the segmenter is asked during training: the objects of a vocabulary, the locations of road
/// scenes, and the words for both.
class SegmenterPrompts {
 public:
  explicit SegmenterPrompts(const Vocabulary& vocabulary);

  int64_t object_count() const { return static_cast<int64_t>(objects_.size()); }
  /// The locations that some data set says to be there; one that is only left open teaches nothing.
  const std::vector<Location>& locations() const { return locations_; }

  /// A prompt for an object: its name or another word for it in a random template ("a dog", "dog",
  /// "A good photo of a dog").
  std::string object_wording(int64_t name, Random& random) const;
  std::string location_wording(Location location, Random& random) const;

  /// True where a picture of one may as well be called the other: equal names, or a phrase of each
  /// ends in the same word ("teddy bear", "brown bear").
  bool alike(int64_t a, int64_t b) const;

  /// What a scene label says about an object: there, not there, or (nothing) undecided, as a
  /// vehicle may be a car.
  std::optional<bool> scene_decides(const LocationLabel& label, int64_t name) const;
  /// True where scenes show such objects without saying so.
  bool occurs_in_scenes(int64_t name) const { return objects_.at(name).places != 0; }
  /// True where an object of that name is, or may be, the location.
  bool may_be(int64_t name, Location location) const {
    return (objects_.at(name).places >> static_cast<int>(location)) & 1;
  }

  /// What the finished model knows.
  KnownPrompts known(double threshold) const;

 private:
  struct Object {
    std::vector<std::string> phrases;  // the name first
    std::vector<std::string> heads;    // the last word of each
    uint16_t places = 0;               // bit i: scenes show it as Location i
    std::optional<Location> location;  // that it is another word for
  };
  std::vector<Object> objects_;
  std::vector<Location> locations_;
  std::vector<std::vector<std::string>>
      location_phrases_;  // by Location, without words for objects
};

}  // namespace situ
