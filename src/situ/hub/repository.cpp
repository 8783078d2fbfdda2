// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/repository.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/hub/content_hash.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

constexpr size_t kMaxFiles = 10000;

bool is_part(std::string_view name) {
  return std::find(kNetworkParts.begin(), kNetworkParts.end(), name) != kNetworkParts.end() ||
         std::find(kOtherParts.begin(), kOtherParts.end(), name) != kOtherParts.end();
}

/// The hash in an ETag: W/"<hash>" or "<hash>".
std::string hash_of_etag(std::string text) {
  if (text.starts_with("W/")) text.erase(0, 2);
  std::erase(text, '"');
  return text;
}

std::optional<int64_t> number_in(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// What kind of file of weights a name is.
struct WeightsName {
  bool pickle = false;
  std::string variant = {};
};

/// Removes "-00001-of-00002".
void drop_shard(std::string& text) {
  constexpr std::string_view kPattern = "-#####-of-#####";
  for (size_t at = 0; at + kPattern.size() <= text.size(); ++at) {
    bool same = true;
    for (size_t i = 0; i < kPattern.size() && same; ++i) {
      const char sign = text[at + i];
      same =
          kPattern[i] == '#' ? std::isdigit(static_cast<uint8_t>(sign)) != 0 : sign == kPattern[i];
    }
    if (same) {
      text.erase(at, kPattern.size());
      return;
    }
  }
}

/// "model.fp16-00001-of-00002.safetensors", "model.safetensors.index.fp16.json" and their like.
std::optional<WeightsName> weights_name(std::string name) {
  static constexpr std::array<std::string_view, 3> kStems{"diffusion_pytorch_model",
                                                          "pytorch_model", "model"};
  const auto stem = std::find_if(kStems.begin(), kStems.end(),
                                 [&](std::string_view one) { return name.starts_with(one); });
  if (stem == kStems.end()) return std::nullopt;
  name.erase(0, stem->size());
  drop_shard(name);
  for (const bool pickle : {false, true}) {
    const std::string kind = pickle ? ".bin" : ".safetensors";
    const size_t at = name.find(kind);
    if (at == std::string::npos) continue;
    std::string variant = name.substr(0, at);
    std::string rest = name.substr(at + kind.size());
    if (rest.starts_with(".index") && rest.ends_with(".json")) {
      variant += rest.substr(6, rest.size() - 6 - 5);
    } else if (!rest.empty()) {
      return std::nullopt;
    }
    if (!variant.empty() && variant.front() != '.') return std::nullopt;
    return WeightsName{pickle, variant.empty() ? variant : variant.substr(1)};
  }
  return std::nullopt;
}

bool is_text_file(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".txt") || name.ends_with(".model");
}

/// Of one folder's names, those that are needed.
std::vector<std::string> select_of_part(const std::vector<std::string>& names,
                                        const std::string& variant) {
  std::map<std::string, std::vector<std::string>> kinds[2];  // by pickle, variant
  std::vector<std::string> chosen;
  for (const std::string& name : names) {
    if (const auto weights = weights_name(name)) {
      kinds[weights->pickle][weights->variant].push_back(name);
    } else if (is_text_file(name) && name.find(".index.") == std::string::npos) {
      chosen.push_back(name);
    }
  }
  for (const auto& kind : kinds) {
    for (const std::string& wanted : {variant, std::string(), std::string("fp16")}) {
      const auto found = kind.find(wanted);
      if (found == kind.end()) continue;
      chosen.insert(chosen.end(), found->second.begin(), found->second.end());
      return chosen;
    }
  }
  return chosen;
}

}  // namespace

RepositoryListing parse_listing(const std::string& text, const std::string& source) {
  const nlohmann::json json = parse_json(text, source);
  RepositoryListing listing;
  if (!json.is_object() || !json.contains("sha") || !json["sha"].is_string() ||
      !json.contains("siblings") || !json["siblings"].is_array()) {
    throw DataError(source, "expected a table with sha and siblings");
  }
  listing.commit = json["sha"].get<std::string>();
  if (!is_commit(listing.commit)) throw DataError(source, "sha: expected 40 hexadecimal digits");
  if (json["siblings"].size() > kMaxFiles) throw DataError(source, "lists more than 10000 files");
  for (const nlohmann::json& file : json["siblings"]) {
    if (!file.is_object() || !file.contains("rfilename") || !file["rfilename"].is_string()) {
      throw DataError(source, "siblings: expected tables with rfilename");
    }
    listing.files.push_back(file["rfilename"].get<std::string>());
    if (!is_safe_path(listing.files.back())) {
      throw DataError(source, "siblings: " + file["rfilename"].dump() +
                                  " is no name of a file inside the repository");
    }
  }
  return listing;
}

RepositoryListing list_repository(const RepositoryName& name, const HubSettings& hub) {
  const std::string url = hub.endpoint + "/api/models/" + name.repository + "/revision/" +
                          percent_encoded(name.revision, false);
  return parse_listing(http_text({.url = url, .token = hub.token}, hub.http), url);
}

std::string file_url(const std::string& repository, const std::string& commit,
                     const std::string& path, const HubSettings& hub) {
  return hub.endpoint + "/" + repository + "/resolve/" + commit + "/" + percent_encoded(path, true);
}

RemoteFile describe_file(const std::string& repository, const std::string& commit,
                         const std::string& path, const HubSettings& hub) {
  const std::string url = file_url(repository, commit, path, hub);
  const HttpResponse response =
      http_head({.url = url, .head = true, .token = hub.token, .leave_server = false}, hub.http);
  const std::string answered = response.header("x-repo-commit");
  if (!answered.empty() && answered != commit) {
    throw DataError(url, "the server answers with commit " + answered.substr(0, 40));
  }
  std::string etag = response.header("x-linked-etag");
  const bool linked = !etag.empty();
  if (!linked) etag = response.header("etag");
  std::string size = response.header("x-linked-size");
  // A redirect's own length is not the file's.
  if (size.empty() && response.status < 300) size = response.header("content-length");
  RemoteFile file{.path = path, .hash = hash_of_etag(etag)};
  if (!is_content_name(file.hash)) {
    throw DataError(url,
                    "the server declares no SHA-256 or git hash (X-Linked-Etag, ETag) that the "
                    "content could be checked against");
  }
  const auto bytes = number_in(size);
  if (!bytes) throw DataError(url, "the server declares no length (X-Linked-Size, Content-Length)");
  file.bytes = *bytes;
  return file;
}

std::vector<std::string> select_files(const std::vector<std::string>& files,
                                      const std::string& variant) {
  const std::set<std::string> all(files.begin(), files.end());
  std::map<std::string, std::vector<std::string>> parts;
  std::vector<std::string> chosen;
  if (all.contains("model_index.json")) {
    chosen.push_back("model_index.json");
    for (const std::string& file : all) {
      const size_t slash = file.find('/');
      if (slash == std::string::npos || file.find('/', slash + 1) != std::string::npos) continue;
      const std::string part = file.substr(0, slash);
      if (!is_part(part)) continue;
      parts[part].push_back(file.substr(slash + 1));
    }
  } else if (all.contains("config.json")) {
    for (const std::string& file : all) {
      if (file.find('/') == std::string::npos) parts[""].push_back(file);
    }
  }
  for (const auto& [part, names] : parts) {
    for (const std::string& name : select_of_part(names, variant)) {
      chosen.push_back(part.empty() ? name : part + "/" + name);
    }
  }
  return chosen;
}

}  // namespace situ
