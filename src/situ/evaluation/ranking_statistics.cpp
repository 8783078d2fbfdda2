// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/ranking_statistics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "situ/core/errors.h"
#include "situ/evaluation/each_sample.h"
#include "situ/io/json_file.h"
#include "situ/io/npy.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr int kFormat = 1;

CountedScores thinned(CountedScores all, std::size_t max_thresholds) {
  const std::size_t count = all.scores.size();
  if (count <= max_thresholds) return all;
  CountedScores few;
  for (std::size_t i = 0; i < max_thresholds; ++i) {
    few.scores.push_back(all.scores[i * count / max_thresholds]);
    few.counts.push_back(0);  // of no use: each image has its own
  }
  return few;
}

at::Tensor text_tensor(const std::string& text) {
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<std::uint8_t>());
  return bytes;
}

class Arrays {
 public:
  explicit Arrays(const std::filesystem::path& file)
      : file_(file.string()), arrays_(load_npz(file)) {}

  at::Tensor get(const char* name, at::ScalarType dtype) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end() || found->second.dim() != 1 ||
        found->second.scalar_type() != dtype) {
      fail(std::string("expected an array \"") + name + "\" with one axis of " +
           c10::toString(dtype));
    }
    return found->second;
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_, "no ranking statistics: " + reason);
  }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::map<std::string, at::Tensor> arrays_;
};

void check_sample(const RankingSample& sample, std::size_t thresholds, const Arrays& arrays) {
  for (std::size_t c = 0; c < sample.cells.size(); ++c) {
    if (sample.cells[c] > 2 * thresholds || (c > 0 && sample.cells[c] <= sample.cells[c - 1])) {
      arrays.fail("cells are not ascending, or beyond the thresholds");
    }
    if (sample.positives[c] < 0 || sample.negatives[c] < 0 ||
        (sample.positives[c] > 0 && sample.cells[c] % 2 == 0)) {
      arrays.fail("a count is negative, or a positive between two thresholds");
    }
  }
}

void read_header(const Arrays& arrays, RankingStatistics& statistics) {
  const at::Tensor bytes = arrays.get("header", at::kByte);
  const auto* text = reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>());
  const nlohmann::json header =
      parse_json(std::string(text, static_cast<std::size_t>(bytes.numel())), arrays.file());
  try {
    if (header.at("format").get<int>() != kFormat) arrays.fail("the format is not 1");
    statistics.protocol = header.at("protocol").get<std::string>();
    statistics.images = header.at("images").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    arrays.fail(std::string("the header: ") + error.what());
  }
}

}  // namespace

RankingStatistics ranking_statistics(const std::vector<AnomalySample>& samples,
                                     const AnomalyProtocol& protocol, std::size_t max_thresholds) {
  RankingStatistics statistics;
  statistics.protocol = protocol.name;
  for (const AnomalySample& sample : samples) statistics.images.push_back(sample.name);
  std::vector<CountedScores> positives(samples.size());
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    positives[i] = positive_scores(image.scores, image.targets);
  });
  CountedScores thresholds = thinned(merged(std::move(positives)), max_thresholds);
  statistics.ranking.thresholds = thresholds.scores;
  const ScoreGrid grid(std::move(thresholds));
  statistics.ranking.samples.resize(samples.size());
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    statistics.ranking.samples[i] = grid.sample(image.scores, image.targets);
  });
  return statistics;
}

void save_statistics(const std::filesystem::path& file, const RankingStatistics& statistics) {
  const nlohmann::json header{
      {"format", kFormat}, {"protocol", statistics.protocol}, {"images", statistics.images}};
  std::vector<std::int64_t> ends, cells, positives, negatives;
  for (const RankingSample& sample : statistics.ranking.samples) {
    cells.insert(cells.end(), sample.cells.begin(), sample.cells.end());
    positives.insert(positives.end(), sample.positives.begin(), sample.positives.end());
    negatives.insert(negatives.end(), sample.negatives.begin(), sample.negatives.end());
    ends.push_back(static_cast<std::int64_t>(cells.size()));
  }
  save_npz(file, {{"header", text_tensor(header.dump())},
                  {"thresholds", at::tensor(statistics.ranking.thresholds, at::kDouble)},
                  {"ends", at::tensor(ends, at::kLong)},
                  {"cells", at::tensor(cells, at::kLong)},
                  {"positives", at::tensor(positives, at::kLong)},
                  {"negatives", at::tensor(negatives, at::kLong)}});
}

RankingStatistics load_statistics(const std::filesystem::path& file) {
  const Arrays arrays(file);
  RankingStatistics statistics;
  read_header(arrays, statistics);
  const at::Tensor thresholds = arrays.get("thresholds", at::kDouble);
  const auto* threshold = thresholds.const_data_ptr<double>();
  statistics.ranking.thresholds.assign(threshold, threshold + thresholds.numel());
  const auto& sorted = statistics.ranking.thresholds;
  if (std::adjacent_find(sorted.begin(), sorted.end(),
                         [](double a, double b) { return !(a < b); }) != sorted.end()) {
    arrays.fail("the thresholds are not ascending");
  }
  const at::Tensor ends = arrays.get("ends", at::kLong);
  const at::Tensor cells = arrays.get("cells", at::kLong);
  const at::Tensor positives = arrays.get("positives", at::kLong);
  const at::Tensor negatives = arrays.get("negatives", at::kLong);
  if (ends.numel() != std::ssize(statistics.images) || positives.numel() != cells.numel() ||
      negatives.numel() != cells.numel()) {
    arrays.fail("the arrays differ in length");
  }
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < ends.numel(); ++i) {
    const std::int64_t end = ends.const_data_ptr<std::int64_t>()[i];
    if (end < begin || end > cells.numel()) arrays.fail("the ends are not ascending");
    RankingSample sample;
    for (std::int64_t c = begin; c < end; ++c) {
      const std::int64_t cell = cells.const_data_ptr<std::int64_t>()[c];
      if (cell < 0 || cell > UINT32_MAX) arrays.fail("a cell is out of range");
      sample.cells.push_back(static_cast<std::uint32_t>(cell));
      sample.positives.push_back(positives.const_data_ptr<std::int64_t>()[c]);
      sample.negatives.push_back(negatives.const_data_ptr<std::int64_t>()[c]);
    }
    check_sample(sample, sorted.size(), arrays);
    statistics.ranking.samples.push_back(std::move(sample));
    begin = end;
  }
  return statistics;
}

}  // namespace situ
