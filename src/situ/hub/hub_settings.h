// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "situ/hub/http_client.h"

namespace situ {

/// Where models come from and go to.
struct HubSettings {
  std::filesystem::path cache;  ///< of Hugging Face's layout
  std::string endpoint = "https://huggingface.co";
  std::string token = {};  ///< empty: none
  bool offline = false;
  HttpOptions http = {};
};

/// The settings of the environment, as huggingface_hub reads it: the cache from HF_HUB_CACHE, else
/// HUGGINGFACE_HUB_CACHE, else hub/ below HF_HOME, else XDG_CACHE_HOME/huggingface/hub, else
/// ~/.cache/huggingface/hub; HF_ENDPOINT; HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE (1, ON, YES,
/// TRUE); the token from HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH, else
/// token below HF_HOME, unless HF_HUB_DISABLE_IMPLICIT_TOKEN is set. Throws std::invalid_argument
/// for an endpoint that is no http(s) address.
HubSettings hub_settings_from_environment();

}  // namespace situ
