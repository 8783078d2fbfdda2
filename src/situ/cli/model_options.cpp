// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/model_options.h"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <system_error>

#include "situ/hub/resolve_model.h"

namespace situ {
namespace {

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

LoraFile lora_from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || is_there(text)) return {.path = text};
  const std::string number = text.substr(colon + 1);
  double scale = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, scale);
  if (error != std::errc() || stop != end || !std::isfinite(scale)) {
    throw std::invalid_argument("--lora " + text +
                                ": expected FILE or FILE:SCALE, got the scale '" + number + "'");
  }
  return {.path = text.substr(0, colon), .scale = scale};
}

std::filesystem::path autoencoder_path(const std::string& name, const std::string& variant) {
  if (is_there(name)) return name;
  if (find_named_model(name)) return resolve_model(name, {.variant = variant});
  throw std::invalid_argument("--vae " + name +
                              ": expected a folder, a file or a model of the hub (a name of 'situ "
                              "models list' or ORG/NAME[@REVISION]), got none of these");
}

}  // namespace situ
