// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "fuzz/fuzz_input.h"
#include "situ/io/json_file.h"
#include "situ/models/bert/bert_config.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/grounding_dino/grounding_dino_config.h"
#include "situ/models/stable_diffusion/autoencoder_kl.h"
#include "situ/models/stable_diffusion/autoencoder_tiny.h"
#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet_config.h"
#include "situ/models/swin/swin_config.h"

// Every config of a model folder is read from the same JSON: readers pass over keys of the others.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const std::string text(text_of(data, size));
  read_or_refuse([&] { parse_json(text, "input"); });
  read_or_refuse([&] {
    const nlohmann::json json = parse_python_json(text, "input");
    read_or_refuse([&] { UNetConfig::from_json(json, "input"); });
    read_or_refuse([&] { AutoencoderKlConfig::from_json(json, "input"); });
    read_or_refuse([&] { AutoencoderTinyConfig::from_json(json, "input"); });
    read_or_refuse([&] { ClipTextConfig::from_json(json, "input"); });
    read_or_refuse([&] { GroundingDinoConfig::from_json(json, "input"); });
    for (const char* part : {"text_config", "backbone_config"}) {
      if (!json.is_object() || !json.contains(part)) continue;
      read_or_refuse([&] { BertConfig::from_json(json.at(part), "input"); });
      read_or_refuse([&] { SwinConfig::from_json(json.at(part), "input"); });
    }
    for (const std::string& name : scheduler_names()) {
      for (const int64_t steps : {1, 30}) {
        read_or_refuse([&] {
          try {
            make_scheduler(json, "input", name, steps);
          } catch (const std::invalid_argument&) {
            // documented: the config may leave no room for so many steps
          }
        });
      }
    }
  });
  return 0;
}
