// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/protocol.h"

#include <ATen/ATen.h>

#include <array>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/core/tensor_check.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr std::int32_t kMaxLabel = 65535;

constexpr LabelRange kBinary[] = {{0, 0, kNegative}, {1, 1, kPositive}, {255, 255, kIgnored}};
constexpr LabelRange kZeroAndOne[] = {{0, 0, kNegative}, {1, 1, kPositive}};
// 2 is an anomaly in the published masks; some copies hold 1 as well.
constexpr LabelRange kRoadAnomaly[] = {{0, 0, kNegative}, {1, 2, kPositive}, {255, 255, kIgnored}};
// gtCoarse_labelIds: 0 is everything but road and obstacles, 1 the road, each obstacle has a
// number.
constexpr LabelRange kLostAndFound[] = {
    {0, 0, kIgnored}, {1, 1, kNegative}, {2, 200, kPositive}, {201, 255, kIgnored}};
constexpr LabelRange kStreetHazards[] = {
    {0, 0, kIgnored}, {1, 13, kNegative}, {14, 14, kPositive}, {255, 255, kIgnored}};
constexpr LabelRange kPoc[] = {{0, 18, kNegative}, {19, 254, kPositive}, {255, 255, kIgnored}};
// The host's own numbers: IDD's level3Ids and Cityscapes' labelIds that have a train id.
constexpr LabelRange kPocIdd[] = {{0, 0, kNegative},   {2, 2, kNegative},   {4, 7, kNegative},
                                  {9, 11, kNegative},  {14, 15, kNegative}, {18, 20, kNegative},
                                  {22, 22, kNegative}, {24, 25, kNegative}, {100, 254, kPositive}};
constexpr LabelRange kPocAcdc[] = {{7, 8, kNegative},   {11, 13, kNegative}, {17, 17, kNegative},
                                   {19, 28, kNegative}, {31, 33, kNegative}, {100, 254, kPositive}};

// The sizes of SegmentMeIfYouCan: its anomaly track, and its obstacle track for small objects.
constexpr ComponentLimits kLarge{500, 100};
constexpr ComponentLimits kSmall{50, 10};

constexpr std::array<AnomalyProtocol, 10> kProtocols{{
    {"binary", "0 in distribution, 1 anomalous, 255 ignored, nothing else", kBinary, false, "",
     kLarge},
    {"fishyscapes", "0 in distribution, 1 anomalous, the rest ignored", kZeroAndOne, true,
     "_labels", kLarge},
    {"smiyc-anomaly", "SegmentMeIfYouCan, anomaly track: 0, 1, the rest ignored", kZeroAndOne, true,
     "_labels_semantic", kLarge},
    {"smiyc-obstacle", "SegmentMeIfYouCan, obstacle track: 0 road, 1 obstacle, the rest ignored",
     kZeroAndOne, true, "_labels_semantic", kSmall},
    {"road-anomaly", "RoadAnomaly: 0 in distribution, 1 and 2 anomalous, 255 ignored", kRoadAnomaly,
     false, "", kLarge},
    {"lost-and-found", "Lost & Found, labelIds: 1 road, 2 to 200 obstacles, the rest ignored",
     kLostAndFound, false, "_gtCoarse_labelIds", kSmall},
    {"streethazards", "StreetHazards: 1 to 13 in distribution, 14 anomalous, 0 and 255 ignored",
     kStreetHazards, false, "", kLarge},
    {"poc", "Cityscapes with objects, train ids: 0 to 18, objects 19 to 254, 255 ignored", kPoc,
     false, "", kLarge},
    {"poc-idd", "IDD with objects, level3Ids: objects 100 to 254, void ignored", kPocIdd, true, "",
     kLarge},
    {"poc-acdc", "ACDC with objects, labelIds: objects 100 to 254, void ignored", kPocAcdc, true,
     "", kLarge},
}};

constexpr std::uint8_t kUnknown = 2;

std::vector<std::uint8_t> table_of(const AnomalyProtocol& protocol) {
  std::vector<std::uint8_t> table(kMaxLabel + 1,
                                  protocol.others_are_ignored ? std::uint8_t{kIgnored} : kUnknown);
  for (const LabelRange& range : protocol.labels) {
    for (std::int32_t label = range.first; label <= range.last; ++label) {
      table[static_cast<std::size_t>(label)] = range.target;
    }
  }
  return table;
}

template <class Label>
void map_labels(const at::Tensor& labels, const AnomalyProtocol& protocol, const std::string& file,
                std::uint8_t* targets) {
  const std::vector<std::uint8_t> table = table_of(protocol);
  const auto* label = labels.const_data_ptr<Label>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    const auto number = static_cast<std::int64_t>(label[i]);
    targets[i] = number < 0 || number > kMaxLabel ? kUnknown : table[static_cast<size_t>(number)];
    if (targets[i] == kUnknown) {
      throw DataError(
          file, "label " + std::to_string(number) + " at x " + std::to_string(i % labels.size(1)) +
                    ", y " + std::to_string(i / labels.size(1)) + " is not one of the protocol " +
                    protocol.name + " (" + protocol.description + ")");
    }
  }
}

}  // namespace

std::span<const AnomalyProtocol> anomaly_protocols() { return kProtocols; }

std::vector<std::string> anomaly_protocol_names() {
  std::vector<std::string> names;
  for (const AnomalyProtocol& protocol : kProtocols) names.emplace_back(protocol.name);
  return names;
}

const AnomalyProtocol& anomaly_protocol(std::string_view name) {
  for (const AnomalyProtocol& protocol : kProtocols) {
    if (name == protocol.name) return protocol;
  }
  throw std::invalid_argument(unknown_name_message("protocol", name, anomaly_protocol_names()));
}

at::Tensor targets_of(const at::Tensor& labels, const AnomalyProtocol& protocol,
                      const std::string& file) {
  check_shape(labels, {"H", "W"}, "targets_of: labels");
  at::Tensor targets = at::empty(labels.sizes(), at::kByte);
  const at::Tensor dense = labels.contiguous();
  if (labels.scalar_type() == at::kByte) {
    map_labels<std::uint8_t>(dense, protocol, file, targets.mutable_data_ptr<std::uint8_t>());
  } else {
    check_dtype(labels, at::kInt, "targets_of: labels");
    map_labels<std::int32_t>(dense, protocol, file, targets.mutable_data_ptr<std::uint8_t>());
  }
  return targets;
}

}  // namespace situ
