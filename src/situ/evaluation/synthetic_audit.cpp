// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/synthetic_audit.h"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "situ/evaluation/paired_files.h"

namespace situ {

void add_instance_maps(const std::filesystem::path& folder, std::vector<AnomalySample>& samples) {
  constexpr std::array<std::string_view, 1> kExtensions = {".png"};
  std::map<std::string, std::filesystem::path> known;
  for (const AnomalySample& sample : samples) known[sample.name] = sample.labels;
  const auto pairs = paired_files(known, samples.empty() ? folder : samples[0].labels.parent_path(),
                                  files_by_stem(folder, kExtensions), folder);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].instances = pairs[i].second;
}

std::vector<GroupFigures> audit_synthetic_pixels(std::vector<AnomalySample> samples,
                                                 const AnomalyProtocol& protocol) {
  constexpr std::pair<SyntheticNegatives, const char*> kParts[] = {
      {SyntheticNegatives::kCounted, "against all others"},
      {SyntheticNegatives::kIgnored, "against photographed others"},
      {SyntheticNegatives::kAlone, "against synthetic others"}};
  std::vector<GroupFigures> figures;
  for (const auto& [synthetic, name] : kParts) {
    for (AnomalySample& sample : samples) sample.synthetic = synthetic;
    const AnomalyFigures found = evaluate_anomaly(samples, protocol);
    figures.push_back({.group = name,
                       .positives = found.positives,
                       .negatives = found.negatives,
                       .metrics = found.pooled});
  }
  return figures;
}

}  // namespace situ
