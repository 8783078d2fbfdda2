// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/component_metrics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "situ/core/tensor_check.h"
#include "situ/imaging/connected_components.h"
#include "situ/imaging/host_tensor.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// Pixels that an object (row) and a predicted component (column) share; 0 is none of them.
using Contingency = std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t>;

std::vector<bool> large_enough(const Components& found, std::int64_t min_px) {
  std::vector<bool> large(found.components.size() + 1, true);
  for (std::size_t i = 0; i < found.components.size(); ++i) {
    large[i + 1] = found.components[i].area_px >= min_px;
  }
  return large;
}

Contingency count_shared(const at::Tensor& predicted, const at::Tensor& targets,
                         const ComponentLimits& limits) {
  const Components objects = connected_components(targets.eq(kPositive), Connectivity::kEight);
  const Components found =
      connected_components(predicted.logical_and(targets.ne(kIgnored)), Connectivity::kEight);
  const std::vector<bool> object_counts = large_enough(objects, limits.min_object_px);
  const std::vector<bool> prediction_counts = large_enough(found, limits.min_prediction_px);
  const auto* target = targets.const_data_ptr<std::uint8_t>();
  const auto* object = objects.labels.const_data_ptr<std::int32_t>();
  const auto* prediction = found.labels.const_data_ptr<std::int32_t>();
  Contingency shared;
  std::pair<std::int32_t, std::int32_t> last{0, 0};
  std::int64_t run = 0;  // neighbours mostly belong to the same two
  for (std::int64_t i = 0; i < targets.numel(); ++i) {
    if (target[i] == kIgnored || !object_counts[static_cast<std::size_t>(object[i])]) continue;
    const bool kept = prediction_counts[static_cast<std::size_t>(prediction[i])];
    const std::pair<std::int32_t, std::int32_t> here{object[i], kept ? prediction[i] : 0};
    if (here != last) {
      if (run > 0) shared[last] += run;
      last = here;
      run = 0;
    }
    ++run;
  }
  if (run > 0) shared[last] += run;
  return shared;
}

/// For every component of one side: its pixels, those on the other side's components, and those
/// that components which touch it have on nothing of this side.
struct Side {
  std::int64_t area = 0;
  std::int64_t covered = 0;
  std::int64_t beyond = 0;
  double siou() const { return static_cast<double>(covered) / static_cast<double>(area + beyond); }
};

std::map<std::int32_t, Side> sides(const Contingency& shared) {
  std::map<std::int32_t, std::int64_t> outside;  // of the other side's components
  for (const auto& [pair, pixels] : shared) {
    if (pair.first == 0) outside[pair.second] = pixels;
  }
  std::map<std::int32_t, Side> result;
  for (const auto& [pair, pixels] : shared) {
    if (pair.first == 0) continue;
    Side& side = result[pair.first];
    side.area += pixels;
    if (pair.second == 0) continue;
    side.covered += pixels;
    if (const auto found = outside.find(pair.second); found != outside.end()) {
      side.beyond += found->second;
    }
  }
  return result;
}

Contingency transposed(const Contingency& shared) {
  Contingency result;
  for (const auto& [pair, pixels] : shared) result[{pair.second, pair.first}] = pixels;
  return result;
}

double mean(std::vector<double> values) {
  if (values.empty()) return kUndefined;
  std::sort(values.begin(), values.end());  // the order of the images makes no difference
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void ComponentOverlaps::append(const ComponentOverlaps& other) {
  const auto add = [](std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(object_siou, other.object_siou);
  add(prediction_siou, other.prediction_siou);
  add(prediction_ppv, other.prediction_ppv);
}

ComponentOverlaps component_overlaps(const at::Tensor& predicted, const at::Tensor& targets,
                                     const ComponentLimits& limits) {
  const at::Tensor mask = contiguous_host_mask(predicted, "component_overlaps: predicted");
  check_dtype(targets, at::kByte, "component_overlaps: targets");
  check_host(targets, "component_overlaps: targets");
  check_shape(targets, {std::to_string(mask.size(0)), std::to_string(mask.size(1))},
              "component_overlaps: targets");
  const Contingency shared = count_shared(mask, targets.contiguous(), limits);
  ComponentOverlaps overlaps;
  for (const auto& [object, side] : sides(shared)) overlaps.object_siou.push_back(side.siou());
  for (const auto& [prediction, side] : sides(transposed(shared))) {
    overlaps.prediction_siou.push_back(side.siou());
    overlaps.prediction_ppv.push_back(static_cast<double>(side.covered) /
                                      static_cast<double>(side.area));
  }
  return overlaps;
}

double ComponentCounts::f1() const {
  const std::int64_t all = 2 * true_positives + false_negatives + false_positives;
  return all == 0 ? kUndefined
                  : 2.0 * static_cast<double>(true_positives) / static_cast<double>(all);
}

ComponentMetrics component_metrics(const ComponentOverlaps& overlaps) {
  ComponentMetrics metrics{.objects = static_cast<std::int64_t>(overlaps.object_siou.size()),
                           .predictions = static_cast<std::int64_t>(overlaps.prediction_ppv.size()),
                           .mean_object_siou = mean(overlaps.object_siou),
                           .mean_prediction_siou = mean(overlaps.prediction_siou),
                           .mean_ppv = mean(overlaps.prediction_ppv),
                           .counts = {},
                           .mean_f1 = 0};
  for (std::size_t t = 0; t < kComponentThresholds.size(); ++t) {
    const double tau = kComponentThresholds[t];
    ComponentCounts& counts = metrics.counts[t];
    counts.true_positives = std::count_if(overlaps.object_siou.begin(), overlaps.object_siou.end(),
                                          [&](double siou) { return siou >= tau; });
    counts.false_negatives = metrics.objects - counts.true_positives;
    counts.false_positives =
        std::count_if(overlaps.prediction_ppv.begin(), overlaps.prediction_ppv.end(),
                      [&](double ppv) { return ppv < tau; });
    metrics.mean_f1 += counts.f1() / static_cast<double>(kComponentThresholds.size());
  }
  return metrics;
}

}  // namespace situ
