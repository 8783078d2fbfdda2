// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/generated_source.h"

#include <ATen/ATen.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

LabelSet labels_of(const Json& labels) {
  std::vector<LabelClass> classes;
  for (const Json& one : labels.at("classes")) {
    const auto color = one.at("color").get<std::vector<uint8_t>>();
    const bool ignored = one.at("ignored");
    const int64_t id = one.at("id");
    classes.push_back({.id = id,
                       .name = one.at("name"),
                       .train_id = ignored ? kNoTrainId : id,
                       .color = {color.at(0), color.at(1), color.at(2)},
                       .is_thing = one.at("thing"),
                       .ignored = ignored});
  }
  return LabelSet(labels.at("name"), std::move(classes), labels.at("ignored"));
}

class GeneratedDataset {
 public:
  GeneratedDataset(const std::filesystem::path& folder,
                   const std::optional<std::filesystem::path>& source_root)
      : dataset_(folder),
        source_root_(source_root),
        labels_(labels_of(dataset_.description().at("identity").at("labels"))) {}

  const FinishedDataset& dataset() const { return dataset_; }
  const LabelSet& labels() const { return labels_; }

  ExportSample sample(std::size_t place) const {
    const Json record = dataset_.record(place);
    const Json& files = record.at("files");
    ExportSample sample;
    sample.id = record.at("id");
    sample.height = record.at("source").at("height");
    sample.width = record.at("source").at("width");
    sample.image = file_of(files, "image");
    if (source_root_) {
      sample.clean_image =
          path_in_record(*source_root_, record.at("source").at("image").at("path"));
    }
    if (files.contains("labels")) sample.label = load_labels(file_of(files, "labels"));
    const at::Tensor numbers = load_labels(file_of(files, "instances"));
    const Json& objects = record.at("objects");
    for (std::size_t k = 0; k < objects.size(); ++k) {
      if (objects[k].at("status") != "inserted") continue;
      add_parts(sample, objects[k], numbers == static_cast<int64_t>(k) + 1);
    }
    return sample;
  }

 private:
  std::filesystem::path file_of(const Json& files, const char* kind) const {
    return path_in_record(dataset_.folder(), files.at(kind).at("path"));
  }

  /// The rider of a bicycle is an object of its own, told from it by the label.
  void add_parts(ExportSample& sample, const Json& object, const at::Tensor& mask) const {
    for (const Json& value : object.at("label_ids")) {
      const int64_t id = value;
      const at::Tensor part = sample.label.defined() ? mask.logical_and(sample.label == id) : mask;
      if (!part.any().item<bool>()) continue;
      sample.objects.push_back({.class_id = id,
                                .class_name = labels_.at(id).name,
                                .prompt = object.at("prompt"),
                                .is_ood = object.at("ood"),
                                .mask = part});
      if (!sample.label.defined()) return;  // nothing tells the parts apart
    }
  }

  FinishedDataset dataset_;
  std::optional<std::filesystem::path> source_root_;
  LabelSet labels_;
};

/// What a dataset of a format that is known says cannot be missing or of another type; where it is,
/// the JSON library's own message names it.
template <class Action>
auto reading(const std::filesystem::path& folder, const Action& action) {
  try {
    return action();
  } catch (const Json::exception& error) {
    throw DataError(folder.string(), error.what());
  }
}

}  // namespace

ExportSource open_generated_dataset(const std::filesystem::path& folder,
                                    const std::optional<std::filesystem::path>& source_root) {
  return reading(folder, [&] {
    const auto dataset = std::make_shared<const GeneratedDataset>(folder, source_root);
    const Json& recipe = dataset->dataset().description().at("identity").at("recipe");
    const std::string split = recipe.at("source").at("split");
    return ExportSource{.name = recipe.at("name"),
                        .split = split.empty() ? "all" : split,
                        .labels = dataset->labels(),
                        .count = dataset->dataset().size(),
                        .sample = [dataset, folder](std::size_t place) {
                          return reading(folder, [&] { return dataset->sample(place); });
                        }};
  });
}

}  // namespace situ
