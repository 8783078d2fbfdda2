// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "situ/datasets/label_set.h"

namespace situ {

/// A row of a table of classes.
struct LabelRow {
  int16_t id;
  const char* name;
  int16_t train_id;  // kNoTrainId: left out of training and evaluation
  Color color;
  bool is_thing = false;
};

LabelSet label_set_of(const char* name, std::span<const LabelRow> rows,
                      std::vector<int64_t> ignore_ids);

/// All sets that situ knows, in the order in which they are listed.
const std::vector<LabelSet>& known_label_sets();

// Its parts, one function for each group of tables.
void add_cityscapes_label_sets(std::vector<LabelSet>& sets);
void add_idd_label_sets(std::vector<LabelSet>& sets);
void add_camvid_label_sets(std::vector<LabelSet>& sets);
void add_pascal_voc_label_sets(std::vector<LabelSet>& sets);
void add_coco_label_sets(std::vector<LabelSet>& sets);

}  // namespace situ
