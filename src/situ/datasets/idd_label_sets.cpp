// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/known_label_sets.h"

namespace situ {
namespace {

// AutoNUE public-code, helpers/anue_labels.py. A level-3 id joins classes of the finest level; the
// name is theirs, the color the first one's, and the train id Cityscapes' where it has the class.
constexpr LabelRow kLevel3[] = {
    {0, "road", 0, {128, 64, 128}},
    {1, "parking or drivable fallback", kNoTrainId, {250, 170, 160}},
    {2, "sidewalk", 1, {244, 35, 232}},
    {3, "rail track or non-drivable fallback", kNoTrainId, {230, 150, 140}},
    {4, "person or animal", 11, {220, 20, 60}, true},
    {5, "rider", 12, {255, 0, 0}, true},
    {6, "motorcycle", 17, {0, 0, 230}, true},
    {7, "bicycle", 18, {119, 11, 32}, true},
    {8, "autorickshaw", kNoTrainId, {255, 204, 54}, true},
    {9, "car", 13, {0, 0, 142}, true},
    {10, "truck", 14, {0, 0, 70}, true},
    {11, "bus", 15, {0, 60, 100}, true},
    {12, "vehicle fallback", kNoTrainId, {136, 143, 153}, true},
    {13, "curb", kNoTrainId, {220, 190, 40}},
    {14, "wall", 3, {102, 102, 156}},
    {15, "fence", 4, {190, 153, 153}},
    {16, "guard rail", kNoTrainId, {180, 165, 180}},
    {17, "billboard", kNoTrainId, {174, 64, 67}},
    {18, "traffic sign", 7, {220, 220, 0}},
    {19, "traffic light", 6, {250, 170, 30}},
    {20, "pole", 5, {153, 153, 153}},
    {21, "obs-str-bar-fallback", kNoTrainId, {169, 187, 214}},
    {22, "building", 2, {70, 70, 70}},
    {23, "bridge or tunnel", kNoTrainId, {150, 100, 100}},
    {24, "vegetation", 8, {107, 142, 35}},
    {25, "sky or fallback background", 10, {70, 130, 180}},
};

constexpr LabelRow kLite[] = {
    {0, "drivable", 0, {128, 64, 128}},
    {1, "non-drivable", 1, {244, 35, 232}},
    {2, "living thing", 2, {220, 20, 60}, true},
    {3, "vehicle", 3, {0, 0, 142}, true},
    {4, "roadside object", 4, {153, 153, 153}},
    {5, "far object", 5, {70, 70, 70}},
    {6, "sky", 6, {70, 130, 180}},
};

}  // namespace

void add_idd_label_sets(std::vector<LabelSet>& sets) {
  sets.push_back(label_set_of("idd", kLevel3, {kNoTrainId}));
  sets.push_back(label_set_of("idd-lite", kLite, {kNoTrainId}));
}

}  // namespace situ
