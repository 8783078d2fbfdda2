// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/dino_features.h"

#include <ATen/ATen.h>

namespace situ {

at::Tensor place_references(const std::vector<FeatureLevel>& levels,
                            const at::Tensor& valid_ratios) {
  std::vector<at::Tensor> references;
  const int64_t batch = valid_ratios.size(0);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto [height, width] = levels[i];
    const at::Tensor ratios = valid_ratios.select(1, static_cast<int64_t>(i));  // [B, 2]
    const auto centres = [&](int64_t count, int64_t axis) {
      const at::Tensor middle = at::arange(count, valid_ratios.options()) + 0.5;
      return middle / (ratios.select(1, axis) * count).unsqueeze(1);  // [B, count]
    };
    const at::Tensor x = centres(width, 0).unsqueeze(1).expand({batch, height, width});
    const at::Tensor y = centres(height, 1).unsqueeze(2).expand({batch, height, width});
    references.push_back(at::stack({x, y}, -1).flatten(1, 2));  // [B, H * W, 2]
  }
  return at::cat(references, 1).unsqueeze(2) * valid_ratios.unsqueeze(1);
}

at::Tensor valid_ratios(const std::vector<at::Tensor>& padding) {
  std::vector<at::Tensor> ratios;
  for (const at::Tensor& level : padding) {
    const at::Tensor picture = level.logical_not();
    const at::Tensor width = picture.select(1, 0).sum(1).to(at::kFloat) / level.size(2);
    const at::Tensor height = picture.select(2, 0).sum(1).to(at::kFloat) / level.size(1);
    ratios.push_back(at::stack({width, height}, -1));
  }
  return at::stack(ratios, 1);
}

}  // namespace situ
