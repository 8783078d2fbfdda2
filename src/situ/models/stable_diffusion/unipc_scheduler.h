// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/multistep_scheduler.h"

namespace situ {

/// UniPC, a predictor and a corrector of any order in a unified form (Zhao et al. 2023), as
/// diffusers' UniPCMultistepScheduler.
class UniPcScheduler : public MultistepScheduler {
 public:
  UniPcScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  /// The linear system whose solution weighs the past outputs; all of float32.
  struct System {
    at::Tensor h_phi_1 = {}, b_h = {};        // without axes
    at::Tensor matrix = {}, right_side = {};  // [order, order], [order]
    at::Tensor differences = {};              // [B, order - 1, C, h, w], undefined for order 1
  };
  System system(std::size_t from, std::size_t to, int64_t order) const;
  at::Tensor moved(const at::Tensor& sample, std::size_t from, std::size_t to, const System& system,
                   const at::Tensor& correction) const;
  at::Tensor predicted(const at::Tensor& sample, std::size_t i, int64_t order) const;
  at::Tensor corrected(const at::Tensor& output, std::size_t i, int64_t order) const;

  PredictionType prediction_type_;
  int64_t solver_order_ = 2;
  bool predict_original_ = true;  // predict_x0
  bool bh1_ = false;
  bool lower_order_final_ = true;
  std::set<int64_t> uncorrected_;   // disable_corrector
  std::deque<at::Tensor> outputs_;  // converted; at most solver_order_, newest last
  at::Tensor last_sample_;
  int64_t order_ = 1;
  int64_t known_ = 0;
};

}  // namespace situ
