// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "situ/core/options.h"
#include "situ/tasks/semantic_segmenter.h"

namespace situ {

/// Says of every pixel how anomalous it is.
class AnomalyScorer {
 public:
  virtual ~AnomalyScorer() = default;

  /// Returns float32 [height, width] on the CPU, higher = more anomalous. image: uint8 [3, H, W].
  virtual at::Tensor scores(const at::Tensor& image, std::int64_t height, std::int64_t width) = 0;
};

/// The scores that need nothing but a segmentation network's logits z, with p = softmax(z).
enum class LogitScore {
  kMaxLogit,              ///< -max z (Hendrycks et al. 2022)
  kMsp,                   ///< 1 - max p (Hendrycks and Gimpel 2017)
  kEntropy,               ///< -sum p log p / log K
  kEnergy,                ///< -log sum exp z (Liu et al. 2020)
  kStandardizedMaxLogit,  ///< -(max z - mean_c) / deviation_c of its class c (Jung et al. 2021)
};

template <>
struct EnumNames<LogitScore> {
  static constexpr std::array<std::pair<LogitScore, const char*>, 5> table{{
      {LogitScore::kMaxLogit, "max-logit"},
      {LogitScore::kMsp, "msp"},
      {LogitScore::kEntropy, "entropy"},
      {LogitScore::kEnergy, "energy"},
      {LogitScore::kStandardizedMaxLogit, "standardized-max-logit"},
  }};
};

/// Mean and standard deviation of the largest logit of pixels, by the class that it belongs to.
class MaxLogitStatistics {
 public:
  explicit MaxLogitStatistics(std::int64_t classes);
  /// Adds all pixels of an image without anomalies. logits: float32 [K, H, W] on the CPU.
  void add(const at::Tensor& logits);
  /// double [K] each; a class that never was the largest has those of all pixels together.
  /// Throws std::invalid_argument where nothing was added.
  at::Tensor mean() const;
  at::Tensor deviation() const;

 private:
  at::Tensor pooled(const at::Tensor& sums) const;

  at::Tensor counts_, sums_, squares_;  // double [K]
};

/// Returns float32 [H, W], higher = more anomalous. logits: float32 [K, H, W] on the CPU, K >= 2.
/// statistics: for kStandardizedMaxLogit alone, which throws std::invalid_argument without.
at::Tensor anomaly_scores(const at::Tensor& logits, LogitScore score,
                          const MaxLogitStatistics* statistics = nullptr);

/// Any segmentation network as a scorer. The segmenter and the statistics must outlive it.
class LogitScorer : public AnomalyScorer {
 public:
  LogitScorer(SemanticSegmenter& segmenter, LogitScore score,
              const MaxLogitStatistics* statistics = nullptr);
  at::Tensor scores(const at::Tensor& image, std::int64_t height, std::int64_t width) override;

 private:
  SemanticSegmenter& segmenter_;
  LogitScore score_;
  const MaxLogitStatistics* statistics_;
};

}  // namespace situ
