// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/autoencoder.h"

#include "situ/models/stable_diffusion/autoencoder_kl.h"
#include "situ/models/stable_diffusion/autoencoder_tiny.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

class KlAutoencoder : public Autoencoder {
 public:
  explicit KlAutoencoder(const AutoencoderKlConfig& config) : network_(config) {}

  at::Tensor encode_unscaled(const at::Tensor& image,
                             std::optional<at::Generator> generator) override {
    const LatentDistribution latents = network_->encode(image);
    return generator ? latents.sample(*generator) : latents.mean;
  }
  at::Tensor decode(const at::Tensor& latents) override {
    return network_->decode(latents / scaling_factor());
  }
  double scaling_factor() const override { return network_->config().scaling_factor; }
  int64_t factor() const override { return network_->factor(); }
  void use_tiles() override { network_->use_tiles(); }
  int64_t latent_channels() const override { return network_->config().latent_channels; }
  torch::nn::Module& module() override { return *network_; }

 private:
  AutoencoderKl network_;
};

class TinyAutoencoder : public Autoencoder {
 public:
  explicit TinyAutoencoder(const AutoencoderTinyConfig& config) : network_(config) {}

  at::Tensor encode_unscaled(const at::Tensor& image, std::optional<at::Generator>) override {
    return network_->encode(image);
  }
  at::Tensor decode(const at::Tensor& latents) override {
    return network_->decode(latents / scaling_factor());
  }
  double scaling_factor() const override { return network_->config().scaling_factor; }
  int64_t factor() const override {
    return int64_t{1} << (network_->config().encoder_block_out_channels.size() - 1);
  }
  int64_t latent_channels() const override { return network_->config().latent_channels; }
  torch::nn::Module& module() override { return *network_; }

 private:
  AutoencoderTiny network_;
};

}  // namespace

std::unique_ptr<Autoencoder> make_autoencoder(const nlohmann::json& config,
                                              const std::string& file) {
  const ConfigReader reader(config, file);
  const std::string name = reader.text("_class_name", "AutoencoderKL");
  if (name == "AutoencoderKL") {
    return std::make_unique<KlAutoencoder>(AutoencoderKlConfig::from_json(config, file));
  }
  if (name == "AutoencoderTiny") {
    return std::make_unique<TinyAutoencoder>(AutoencoderTinyConfig::from_json(config, file));
  }
  reader.fail("_class_name", "AutoencoderKL or AutoencoderTiny");
}

}  // namespace situ
