// SPDX-License-Identifier: Apache-2.0
#include "situ/training/autoencoder_training.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "situ/core/random.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/stable_diffusion/autoencoder_tiny.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

constexpr double kDifferenceWeight = 0.5;
// Road scenes are nearly grey: without a weight of its own, colour is learned last.
constexpr double kColorWeight = 0.5;
constexpr double kLatentWeight = 0.05;

at::Tensor l1(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().mean(); }

// Red minus green and blue minus green: [B, 3, H, W] -> [B, 2, H, W].
at::Tensor color_differences(const at::Tensor& x) {
  return at::cat({x.slice(1, 0, 1), x.slice(1, 2, 3)}, 1) - x.slice(1, 1, 2);
}

at::Tensor difference(const at::Tensor& x, int64_t axis) {
  return x.slice(axis, 1) - x.slice(axis, 0, -1);
}

class AutoencoderTraining : public TrainingTask {
 public:
  AutoencoderTraining(const CropComposer& composer, nlohmann::ordered_json config)
      : composer_(composer),
        config_(std::move(config)),
        network_(AutoencoderTinyConfig::from_json(config_, "vae configuration")) {
    use_channels_last(*network_);
  }

  torch::nn::Module& module() override { return *network_; }

  at::Tensor loss(const std::vector<std::uint64_t>& seeds, at::Generator&) override {
    const at::Tensor image =
        composed_images(composer_, seeds).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor latents = network_->encode(image).to(at::kFloat);
    const at::Tensor rebuilt = network_->decode(latents).to(at::kFloat);
    at::Tensor loss = l1(rebuilt, image) +
                      kColorWeight * l1(color_differences(rebuilt), color_differences(image));
    for (const int64_t axis : {2, 3}) {
      loss = loss + kDifferenceWeight * l1(difference(rebuilt, axis), difference(image, axis));
    }
    const at::Tensor mean = latents.mean(at::IntArrayRef{0, 2, 3});
    const at::Tensor spread = latents.std(at::IntArrayRef{0, 2, 3});
    return loss + kLatentWeight * (mean.pow(2) + (spread - 1).pow(2)).mean();
  }

  void save_model(const std::filesystem::path& folder) override {
    std::filesystem::create_directories(folder / "vae");
    save_json(folder / "vae" / "config.json", config_);
    StateDict half;
    for (const auto& [key, tensor] : state_dict(*network_))
      half[key] = tensor.to(at::kHalf).contiguous();
    save_safetensors(folder / "vae" / "diffusion_pytorch_model.safetensors", half,
                     {{"format", "pt"}});
  }

  at::Tensor sample_sheet() override {
    constexpr int64_t kPictures = 24;
    std::vector<std::uint64_t> seeds;
    for (int64_t i = 0; i < kPictures; ++i)
      seeds.push_back(derive_seed(0, "autoencoder sheet", 0, i));
    const at::Tensor image = composed_images(composer_, seeds);
    const at::Tensor rebuilt = network_->decode(network_->encode(image));
    const at::Tensor pairs = at::stack({to_bytes(image), to_bytes(rebuilt)}, 1).flatten(0, 1);
    return picture_grid(pairs, 8);
  }

  std::string recipe() const override { return "autoencoder " + config_.dump(); }

 private:
  const CropComposer& composer_;
  nlohmann::ordered_json config_;
  AutoencoderTiny network_;
};

}  // namespace

std::unique_ptr<TrainingTask> make_autoencoder_training(const CropComposer& composer,
                                                        const nlohmann::ordered_json& config) {
  return std::make_unique<AutoencoderTraining>(composer, config);
}

at::Tensor composed_images(const CropComposer& composer, const std::vector<std::uint64_t>& seeds) {
  std::vector<at::Tensor> images(seeds.size());
  at::parallel_for(0, static_cast<int64_t>(seeds.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) images[i] = composer.compose(seeds[i]).image;
  });
  return to_model_range(at::stack(images));
}

at::Tensor to_model_range(const at::Tensor& image) {
  return image.to(at::kFloat).div(127.5).sub(1);
}

at::Tensor to_bytes(const at::Tensor& image) {
  return image.to(at::kFloat).add(1).mul(127.5).clamp(0, 255).round().to(at::kByte);
}

at::Tensor picture_grid(const at::Tensor& pictures, int64_t columns) {
  const int64_t count = pictures.size(0);
  const int64_t size = pictures.size(2);
  const int64_t rows = (count + columns - 1) / columns;
  at::Tensor grid = at::zeros({3, rows * size, columns * size}, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t y = i / columns * size;
    const int64_t x = i % columns * size;
    grid.slice(1, y, y + size).slice(2, x, x + size).copy_(pictures[i]);
  }
  return grid;
}

}  // namespace situ
