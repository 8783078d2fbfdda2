// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/anomaly_scorer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <tuple>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// A class whose largest logit never varies would divide by zero.
constexpr double kMinDeviation = 1e-6;

void check_logits(const at::Tensor& logits) {
  check_shape(logits, {"K", "H", "W"}, "anomaly_scores: logits");
  check_dtype(logits, at::kFloat, "anomaly_scores: logits");
  if (logits.size(0) < 2) {
    throw std::invalid_argument("anomaly_scores: logits: expected two classes or more, got " +
                                shape_text(logits));
  }
}

at::Tensor normalized_entropy(const at::Tensor& logits) {
  const at::Tensor log_p = at::log_softmax(logits, 0);
  // A class of probability 0 has a log of minus infinity, and adds nothing.
  const at::Tensor terms = (log_p.exp() * log_p).nan_to_num(0);
  return terms.sum(0).div(-std::log(static_cast<double>(logits.size(0))));
}

at::Tensor standardized(const at::Tensor& logits, const MaxLogitStatistics& statistics) {
  const auto [largest, classes] = logits.max(0);
  const at::Tensor index = classes.flatten();
  const at::Tensor mean = statistics.mean().to(at::kFloat).index_select(0, index);
  const at::Tensor deviation = statistics.deviation().to(at::kFloat).index_select(0, index);
  return (mean - largest.flatten()).div(deviation).view(largest.sizes());
}

}  // namespace

MaxLogitStatistics::MaxLogitStatistics(std::int64_t classes)
    : counts_(at::zeros({classes}, at::kDouble)),
      sums_(at::zeros({classes}, at::kDouble)),
      squares_(at::zeros({classes}, at::kDouble)) {}

void MaxLogitStatistics::add(const at::Tensor& logits) {
  check_logits(logits);
  check_shape(logits, {std::to_string(counts_.size(0)), "H", "W"}, "MaxLogitStatistics: logits");
  const auto [largest, classes] = logits.max(0);
  const at::Tensor index = classes.flatten();
  const at::Tensor values = largest.flatten().to(at::kDouble);
  counts_.index_add_(0, index, at::ones_like(values));
  sums_.index_add_(0, index, values);
  squares_.index_add_(0, index, values.square());
}

at::Tensor MaxLogitStatistics::pooled(const at::Tensor& sums) const {
  if (counts_.sum().item<double>() == 0) {
    throw std::invalid_argument("MaxLogitStatistics: no image was added");
  }
  const at::Tensor of_all = sums.sum().div(counts_.sum());
  return at::where(counts_.gt(0), sums.div(counts_.clamp_min(1)), of_all);
}

at::Tensor MaxLogitStatistics::mean() const { return pooled(sums_); }

at::Tensor MaxLogitStatistics::deviation() const {
  return pooled(squares_).sub(mean().square()).clamp_min(0).sqrt().clamp_min(kMinDeviation);
}

at::Tensor anomaly_scores(const at::Tensor& logits, LogitScore score,
                          const MaxLogitStatistics* statistics) {
  check_logits(logits);
  switch (score) {
    case LogitScore::kMaxLogit:
      return logits.amax(0).neg();
    case LogitScore::kMsp:
      return at::softmax(logits, 0).amax(0).neg().add(1);
    case LogitScore::kEntropy:
      return normalized_entropy(logits);
    case LogitScore::kEnergy:
      return at::logsumexp(logits, 0).neg();
    case LogitScore::kStandardizedMaxLogit:
      break;
  }
  if (statistics == nullptr) {
    throw std::invalid_argument(
        "anomaly_scores: the standardized max logit needs the statistics of images without "
        "anomalies");
  }
  return standardized(logits, *statistics);
}

LogitScorer::LogitScorer(SemanticSegmenter& segmenter, LogitScore score,
                         const MaxLogitStatistics* statistics)
    : segmenter_(segmenter), score_(score), statistics_(statistics) {}

at::Tensor LogitScorer::scores(const at::Tensor& image, std::int64_t height, std::int64_t width) {
  return anomaly_scores(segmenter_.logits(image, height, width), score_, statistics_);
}

}  // namespace situ
