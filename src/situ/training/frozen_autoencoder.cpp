// SPDX-License-Identifier: Apache-2.0
#include "situ/training/frozen_autoencoder.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"

namespace situ {

std::unique_ptr<Autoencoder> load_frozen_autoencoder(const std::filesystem::path& folder) {
  const std::filesystem::path config = folder / "config.json";
  std::unique_ptr<Autoencoder> autoencoder = make_autoencoder(load_json(config), config);
  const std::filesystem::path weights = folder / "diffusion_pytorch_model.safetensors";
  const SafetensorsFile file(weights);
  StateDict state;
  for (const std::string& name : file.names()) state[name] = file.tensor(name);
  load_state_dict(autoencoder->module(), state, weights);
  use_channels_last(autoencoder->module());
  for (at::Tensor& weight : autoencoder->module().parameters()) weight.set_requires_grad(false);
  autoencoder->module().eval();
  return autoencoder;
}

}  // namespace situ
