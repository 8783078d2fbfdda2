// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "situ/datasets/known_label_sets.h"

namespace situ {
namespace {

constexpr int16_t kNone = kNoTrainId;

// cityscapesScripts, helpers/labels.py. "license plate" has the id -1, which label pictures never
// hold, and so is no class here.
constexpr LabelRow kLabelIds[] = {
    {0, "unlabeled", kNone, {0, 0, 0}},
    {1, "ego vehicle", kNone, {0, 0, 0}},
    {2, "rectification border", kNone, {0, 0, 0}},
    {3, "out of roi", kNone, {0, 0, 0}},
    {4, "static", kNone, {0, 0, 0}},
    {5, "dynamic", kNone, {111, 74, 0}},
    {6, "ground", kNone, {81, 0, 81}},
    {7, "road", 0, {128, 64, 128}},
    {8, "sidewalk", 1, {244, 35, 232}},
    {9, "parking", kNone, {250, 170, 160}},
    {10, "rail track", kNone, {230, 150, 140}},
    {11, "building", 2, {70, 70, 70}},
    {12, "wall", 3, {102, 102, 156}},
    {13, "fence", 4, {190, 153, 153}},
    {14, "guard rail", kNone, {180, 165, 180}},
    {15, "bridge", kNone, {150, 100, 100}},
    {16, "tunnel", kNone, {150, 120, 90}},
    {17, "pole", 5, {153, 153, 153}},
    {18, "polegroup", kNone, {153, 153, 153}},
    {19, "traffic light", 6, {250, 170, 30}},
    {20, "traffic sign", 7, {220, 220, 0}},
    {21, "vegetation", 8, {107, 142, 35}},
    {22, "terrain", 9, {152, 251, 152}},
    {23, "sky", 10, {70, 130, 180}},
    {24, "person", 11, {220, 20, 60}, true},
    {25, "rider", 12, {255, 0, 0}, true},
    {26, "car", 13, {0, 0, 142}, true},
    {27, "truck", 14, {0, 0, 70}, true},
    {28, "bus", 15, {0, 60, 100}, true},
    {29, "caravan", kNone, {0, 0, 90}, true},
    {30, "trailer", kNone, {0, 0, 110}, true},
    {31, "train", 16, {0, 80, 100}, true},
    {32, "motorcycle", 17, {0, 0, 230}, true},
    {33, "bicycle", 18, {119, 11, 32}, true},
};

constexpr LabelRow kCategories[] = {
    {0, "void", kNone, {0, 0, 0}},        {1, "flat", 1, {128, 64, 128}},
    {2, "construction", 2, {70, 70, 70}}, {3, "object", 3, {153, 153, 153}},
    {4, "nature", 4, {107, 142, 35}},     {5, "sky", 5, {70, 130, 180}},
    {6, "human", 6, {220, 20, 60}, true}, {7, "vehicle", 7, {0, 0, 142}, true},
};

std::vector<LabelRow> train_ids() {
  std::vector<LabelRow> rows;
  for (LabelRow row : kLabelIds) {
    if (row.train_id == kNone) continue;
    row.id = row.train_id;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

void add_cityscapes_label_sets(std::vector<LabelSet>& sets) {
  sets.push_back(label_set_of("cityscapes", kLabelIds, {}));
  sets.push_back(label_set_of("cityscapes-train-ids", train_ids(), {kNoTrainId}));
  sets.push_back(label_set_of("cityscapes-categories", kCategories, {}));
  sets.push_back(label_set_of("bdd100k", train_ids(), {kNoTrainId}));  // the same ids
}

}  // namespace situ
