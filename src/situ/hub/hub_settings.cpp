// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/hub_settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>

#include "situ/io/file_bytes.h"

namespace situ {
namespace {

constexpr int64_t kMaxTokenBytes = 4096;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_true(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<uint8_t>(letter)));
  return text == "1" || text == "ON" || text == "YES" || text == "TRUE";
}

std::filesystem::path with_home(const std::string& text) {
  if (text == "~" || text.starts_with("~/")) return variable("HOME") + text.substr(1);
  return text;
}

std::filesystem::path hugging_face_home() {
  if (const std::string home = variable("HF_HOME"); !home.empty()) return with_home(home);
  const std::string xdg = variable("XDG_CACHE_HOME");
  return with_home(xdg.empty() ? "~/.cache" : xdg) / "huggingface";
}

/// What a header can carry; a file's final newline goes.
std::string cleaned_token(std::string text) {
  const auto no_sign = [](char sign) { return sign <= ' ' || sign > '~'; };
  text.erase(std::remove_if(text.begin(), text.end(), no_sign), text.end());
  return text;
}

std::string token_of_environment() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token = cleaned_token(variable(name)); !token.empty()) return token;
  }
  if (is_true(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return {};
  const std::string named = variable("HF_TOKEN_PATH");
  const std::filesystem::path file =
      named.empty() ? hugging_face_home() / "token" : with_home(named);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  return cleaned_token(read_file(file, kMaxTokenBytes));
}

}  // namespace

HubSettings hub_settings_from_environment() {
  HubSettings settings;
  settings.cache = hugging_face_home() / "hub";
  for (const char* name : {"HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE"}) {
    if (const std::string given = variable(name); !given.empty()) settings.cache = with_home(given);
  }
  if (std::string endpoint = variable("HF_ENDPOINT"); !endpoint.empty()) {
    while (endpoint.ends_with("/")) endpoint.pop_back();
    server_of(endpoint);
    settings.endpoint = endpoint;
  }
  settings.offline =
      is_true(variable("HF_HUB_OFFLINE")) || is_true(variable("TRANSFORMERS_OFFLINE"));
  settings.token = token_of_environment();
  return settings;
}

}  // namespace situ
