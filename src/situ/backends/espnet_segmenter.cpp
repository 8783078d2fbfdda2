// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/espnet_segmenter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "situ/backends/model_files.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"
#include "situ/models/espnet/espnet_v2.h"
#include "situ/nn/layers.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

constexpr std::int64_t kCityscapesOutputs = 20;
constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406};
constexpr std::array<double, 3> kDeviation = {0.229, 0.224, 0.225};

at::Tensor per_channel(const std::array<double, 3>& values) {
  return at::tensor(values, at::kFloat).view({3, 1, 1});
}

class EspnetSegmenter : public SemanticSegmenter {
 public:
  EspnetSegmenter(StateDict weights, const std::string& file, const Compute& compute,
                  const EspnetOptions& options)
      : compute_(compute), options_(options), network_(EspnetConfig::from_weights(weights, file)) {
    if (options.input_size &&
        std::min((*options.input_size)[0], (*options.input_size)[1]) < EspnetV2Impl::kMinSide) {
      throw std::invalid_argument("ESPNetv2: the input size must be 16 x 16 pixels or more");
    }
    const std::int64_t outputs = network_->config().classes;
    classes_ = outputs == kCityscapesOutputs ? outputs - 1 : outputs;
    require_finite(weights, file);
    load_state_dict(*network_, std::move(weights), file);
    network_->eval();
    network_->to(compute.device, compute.dtype);
    for (at::Tensor& weight : network_->parameters()) weight.set_requires_grad(false);
  }

  std::int64_t classes() const override { return classes_; }

  at::Tensor logits(const at::Tensor& image, std::int64_t height, std::int64_t width) override {
    check_image(image, "ESPNetv2: image");
    const c10::InferenceMode inference;
    at::Tensor seen = image;
    if (options_.input_size) {
      seen = resize(image, (*options_.input_size)[0], (*options_.input_size)[1],
                    Interpolation::kBilinear);
    }
    const at::Tensor pixels =
        seen.to(at::kFloat).div(255).sub(per_channel(kMean)).div(per_channel(kDeviation));
    const at::Tensor output =
        network_(pixels.unsqueeze(0).to(compute_.device, compute_.dtype)).slice(1, 0, classes_);
    const at::Tensor wanted =
        output.size(2) == height && output.size(3) == width
            ? output
            : at::upsample_bilinear2d(output, {height, width}, /*align_corners=*/true);
    return wanted[0].to(at::kCPU, at::kFloat).contiguous();
  }

 private:
  Compute compute_;
  EspnetOptions options_;
  EspnetV2 network_;
  std::int64_t classes_ = 0;
};

}  // namespace

std::unique_ptr<SemanticSegmenter> load_espnet(const std::filesystem::path& path,
                                               const Compute& compute,
                                               const EspnetOptions& options) {
  const std::filesystem::path file =
      std::filesystem::is_directory(path) ? weights_file(path, "model") : path;
  return std::make_unique<EspnetSegmenter>(load_weights_file(file), file.string(), compute,
                                           options);
}

}  // namespace situ
