// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/evaluation_record.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "situ/evaluation/figure_text.h"

namespace situ {
namespace {

constexpr NamedFigure kFigures[] = {
    {"average_precision", &RankingMetrics::average_precision},
    {"average_precision_trapezoid", &RankingMetrics::average_precision_trapezoid},
    {"auroc", &RankingMetrics::auroc},
    {"fpr_at_95_tpr", &RankingMetrics::fpr_at_95_tpr},
    {"fpr_at_95_tpr_above", &RankingMetrics::fpr_at_95_tpr_above},
    {"fpr_at_95_tpr_interpolated", &RankingMetrics::fpr_at_95_tpr_interpolated},
    {"fpr_at_95_tpr_nearest", &RankingMetrics::fpr_at_95_tpr_nearest},
    {"f1_star", &RankingMetrics::f1_star},
    {"f1_star_threshold", &RankingMetrics::f1_star_threshold}};

std::string plain(double value) {
  if (!std::isfinite(value)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string row(const AnomalyFigures& result, const char* over, const RankingMetrics& metrics) {
  std::string text = "| " + result.protocol + " | " + over;
  for (const double value :
       {metrics.average_precision, metrics.average_precision_trapezoid, metrics.auroc,
        metrics.fpr_at_95_tpr, metrics.fpr_at_95_tpr_above, metrics.fpr_at_95_tpr_interpolated,
        metrics.fpr_at_95_tpr_nearest, metrics.f1_star}) {
    text += " | " + percent_text(value);
  }
  return text + " | " + plain(metrics.f1_star_threshold) + " |\n";
}

}  // namespace

std::span<const NamedFigure> ranking_figures() { return kFigures; }

nlohmann::ordered_json to_json(const RankingMetrics& metrics) {
  nlohmann::ordered_json json;
  for (const NamedFigure& figure : kFigures)
    json[figure.name] = figure_json(metrics.*figure.member);
  return json;
}

nlohmann::ordered_json interval_json(const RankingStatistics& statistics,
                                     const BootstrapOptions& options) {
  std::vector<RankingFigure> members;
  for (const NamedFigure& figure : kFigures) members.push_back(figure.member);
  const auto intervals = bootstrap_intervals(statistics.ranking, members, options);
  nlohmann::ordered_json json;
  for (std::size_t f = 0; f < intervals.size(); ++f) {
    json[kFigures[f].name] = {figure_json(intervals[f].low), figure_json(intervals[f].high)};
  }
  return json;
}

nlohmann::ordered_json to_json(const ComponentMetrics& metrics) {
  nlohmann::ordered_json json{{"objects", metrics.objects},
                              {"predictions", metrics.predictions},
                              {"siou", figure_json(metrics.mean_object_siou)},
                              {"prediction_siou", figure_json(metrics.mean_prediction_siou)},
                              {"ppv", figure_json(metrics.mean_ppv)},
                              {"mean_f1", figure_json(metrics.mean_f1)}};
  nlohmann::ordered_json& rows = json["thresholds"] = nlohmann::ordered_json::array();
  for (std::size_t t = 0; t < kComponentThresholds.size(); ++t) {
    const ComponentCounts& counts = metrics.counts[t];
    rows.push_back({{"tau", kComponentThresholds[t]},
                    {"true_positives", counts.true_positives},
                    {"false_negatives", counts.false_negatives},
                    {"false_positives", counts.false_positives},
                    {"f1", figure_json(counts.f1())}});
  }
  return json;
}

nlohmann::ordered_json to_json(const AnomalyFigures& figures) {
  nlohmann::ordered_json json{{"protocol", figures.protocol},
                              {"images", figures.images.size()},
                              {"pixels", figures.positives + figures.negatives},
                              {"anomalous_pixels", figures.positives},
                              {"ignored_pixels", figures.ignored},
                              {"pooled", to_json(figures.pooled)},
                              {"mean_over_images", to_json(figures.mean_over_images)}};
  if (figures.components) json["components"] = to_json(*figures.components);
  nlohmann::ordered_json& rows = json["per_image"] = nlohmann::ordered_json::array();
  for (const ImageFigures& image : figures.images) {
    nlohmann::ordered_json one{{"image", image.name},
                               {"pixels", image.positives + image.negatives},
                               {"anomalous_pixels", image.positives},
                               {"ignored_pixels", image.ignored}};
    one.update(to_json(image.metrics));
    rows.push_back(std::move(one));
  }
  return json;
}

std::string markdown_table(const std::vector<AnomalyFigures>& results) {
  std::string text =
      "| protocol | over | AP | AP (trapezoid) | AUROC | FPR95 | FPR95 (TPR > 95 %) | "
      "FPR95 (interpolated) | FPR95 (nearest) | F1* | threshold |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const AnomalyFigures& result : results) {
    text += row(result, "all pixels", result.pooled);
    text += row(result, "mean of images", result.mean_over_images);
  }
  return text;
}

nlohmann::ordered_json to_json(const std::vector<GroupFigures>& groups) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const GroupFigures& group : groups) {
    nlohmann::ordered_json row{{"group", group.group},
                               {"pixels", group.positives + group.negatives},
                               {"anomalous_pixels", group.positives}};
    row.update(to_json(group.metrics));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string markdown_group_table(const std::string& title,
                                 const std::vector<GroupFigures>& groups) {
  std::string text =
      "| " + title + " | pixels | AP | AUROC | FPR95 | F1* |\n|---|---|---|---|---|---|\n";
  for (const GroupFigures& group : groups) {
    text += "| " + group.group + " | " + std::to_string(group.positives) + " | " +
            percent_text(group.metrics.average_precision) + " | " +
            percent_text(group.metrics.auroc) + " | " + percent_text(group.metrics.fpr_at_95_tpr) +
            " | " + percent_text(group.metrics.f1_star) + " |\n";
  }
  return text;
}

std::string markdown_component_table(const std::vector<AnomalyFigures>& results) {
  std::string rows;
  for (const AnomalyFigures& result : results) {
    if (!result.components) continue;
    const ComponentMetrics& metrics = *result.components;
    rows += "| " + result.protocol + " | " + std::to_string(metrics.objects) + " | " +
            std::to_string(metrics.predictions) + " | " + percent_text(metrics.mean_object_siou) +
            " | " + percent_text(metrics.mean_ppv) + " | " + percent_text(metrics.mean_f1) + " |\n";
  }
  if (rows.empty()) return rows;
  return "| protocol | objects | predicted components | sIoU | PPV | mean F1 |\n"
         "|---|---|---|---|---|---|\n" +
         rows;
}

}  // namespace situ
