// SPDX-License-Identifier: Apache-2.0
// What a user sees when a model folder is incomplete or wrong, and that a run repeats to the bit.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "parity/tiny_model_folder.h"
#include "situ/backends/stable_diffusion_inpainter.h"
#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kWeights = "unet/diffusion_pytorch_model.safetensors";

nlohmann::json tiny_config() { return ParityFixture("stable_diffusion/inpainting_run").config(); }

/// The message with which loading ends after `damage` was done to a good folder.
std::string message_after(const std::function<void(const fs::path&)>& damage) {
  const TinyModelFolder folder(tiny_config());
  damage(folder.path());
  try {
    StableDiffusionPipeline(folder.path(), {});
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

/// The message after the UNet's tensors were changed.
std::string message_after_unet(const std::function<void(StateDict&)>& change) {
  return message_after([&](const fs::path& folder) {
    StateDict state;
    {
      const SafetensorsFile file(folder / kWeights);
      for (const std::string& name : file.names()) state[name] = file.tensor(name).clone();
    }
    change(state);
    save_safetensors(folder / kWeights, state);
  });
}

std::string message_after_config(const char* part, const char* key, const nlohmann::json& value) {
  return message_after([&](const fs::path& folder) {
    const fs::path path = folder / part / "config.json";
    nlohmann::ordered_json config = load_json(path);
    config[key] = value;
    save_json(path, config);
  });
}

TEST(ModelFolder, NamesTensorsThatAreMissingExtraOrMisshaped) {
  EXPECT_THAT(message_after_unet([](StateDict& s) { s.erase("conv_in.bias"); }),
              AllOf(HasSubstr(kWeights), HasSubstr("1 missing: conv_in.bias")));
  EXPECT_THAT(message_after_unet([](StateDict& s) { s["extra"] = at::zeros({2}); }),
              HasSubstr("1 unexpected: extra"));
  EXPECT_THAT(message_after_unet([](StateDict& s) {
                s["conv_in.weight"] = at::zeros({32, 4, 3, 3});
              }),
              HasSubstr("conv_in.weight: expected [32, 9, 3, 3], got [32, 4, 3, 3]"));
}

TEST(ModelFolder, NamesFilesThatAreMissingOrBroken) {
  EXPECT_THAT(message_after([](const fs::path& f) { fs::remove(f / "model_index.json"); }),
              HasSubstr("model_index.json: missing"));
  EXPECT_THAT(message_after([](const fs::path& f) { fs::remove(f / kWeights); }),
              HasSubstr("no weights there"));
  EXPECT_THAT(message_after([](const fs::path& f) { fs::resize_file(f / kWeights, 1000); }),
              HasSubstr(kWeights));
  EXPECT_THAT(message_after([](const fs::path& f) { write_file(f / "vae/config.json", "{"); }),
              HasSubstr("vae/config.json"));
  EXPECT_THAT(message_after([](const fs::path& f) { fs::remove_all(f / "tokenizer"); }),
              HasSubstr("tokenizer"));
  EXPECT_THAT(message_after([](const fs::path& f) { fs::remove_all(f); }),
              HasSubstr("no such folder"));
}

TEST(ModelFolder, NamesSettingsThatItDoesNotCover) {
  EXPECT_THAT(message_after_config("unet", "act_fn", "mish"),
              HasSubstr("act_fn: expected \"silu\""));
  EXPECT_THAT(message_after_config("unet", "block_out_channels", {30, 64}),
              HasSubstr("norm_num_groups"));
  EXPECT_THAT(message_after_config("unet", "class_embed_type", "timestep"),
              HasSubstr("class_embed_type"));
  EXPECT_THAT(message_after_config("vae", "_class_name", "AsymmetricAutoencoderKL"),
              HasSubstr("expected AutoencoderKL or AutoencoderTiny"));
  EXPECT_THAT(message_after_config("text_encoder", "hidden_act", "relu"), HasSubstr("hidden_act"));
  EXPECT_THAT(message_after_config("unet", "layers_per_block", -1), HasSubstr("layers_per_block"));
}

TEST(ModelFolder, PaintsTheSameBytesForTheSameSeedAndOthersForAnother) {
  const TinyModelFolder folder(tiny_config());
  const auto inpainter = load_stable_diffusion_inpainter(folder.path(), {});
  at::manual_seed(1);
  const at::Tensor image = at::randint(0, 256, {3, 30, 30}, at::kByte);
  at::Tensor mask = at::zeros({30, 30}, at::kBool);
  mask.slice(0, 8, 20).slice(1, 8, 20).fill_(true);
  const InpaintingOptions options{.steps = 3};
  const at::Tensor once = inpainter->inpaint(image, mask, "a dog", options, 5);
  EXPECT_EQ(once.sizes(), image.sizes());
  EXPECT_TRUE(at::equal(once, inpainter->inpaint(image, mask, "a dog", options, 5)));
  EXPECT_FALSE(at::equal(once, inpainter->inpaint(image, mask, "a dog", options, 6)));
  EXPECT_FALSE(at::equal(once, inpainter->inpaint(image, mask, "a cat", options, 5)));
}

TEST(StableDiffusionPipeline, RefusesSizesStepsAndLatentsThatCannotBe) {
  const TinyModelFolder folder(tiny_config());
  StableDiffusionPipeline pipeline(folder.path(), {});
  const at::Tensor image = at::zeros({3, 16, 16}, at::kByte);
  const at::Tensor mask = at::zeros({16, 16}, at::kByte);
  EXPECT_THROW(pipeline.inpaint(image, mask, 15, 16, {}), std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image, mask, 16, 16, {.steps = 0}), std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image, mask, 16, 16, {.steps = 1001}), std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image, mask, 16, 16, {.scheduler = "eular"}),
               std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image, mask, 16, 16, {.strength = 0}), std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image, mask, 16, 16, {.latents = at::zeros({1, 4, 4, 4})}),
               std::invalid_argument);
  EXPECT_THROW(pipeline.inpaint(image.to(at::kFloat), mask, 16, 16, {}), std::invalid_argument);
}

}  // namespace
}  // namespace situ
