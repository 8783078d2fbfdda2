// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/known_label_sets.h"

namespace situ {
namespace {

constexpr const char* kNames[] = {
    "background", "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",
    "car",        "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",
    "motorbike",  "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};

/// The development kit's color map: the bits of the id go in turn to red, green and blue, from the
/// highest bit down.
Color voc_color(int id) {
  Color color;
  for (int bit = 7; bit >= 0; --bit, id >>= 3) {
    color.r = static_cast<uint8_t>(color.r | ((id & 1) << bit));
    color.g = static_cast<uint8_t>(color.g | (((id >> 1) & 1) << bit));
    color.b = static_cast<uint8_t>(color.b | (((id >> 2) & 1) << bit));
  }
  return color;
}

}  // namespace

void add_pascal_voc_label_sets(std::vector<LabelSet>& sets) {
  std::vector<LabelRow> rows;
  int16_t id = 0;
  for (const char* const name : kNames) {
    rows.push_back({id, name, id, voc_color(id), id > 0});
    ++id;
  }
  sets.push_back(label_set_of("pascal-voc", rows, {255}));
}

}  // namespace situ
