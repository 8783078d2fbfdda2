// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/known_label_sets.h"

namespace situ {
namespace {

// The grouping and order of the SegNet tutorial, whose label pictures hold ids; its colors are the
// authors'. What none of the 11 covers is 11, "void".
constexpr LabelRow kElevenClasses[] = {
    {0, "sky", 0, {128, 128, 128}},
    {1, "building", 1, {128, 0, 0}},
    {2, "pole", 2, {192, 192, 128}},
    {3, "road", 3, {128, 64, 128}},
    {4, "pavement", 4, {60, 40, 222}},
    {5, "tree", 5, {128, 128, 0}},
    {6, "sign", 6, {192, 128, 128}},
    {7, "fence", 7, {64, 64, 128}},
    {8, "car", 8, {64, 0, 128}, true},
    {9, "pedestrian", 9, {64, 64, 0}, true},
    {10, "bicyclist", 10, {0, 128, 192}, true},
    {11, "void", kNoTrainId, {0, 0, 0}},
};

// The original's color pictures; the id is the place in label_colors.txt.
constexpr LabelRow kAllClasses[] = {
    {0, "Animal", 0, {64, 128, 64}, true},
    {1, "Archway", 1, {192, 0, 128}},
    {2, "Bicyclist", 2, {0, 128, 192}, true},
    {3, "Bridge", 3, {0, 128, 64}},
    {4, "Building", 4, {128, 0, 0}},
    {5, "Car", 5, {64, 0, 128}, true},
    {6, "CartLuggagePram", 6, {64, 0, 192}, true},
    {7, "Child", 7, {192, 128, 64}, true},
    {8, "Column_Pole", 8, {192, 192, 128}},
    {9, "Fence", 9, {64, 64, 128}},
    {10, "LaneMkgsDriv", 10, {128, 0, 192}},
    {11, "LaneMkgsNonDriv", 11, {192, 0, 64}},
    {12, "Misc_Text", 12, {128, 128, 64}},
    {13, "MotorcycleScooter", 13, {192, 0, 192}, true},
    {14, "OtherMoving", 14, {128, 64, 64}, true},
    {15, "ParkingBlock", 15, {64, 192, 128}},
    {16, "Pedestrian", 16, {64, 64, 0}, true},
    {17, "Road", 17, {128, 64, 128}},
    {18, "RoadShoulder", 18, {128, 128, 192}},
    {19, "Sidewalk", 19, {0, 0, 192}},
    {20, "SignSymbol", 20, {192, 128, 128}},
    {21, "Sky", 21, {128, 128, 128}},
    {22, "SUVPickupTruck", 22, {64, 128, 192}, true},
    {23, "TrafficCone", 23, {0, 0, 64}},
    {24, "TrafficLight", 24, {0, 64, 64}},
    {25, "Train", 25, {192, 64, 128}, true},
    {26, "Tree", 26, {128, 128, 0}},
    {27, "Truck_Bus", 27, {192, 128, 192}, true},
    {28, "Tunnel", 28, {64, 0, 64}},
    {29, "VegetationMisc", 29, {192, 192, 0}},
    {30, "Void", kNoTrainId, {0, 0, 0}},
    {31, "Wall", 31, {64, 192, 0}},
};

}  // namespace

void add_camvid_label_sets(std::vector<LabelSet>& sets) {
  sets.push_back(label_set_of("camvid", kElevenClasses, {}));
  sets.push_back(label_set_of("camvid-32", kAllClasses, {}));
}

}  // namespace situ
