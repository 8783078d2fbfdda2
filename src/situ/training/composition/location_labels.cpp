// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/location_labels.h"

#include <array>
#include <initializer_list>
#include <stdexcept>

namespace situ {
namespace {

constexpr uint16_t any_of(std::initializer_list<Location> locations) {
  unsigned bits = 0;
  for (const Location one : locations) bits |= 1u << static_cast<int>(one);
  return static_cast<uint16_t>(bits);
}

using enum Location;

enum Label : uint8_t {
  kUnknown,
  kRoadLabel,
  kPavementLabel,
  kBuildingLabel,
  kTreeLabel,
  kSkyLabel,
  kPoleLabel,
  kSignLabel,
  kFenceLabel,
  kVehicleLabel,
  kPersonLabel,
  kCyclistLabel,
  kFlat,            // Cityscapes: road or pavement
  kNonDrivable,     // IDD: pavement or bare ground
  kConstruction,    // Cityscapes: building, wall or fence
  kNature,          // Cityscapes: vegetation or terrain
  kObject,          // Cityscapes: pole, sign or light
  kRoadside,        // IDD: wall, fence, pole, sign
  kFar,             // IDD: building or vegetation
  kLiving,          // Cityscapes "human", IDD "living thing": riders included
  kVehicleOrCycle,  // Cityscapes, IDD: cycles included, which CamVid counts as cyclists
};

constexpr std::array<LocationLabel, 21> kLabels = {{
    {"unknown", (1u << kLocationCount) - 1},
    {"road", any_of({kRoad})},
    {"pavement", any_of({kPavement})},
    {"building", any_of({kBuilding})},
    {"tree", any_of({kTree})},
    {"sky", any_of({kSky})},
    {"pole", any_of({kPole})},
    {"sign", any_of({kSign})},
    {"fence", any_of({kFence})},
    {"vehicle", any_of({kVehicle})},
    {"person", any_of({kPerson})},
    {"cyclist", any_of({kCyclist})},
    {"flat", any_of({kRoad, kPavement})},
    {"non-drivable", any_of({kPavement, kTerrain})},
    {"construction", any_of({kBuilding, kFence})},
    {"nature", any_of({kTree, kTerrain})},
    {"object", any_of({kPole, kSign})},
    {"roadside object", any_of({kPole, kSign, kFence})},
    {"far object", any_of({kBuilding, kTree})},
    {"living thing", any_of({kPerson, kCyclist})},
    {"vehicle or cycle", any_of({kVehicle, kCyclist})},
}};

constexpr std::array<std::string_view, kLocationCount> kNames = {
    "road", "pavement", "terrain", "building", "tree",   "sky",
    "pole", "sign",     "fence",   "vehicle",  "person", "cyclist"};

constexpr std::array<uint8_t, 11> kCamVid = {
    kSkyLabel,  kBuildingLabel, kPoleLabel,    kRoadLabel,   kPavementLabel, kTreeLabel,
    kSignLabel, kFenceLabel,    kVehicleLabel, kPersonLabel, kCyclistLabel};
constexpr std::array<uint8_t, 7> kIddLite = {kRoadLabel, kNonDrivable, kLiving,  kVehicleOrCycle,
                                             kRoadside,  kFar,         kSkyLabel};
constexpr std::array<uint8_t, 8> kCityscapes = {
    kUnknown, kFlat, kConstruction, kObject, kNature, kSkyLabel, kLiving, kVehicleOrCycle};

}  // namespace

std::string_view location_name(Location location) {
  return kNames.at(static_cast<std::size_t>(location));
}

std::span<const LocationLabel> location_labels() { return kLabels; }

uint8_t common_label(SceneDataset dataset, uint8_t own_label) {
  const auto look_up = [own_label](const auto& table) {
    return own_label < table.size() ? table[own_label] : kUnknownLabel;
  };
  switch (dataset) {
    case SceneDataset::kCamVid:
      return look_up(kCamVid);
    case SceneDataset::kIddLite:
      return look_up(kIddLite);
    case SceneDataset::kCityscapesCategories:
      return look_up(kCityscapes);
  }
  throw std::invalid_argument("common_label: no such data set");
}

}  // namespace situ
