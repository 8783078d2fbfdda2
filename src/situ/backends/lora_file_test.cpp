// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

using testing::HasSubstr;

class LoraFileSettings : public testing::Test {
 protected:
  // A LoRA of rank 4 for two modules of the denoiser and one of the text encoder.
  StateDict load(const std::string& settings) {
    StateDict tensors;
    for (const char* module : {"unet.mid.to_q", "unet.mid.to_k", "text_encoder.q_proj"}) {
      tensors[std::string(module) + ".lora_A.weight"] = at::ones({4, 2});
      tensors[std::string(module) + ".lora_B.weight"] = at::ones({3, 4});
    }
    tensors["unet.mid.to_v.lora_A.weight"] = at::ones({4, 2});
    tensors["unet.mid.to_v.alpha"] = at::scalar_tensor(7.0);
    save_safetensors(folder_ / "lora.safetensors", tensors, {{"lora_adapter_metadata", settings}});
    return load_lora(folder_ / "lora.safetensors");
  }

  std::string message(const std::string& settings) {
    try {
      load(settings);
    } catch (const DataError& error) {
      return error.what();
    }
    return "loaded";
  }

  TemporaryFolder folder_;
};

TEST_F(LoraFileSettings, GiveEveryModuleOfTheirNetworkItsAlpha) {
  const StateDict lora = load(R"({"unet.lora_alpha": 2, "unet.r": 4, "text_encoder.r": 4})");
  EXPECT_EQ(lora.at("unet.mid.to_q.alpha").item<double>(), 2);
  EXPECT_EQ(lora.at("unet.mid.to_k.alpha").item<double>(), 2);
  EXPECT_EQ(lora.at("unet.mid.to_v.alpha").item<double>(), 7);  // the file's own
  EXPECT_FALSE(lora.contains("text_encoder.q_proj.alpha"));
}

TEST_F(LoraFileSettings, MayNameModulesWithAnotherAlpha) {
  const StateDict lora =
      load(R"({"unet.lora_alpha": 2, "unet.alpha_pattern": {"to_k": 8, "^to_q": 5, "o_q": 6}})");
  EXPECT_EQ(lora.at("unet.mid.to_k.alpha").item<double>(), 8);
  EXPECT_EQ(lora.at("unet.mid.to_q.alpha").item<double>(), 2);
}

TEST_F(LoraFileSettings, OfRankStabilizedLorasDivideByTheRootOfTheRank) {
  const StateDict lora = load(R"({"unet.lora_alpha": 2, "unet.use_rslora": true})");
  EXPECT_EQ(lora.at("unet.mid.to_q.alpha").item<double>() / 4, 2 / std::sqrt(4.0));
}

TEST_F(LoraFileSettings, ThatAreMalformedAreAnError) {
  EXPECT_THAT(message("{"), HasSubstr("lora_adapter_metadata"));
  EXPECT_THAT(message("[1]"), HasSubstr("expected a table"));
  EXPECT_THAT(message(R"({"unet.lora_alpha": "2"})"),
              HasSubstr(R"(unet.lora_alpha: expected a number, got "2")"));
  EXPECT_THAT(message(R"({"unet.lora_alpha": 2, "unet.alpha_pattern": 3})"),
              HasSubstr("unet.alpha_pattern: expected a table"));
  EXPECT_THAT(message(R"({"unet.lora_alpha": 2, "unet.alpha_pattern": {"(a*)*b": 3}})"),
              HasSubstr("expected names of modules, got '(a*)*b'"));
}

}  // namespace
}  // namespace situ
