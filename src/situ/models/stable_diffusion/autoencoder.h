// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace torch::nn {
class Module;
}

namespace situ {

/// Images to latents and back; what AutoencoderKL and AutoencoderTiny have in common.
class Autoencoder {
 public:
  virtual ~Autoencoder() = default;

  /// image: [B, 3, H, W] in [-1, 1], sides multiples of `factor()`; returns latents [B, C, H/f,
  /// W/f], as the encoder gives them. Where it gives a distribution, one sample of it is drawn from
  /// `generator` (its mean without one).
  virtual at::Tensor encode_unscaled(const at::Tensor& image,
                                     std::optional<at::Generator> generator) = 0;

  /// The same, scaled as the denoiser wants them.
  at::Tensor encode(const at::Tensor& image, std::optional<at::Generator> generator) {
    return encode_unscaled(image, std::move(generator)) * scaling_factor();
  }

  /// Scaled latents [B, C, h, w] to images [B, 3, h*f, w*f], about [-1, 1] (not clamped).
  virtual at::Tensor decode(const at::Tensor& latents) = 0;

  /// From now on, large pictures are taken tile by tile, in less memory, with another result.
  /// AutoencoderTiny, which needs little, goes on taking them whole.
  virtual void use_tiles() {}

  virtual double scaling_factor() const = 0;
  virtual int64_t factor() const = 0;
  virtual int64_t latent_channels() const = 0;
  virtual torch::nn::Module& module() = 0;
};

/// The autoencoder that `vae/config.json` names (`_class_name`), with untrained weights.
/// Throws DataError for another class or an unsupported variant.
std::unique_ptr<Autoencoder> make_autoencoder(const nlohmann::json& config,
                                              const std::string& file);

}  // namespace situ
