// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/known_label_sets.h"

namespace situ {

LabelSet label_set_of(const char* name, std::span<const LabelRow> rows,
                      std::vector<int64_t> ignore_ids) {
  std::vector<LabelClass> classes;
  for (const LabelRow& row : rows) {
    classes.push_back({.id = row.id,
                       .name = row.name,
                       .train_id = row.train_id,
                       .color = row.color,
                       .is_thing = row.is_thing,
                       .ignored = row.train_id == kNoTrainId});
  }
  return LabelSet(name, std::move(classes), std::move(ignore_ids));
}

const std::vector<LabelSet>& known_label_sets() {
  static const std::vector<LabelSet> sets = [] {
    std::vector<LabelSet> all;
    add_cityscapes_label_sets(all);
    add_idd_label_sets(all);
    add_camvid_label_sets(all);
    add_pascal_voc_label_sets(all);
    add_coco_label_sets(all);
    return all;
  }();
  return sets;
}

}  // namespace situ
