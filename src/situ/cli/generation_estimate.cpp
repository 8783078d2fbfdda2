// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/generation_estimate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "situ/core/progress.h"
#include "situ/datasets/dataset.h"
#include "situ/generation/sample_labels.h"
#include "situ/io/png_encoder.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

struct Trial {
  double seconds = 0;
  int64_t bytes = 0;
};

Trial try_one(const GenerationPlan& plan, const SampleMaker& make) {
  const auto start = std::chrono::steady_clock::now();
  const PlannedSample planned = plan.sample(0);
  SampleSource source;
  source.scene = read_image(plan.dataset(), *planned.source);
  if (!planned.source->label.empty()) source.labels = read_label(plan.dataset(), *planned.source);
  const MadeSample made = make(planned, source);
  const SampleLabels labels =
      label_sample(source.labels, made.image, plan.recipe(), planned.objects, made.objects);
  Trial trial;
  for (const at::Tensor& picture : {made.image, labels.labels, labels.instances, labels.anomaly}) {
    if (picture.defined()) trial.bytes += static_cast<int64_t>(encode_png(picture).size());
  }
  trial.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return trial;
}

std::string size_text(int64_t bytes) {
  constexpr int64_t kGiga = 1'000'000'000;
  constexpr int64_t kMega = 1'000'000;
  if (bytes >= 10 * kGiga) return std::to_string(bytes / kGiga) + " GB";
  return std::to_string((bytes + kMega - 1) / kMega) + " MB";
}

}  // namespace

void print_estimate(const GenerationPlan& plan, int64_t limit, const SampleMaker& make, bool json,
                    std::ostream& out) {
  const int64_t samples = limit == 0 ? plan.size() : std::min(limit, plan.size());
  const std::vector<int64_t> counts = plan.object_counts();
  const Trial trial = try_one(plan, make);
  const double seconds = trial.seconds * static_cast<double>(samples);
  const int64_t bytes = trial.bytes * samples;
  const Recipe& recipe = plan.recipe();
  if (json) {
    Json objects = Json::array();
    for (size_t i = 0; i < counts.size(); ++i) {
      objects.push_back({{"name", recipe.objects[i].name},
                         {"id", recipe.objects[i].parts.front().id},
                         {"samples", counts[i]}});
    }
    const PlannedSample first = plan.sample(0);
    out << Json{{"dry_run", true},
                {"recipe", recipe.name},
                {"images", plan.images()},
                {"samples", samples},
                {"objects", objects},
                {"first", {{"id", first.id}, {"image", first.image}, {"labels", first.labels}}},
                {"estimated_seconds", seconds},
                {"estimated_bytes", bytes}}
               .dump(2, ' ', false, Json::error_handler_t::replace)
        << "\n";
    return;
  }
  out << "dry run: nothing is written\n"
      << recipe.name << ": " << plan.images() << " images, " << samples << " of " << plan.size()
      << " samples\n";
  for (size_t i = 0; i < counts.size(); ++i) {
    out << "  " << recipe.objects[i].name << " (" << recipe.objects[i].parts.front().id
        << "): " << counts[i] << "\n";
  }
  const PlannedSample first = plan.sample(0);
  out << "first: " << first.image << "\n"
      << "estimated from one sample (" << trial.seconds
      << " s): " << duration_text(std::chrono::duration<double>(seconds)) << " for one worker, "
      << size_text(bytes) << "\n";
}

}  // namespace situ
