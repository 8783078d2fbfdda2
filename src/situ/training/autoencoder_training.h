// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <memory>

#include "situ/training/composition/crop_composer.h"
#include "situ/training/trainer.h"

namespace situ {

/// Trains the small autoencoder (AutoencoderTiny layout) to rebuild composed crops: L1 on pixels
/// and on their horizontal and vertical differences, with each latent channel held near mean 0 and
/// spread 1, which is what the denoiser wants, so that no scaling is needed. config: the contents
/// of `vae/config.json`.
std::unique_ptr<TrainingTask> make_autoencoder_training(const CropComposer& composer,
                                                        const nlohmann::ordered_json& config);

/// `count` composed crops as the networks take them: float [B, 3, S, S] in [-1, 1].
at::Tensor composed_images(const CropComposer& composer, const std::vector<std::uint64_t>& seeds);

/// uint8 [3, S, S] or [B, 3, S, S] to float in [-1, 1], and back with clamping and rounding to
/// even.
at::Tensor to_model_range(const at::Tensor& image);
at::Tensor to_bytes(const at::Tensor& image);

/// Pictures [B, 3, S, S] uint8, laid out `columns` a row: uint8 [3, rows*S, columns*S].
at::Tensor picture_grid(const at::Tensor& pictures, int64_t columns);

}  // namespace situ
