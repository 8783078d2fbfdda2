// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "situ/imaging/palette.h"

namespace situ {

/// The train id of a class that is left out of training and evaluation.
inline constexpr int64_t kNoTrainId = 255;
/// The highest id that a label picture (16-bit gray) can hold.
inline constexpr int64_t kHighestLabelId = 65535;

struct LabelClass {
  int64_t id = 0;  // what label pictures hold, in [0, kHighestLabelId]
  std::string name = {};
  int64_t train_id = kNoTrainId;
  Color color = {};
  bool is_thing = false;  // counted in instances
  bool ignored = false;   // left out of training and evaluation

  bool operator==(const LabelClass&) const = default;
};

/// The id space of a data set's labels: what each number in a label picture means. Ids of one set
/// mean nothing in another; a label is read together with its set and held to it (see check_ids).
class LabelSet {
 public:
  LabelSet() = default;
  /// ignore_ids: numbers that say "no label" without being a class, as 255 in many data sets.
  /// Throws std::invalid_argument for an id outside [0, kHighestLabelId], an empty name, and an id
  /// or name that stands twice.
  LabelSet(std::string name, std::vector<LabelClass> classes, std::vector<int64_t> ignore_ids);

  const std::string& name() const { return name_; }
  /// By id, ascending.
  const std::vector<LabelClass>& classes() const { return classes_; }
  const std::vector<int64_t>& ignore_ids() const { return ignore_ids_; }

  /// Null where there is none.
  const LabelClass* find(int64_t id) const;
  const LabelClass* find(std::string_view name) const;
  /// Throws std::invalid_argument, with the nearest names, where there is none.
  const LabelClass& at(int64_t id) const;
  const LabelClass& at(std::string_view name) const;

  /// Whether a label picture may hold the id: a class or an ignore id.
  bool allows(int64_t id) const;

  /// The set with more classes, as a generated data set has them. Throws std::invalid_argument as
  /// the constructor does: an id or a name that is taken is refused.
  LabelSet with(std::vector<LabelClass> more) const;

  bool operator==(const LabelSet&) const = default;

 private:
  std::string name_;
  std::vector<LabelClass> classes_;
  std::vector<int64_t> ignore_ids_;
};

/// The sets that situ knows by name: "cityscapes" (label ids), "cityscapes-train-ids",
/// "cityscapes-categories", "idd" (level-3 ids), "idd-lite", "bdd100k", "pascal-voc", "coco" (the
/// 80 things), "coco-panoptic", "camvid" (11 classes), "camvid-32".
const std::vector<std::string>& label_set_names();

/// Returns a set that situ knows. Throws std::invalid_argument with the nearest names.
const LabelSet& known_label_set(std::string_view name);

/// Reads a set from a YAML or JSON file (docs/datasets.md says what it holds). Throws FileError,
/// and DataError for unknown keys, wrong types and what LabelSet refuses.
LabelSet load_label_set(const std::filesystem::path& path);

/// A name that situ knows, or the path of a file. Throws as the two above do.
LabelSet find_label_set(const std::string& name_or_path);

/// The number of pixels with each id. labels: uint8, int16 or int32 [H, W] on the host, none
/// negative; throws std::invalid_argument for anything else.
std::map<int64_t, int64_t> count_ids(const at::Tensor& labels);

/// Throws DataError, naming `file`, for labels (as count_ids takes them) with an id that is neither
/// a class of the set nor an ignore id.
void check_ids(const at::Tensor& labels, const LabelSet& set, const std::string& file);

}  // namespace situ
