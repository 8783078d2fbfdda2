// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/semantic_evaluation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/datasets/label_set.h"
#include "situ/evaluation/each_sample.h"
#include "situ/evaluation/figure_text.h"
#include "situ/evaluation/paired_files.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

constexpr std::array<std::string_view, 1> kExtensions = {".png"};
constexpr std::int64_t kNumbers = 65536;

using Mapping = std::vector<std::pair<std::int64_t, std::int64_t>>;

// What an id of an image is: the place of its class, or one of these beyond all places.
struct Places {
  at::Tensor of_id;  // int32 [65536]
  std::int64_t ignored = 0;
  std::int64_t unknown = 0;

  at::Tensor operator()(const at::Tensor& image) const {
    return of_id.index_select(0, image.flatten().to(at::kInt)).view(image.sizes());
  }
};

Places places_of(const SemanticClasses& classes, const Mapping& mapping) {
  const auto count = static_cast<std::int64_t>(classes.classes.size());
  Places places{.of_id = {}, .ignored = count, .unknown = count + 1};
  const at::Tensor own = at::full({kNumbers}, places.unknown, at::kInt);
  own[kNoTrainId] = static_cast<std::int32_t>(count);  // "no label" wherever it is no class
  for (const std::int64_t id : classes.ignored) own[id] = static_cast<std::int32_t>(count);
  for (std::size_t i = 0; i < classes.ids.size(); ++i) {
    own[classes.ids[i]] = static_cast<std::int32_t>(i);
  }
  places.of_id = own.clone();
  for (const auto& [from, to] : mapping) {
    if (from < 0 || from >= kNumbers || to < 0 || to >= kNumbers) {
      throw std::invalid_argument("evaluate_semantic: a number to map is outside 0 to 65535");
    }
    places.of_id[from] = own[to];
  }
  return places;
}

// Labels must not hold what the set does not have: they may be of another numbering.
void check_known(const at::Tensor& label, const at::Tensor& places, const Places& labels,
                 const std::string& file, const SemanticClasses& classes) {
  const at::Tensor unknown = places.eq(labels.unknown);
  if (!unknown.any().item<bool>()) return;
  throw DataError(file, "holds the id " +
                            std::to_string(label.masked_select(unknown)[0].item<std::int64_t>()) +
                            ", which " + classes.name + " does not have: map it, or name another " +
                            "label set");
}

struct Part {
  explicit Part(std::int64_t classes) : confusion(classes), boundaries(classes) {}
  ConfusionMatrix confusion;
  BoundaryIou boundaries;
};

ConfusionMatrix categories_of(const SemanticFigures& figures) {
  return figures.confusion.merged(figures.labels.category_of,
                                  static_cast<std::int64_t>(figures.labels.categories.size()));
}

}  // namespace

SemanticFigures evaluate_semantic(const SemanticFolders& folders, const SemanticClasses& labels,
                                  const SemanticOptions& options) {
  const auto pairs =
      paired_files(files_by_stem(folders.predictions, kExtensions), folders.predictions,
                   files_by_stem(folders.labels, kExtensions), folders.labels);
  const auto classes = static_cast<std::int64_t>(labels.classes.size());
  const Places prediction_places = places_of(labels, options.map_predictions);
  const Places label_places = places_of(labels, options.map_labels);
  std::vector<Part> parts(static_cast<std::size_t>(at::get_num_threads()), Part(classes));
  for_each_sample(pairs.size(), [&](std::size_t i, std::size_t thread) {
    const at::Tensor prediction = load_labels(pairs[i].first);
    const at::Tensor label = load_labels(pairs[i].second);
    if (prediction.sizes() != label.sizes()) {
      throw DataError(pairs[i].first.string(), "expected " + shape_text(label) + " as in " +
                                                   pairs[i].second.string() + ", got " +
                                                   shape_text(prediction));
    }
    const at::Tensor predicted = prediction_places(prediction);
    const at::Tensor labelled = label_places(label);
    check_known(label, labelled, label_places, pairs[i].second.string(), labels);
    parts[thread].confusion.add(labelled, predicted);
    if (options.boundaries) parts[thread].boundaries.add(labelled, predicted);
  });
  SemanticFigures figures{.labels = labels,
                          .images = static_cast<std::int64_t>(pairs.size()),
                          .confusion = ConfusionMatrix(classes),
                          .boundaries = {}};
  if (options.boundaries) figures.boundaries.emplace(classes);
  for (const Part& part : parts) {
    figures.confusion.add(part.confusion);
    if (figures.boundaries) figures.boundaries->add(part.boundaries);
  }
  return figures;
}

nlohmann::ordered_json to_json(const SemanticFigures& figures) {
  const SemanticClasses& labels = figures.labels;
  nlohmann::ordered_json json{{"label_set", labels.name},
                              {"images", figures.images},
                              {"pixels", figures.confusion.pixels()},
                              {"pixel_accuracy", figure_json(figures.confusion.pixel_accuracy())},
                              {"mean_iou", nlohmann::ordered_json::object()},
                              {"classes", nlohmann::ordered_json::array()}};
  for (const ClassSubset& subset : labels.subsets) {
    json["mean_iou"][subset.name] = figure_json(figures.confusion.mean_iou(subset.classes));
  }
  const auto classes = static_cast<std::int64_t>(labels.classes.size());
  for (std::int64_t id = 0; id < classes; ++id) {
    nlohmann::ordered_json row{{"id", labels.ids[static_cast<std::size_t>(id)]},
                               {"name", labels.classes[static_cast<std::size_t>(id)]},
                               {"iou", figure_json(figures.confusion.iou(id))},
                               {"recall", figure_json(figures.confusion.recall(id))}};
    if (figures.boundaries) row["boundary_iou"] = figure_json(figures.boundaries->iou(id));
    json["classes"].push_back(std::move(row));
  }
  if (!labels.categories.empty()) {
    const ConfusionMatrix categories = categories_of(figures);
    for (std::size_t c = 0; c < labels.categories.size(); ++c) {
      json["category_iou"][labels.categories[c]] =
          figure_json(categories.iou(static_cast<std::int64_t>(c)));
    }
  }
  // Row: the label; column: the prediction, the last for what is none of the classes.
  for (std::int64_t label = 0; label < classes; ++label) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (std::int64_t other = 0; other <= classes; ++other) {
      row.push_back(figures.confusion.at(label, other));
    }
    json["confusion"].push_back(std::move(row));
  }
  return json;
}

std::string markdown_table(const SemanticFigures& figures) {
  std::string text = "| | IoU |\n|---|---|\n";
  for (const ClassSubset& subset : figures.labels.subsets) {
    text += "| mean, " + subset.name + " | " +
            percent_text(figures.confusion.mean_iou(subset.classes)) + " |\n";
  }
  for (std::size_t id = 0; id < figures.labels.classes.size(); ++id) {
    text += "| " + figures.labels.classes[id] + " | " +
            percent_text(figures.confusion.iou(static_cast<std::int64_t>(id))) + " |\n";
  }
  return text + "\nPixel accuracy " + percent_text(figures.confusion.pixel_accuracy()) + "\n";
}

}  // namespace situ
