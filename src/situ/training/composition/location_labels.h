// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace situ {

/// The places of a road scene that prompts can name.
enum class Location : uint8_t {
  kRoad,
  kPavement,
  kTerrain,
  kBuilding,
  kTree,
  kSky,
  kPole,
  kSign,
  kFence,
  kVehicle,
  kPerson,
  kCyclist,
};
inline constexpr int64_t kLocationCount = 12;

/// "road", "pavement", …
std::string_view location_name(Location location);

/// Data sets label at different grains: Cityscapes' category "flat" may be road or pavement. So a
/// label is the set of locations that it leaves open.
struct LocationLabel {
  std::string_view name;
  uint16_t candidates;  // bit i: the pixel may be Location i; all bits for "unknown"

  bool may_be(Location location) const { return (candidates >> static_cast<int>(location)) & 1; }
  /// True: the pixel is the location; false: it is not; nothing: the data set does not decide.
  std::optional<bool> decides(Location location) const {
    if (!may_be(location)) return false;
    if (candidates == (1u << static_cast<int>(location))) return true;
    return std::nullopt;
  }
};

/// All labels; an index into it is what label pictures hold. 0 is "unknown".
std::span<const LocationLabel> location_labels();
inline constexpr uint8_t kUnknownLabel = 0;

/// The data sets whose own label numbers are known.
enum class SceneDataset { kCamVid, kIddLite, kCityscapesCategories };

/// The common label of a data set's own label number; kUnknownLabel for void and for numbers it
/// lacks.
uint8_t common_label(SceneDataset dataset, uint8_t own_label);

}  // namespace situ
