// SPDX-License-Identifier: Apache-2.0
// LoRA files merged into tiny models, against load_lora_weights and fuse_lora of diffusers; see
// tools/make_lora_fixtures.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "parity/tiny_model_folder.h"
#include "situ/backends/diffusion_model_files.h"
#include "situ/backends/model_files.h"

namespace situ {
namespace {

// The LoRA file that the fixture's tool loaded.
void write_lora(const nlohmann::json& config, const std::filesystem::path& file) {
  StateDict lora;
  std::uint64_t seed = 5000;
  for (const auto& [key, shape] : config["lora"].items()) {
    if (key.ends_with(".alpha")) {
      lora[key] = at::scalar_tensor(config["alpha"].get<double>());
    } else {
      lora[key] = 0.2 * at::randn(shape.get<std::vector<int64_t>>(), seeded(seed), at::kFloat);
    }
    ++seed;
  }
  save_safetensors(file, lora, config["metadata"].get<std::map<std::string, std::string>>());
}

at::Tensor sixteen(const at::Tensor& weight) {
  const int64_t step = std::max<int64_t>(1, weight.numel() / 16);
  return weight.flatten().slice(0, 0, 16 * step, step);
}

class LoraParity : public testing::TestWithParam<const char*> {
 protected:
  LoraParity()
      : fixture_(std::string("lora/") + GetParam()),
        config_(fixture_.config()),
        folder_(config_),
        lora_(folder_.path() / "lora.safetensors") {
    write_lora(config_, lora_);
  }

  DiffusionModelFiles merged() const {
    return read_diffusion_model(folder_.path(), {.loras = {{lora_, config_["scale"]}}});
  }

  ParityFixture fixture_;
  nlohmann::json config_;
  TinyModelFolder folder_;
  std::filesystem::path lora_;
};

TEST_P(LoraParity, ChangesTheWeightsThatDiffusersChangesAsItDoes) {
  const DiffusionModelFiles before = read_diffusion_model(folder_.path());
  const DiffusionModelFiles after = merged();
  const auto networks = [](const DiffusionModelFiles& files) {
    std::map<std::string, const StateDict*> all = {{"unet", &files.unet.weights}};
    all["text_encoder"] = &files.text[0].encoder.weights;
    if (files.text.size() > 1) all["text_encoder_2"] = &files.text[1].encoder.weights;
    return all;
  };
  std::map<std::string, at::Tensor> expected;
  for (std::size_t i = 0; i < config_["changed"].size(); ++i) {
    const std::string key = config_["changed"][i];
    const std::size_t dot = key.find('.') + 1;
    expected[key.substr(0, dot) + clip_text_key(key.substr(dot))] =
        fixture_["samples"][static_cast<int64_t>(i)];
  }
  for (const auto& [network, weights] : networks(after)) {
    for (const auto& [key, weight] : *weights) {
      const std::string name = network + "." + key;
      const bool changed = !at::equal(weight, networks(before).at(network)->at(key));
      ASSERT_EQ(changed, expected.contains(name)) << name;
      if (changed) expect_near(sixteen(weight), expected[name], 1e-5, name);
    }
  }
}

TEST_P(LoraParity, GivesTheDenoiserTheOutputOfDiffusers) {
  const DiffusionModelFiles files = merged();
  UNet unet(UNetConfig::from_json(config_["unet"], "unet"));
  load_state_dict(*unet, files.unet.weights, "unet");
  unet->eval();
  UNetCondition condition;
  condition.text = fixture_["text"];
  if (files.text.size() > 1) {
    condition.pooled_text = fixture_["pooled"];
    condition.time_ids = fixture_["time_ids"];
  }
  const at::NoGradGuard no_gradients;
  const at::Tensor output =
      unet->forward(fixture_["sample"], at::tensor({int64_t{321}}), condition);
  expect_near(output, fixture_["output"], 1e-4, "output");
}

INSTANTIATE_TEST_SUITE_P(Layouts, LoraParity,
                         testing::Values("sd_peft", "sd_training_scripts", "sd_kohya", "xl_peft",
                                         "xl_kohya_original"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace situ
