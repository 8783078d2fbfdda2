// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/resolve_model.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/core/progress.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

bool is_weights(std::string_view name) {
  return name.ends_with(".safetensors") || name.ends_with(".bin");
}

/// True where a folder has weights, and all shards that an index of it names.
bool has_weights(const fs::path& folder) {
  bool found = false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    // A link whose blob is gone does not exist.
    if (is_weights(name) && entry.exists(error)) found = true;
    if (name.find(".index.") == std::string::npos || !entry.exists(error)) continue;
    const nlohmann::json index = load_json(entry.path());
    if (!index.is_object() || !index.contains("weight_map")) return false;
    for (const nlohmann::json& shard : index["weight_map"]) {
      if (!shard.is_string()) return false;
      const std::string file = shard.get<std::string>();
      if (!is_safe_path(file) || !fs::exists(folder / file, error)) return false;
    }
  }
  return found;
}

bool has_a_file(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.exists(error)) return true;
  }
  return false;
}

/// Prints at most one line a step of Progress.
std::function<void(int64_t, int64_t)> progress_line(const std::string& name) {
  return [name, line = std::shared_ptr<Progress>(), resumed = int64_t{0}](int64_t done,
                                                                          int64_t total) mutable {
    constexpr int64_t kMegabyte = 1'000'000;
    if (line == nullptr) {
      line = std::make_shared<Progress>(name + ", MB", (total + kMegabyte - 1) / kMegabyte);
      resumed = done / kMegabyte;
    }
    line->update((done + (done == total ? kMegabyte - 1 : 0)) / kMegabyte, "", resumed);
  };
}

/// What the user is to do about a model that is not here.
std::string how_to_download(const std::string& name) {
  return "fetch it where there is a network with 'situ models download " + name + "'";
}

fs::path download_named(const std::string& name, const NamedModel& model, const HubSettings& hub,
                        const ResolveOptions& options) {
  DownloadOptions download{.hub = hub,
                           .variant = options.variant,
                           .check_existing = options.check_existing,
                           .progress = options.progress};
  std::string failures;
  for (const RepositoryName& repository : model.repositories) {
    if (!options.progress) download.progress = progress_line(repository.repository);
    log_info("fetching " + repository.repository + " (" + repository.revision + ") from " +
             hub.endpoint);
    try {
      return download_model(repository, download);
    } catch (const HttpError& error) {
      failures += std::string("; ") + error.what();
    } catch (const DataError& error) {
      failures += std::string("; ") + error.what();
    }
  }
  throw FileError("the model " + name + " cannot be fetched" + failures);
}

}  // namespace

std::vector<RepositoryName> NamedModel::cached_repositories() const {
  std::vector<RepositoryName> names = repositories;
  if (known == nullptr) return names;
  for (const std::string& gone : known->formerly) {
    names.push_back({gone, repositories.front().revision});
  }
  return names;
}

std::optional<NamedModel> find_named_model(const std::string& name, const std::string& revision) {
  const auto of_table = [&](const KnownModel& known) {
    NamedModel model{.known = &known, .repositories = {}};
    for (const std::string& repository : known.repositories) {
      model.repositories.push_back({repository, revision.empty() ? known.revision : revision});
    }
    return model;
  };
  if (const KnownModel* known = find_known_model(name)) return of_table(*known);
  auto repository = parse_repository_name(name);
  if (!repository) return std::nullopt;
  if (!revision.empty()) {
    repository = parse_repository_name(repository->repository + "@" + revision);
    if (!repository) return std::nullopt;
  }
  const KnownModel* renamed = find_renamed_model(repository->repository);
  NamedModel model = renamed != nullptr ? of_table(*renamed) : NamedModel{};
  // A copy that was fetched before the repository went is still good.
  if (renamed == nullptr) model.repositories = {*repository};
  return model;
}

bool is_complete_snapshot(const fs::path& snapshot) {
  std::error_code error;
  if (!fs::exists(snapshot / "model_index.json", error)) {
    return fs::exists(snapshot / "config.json", error) && has_weights(snapshot);
  }
  const nlohmann::json index = load_json(snapshot / "model_index.json");
  if (!index.is_object()) return false;
  const auto is_named = [&](std::string_view part) {
    const auto found = index.find(std::string(part));
    return found != index.end() && found->is_array() && !found->empty() &&
           !found->front().is_null();
  };
  return std::all_of(kNetworkParts.begin(), kNetworkParts.end(),
                     [&](std::string_view part) {
                       return !is_named(part) || has_weights(snapshot / part);
                     }) &&
         std::all_of(kOtherParts.begin(), kOtherParts.end(), [&](std::string_view part) {
           return !is_named(part) || has_a_file(snapshot / part);
         });
}

std::optional<fs::path> find_cached_model(const NamedModel& model, const fs::path& cache) {
  for (const RepositoryName& name : model.cached_repositories()) {
    const auto snapshot = CachedRepository(cache, name.repository).find_snapshot(name.revision);
    try {
      if (snapshot && is_complete_snapshot(*snapshot)) return snapshot;
    } catch (const DataError& error) {
      log_warning(std::string(error.what()) + " (its model counts as not there)");
    }
  }
  return std::nullopt;
}

fs::path resolve_model(const std::string& name, const ResolveOptions& options) {
  std::error_code ignored;
  if (!name.empty() && options.revision.empty() && fs::exists(name, ignored)) return name;
  const auto model = find_named_model(name, options.revision);
  if (!model) {
    throw std::invalid_argument(
        unknown_name_message("model", name, known_model_names()) +
        " (a model is a known name, ORG/NAME[@REVISION] of the hub, or an existing path)");
  }
  if (model->known != nullptr && model->known->name != name) {
    log_warning(name + " is no longer published; its copy " + model->known->repositories.front() +
                " (" + model->known->name + ") stands for it");
  }
  const HubSettings hub = options.hub ? *options.hub : hub_settings_from_environment();
  const bool may_download = options.allow_download && !hub.offline;
  if (!options.refresh || !may_download) {
    if (const auto cached = find_cached_model(*model, hub.cache)) return *cached;
  }
  if (hub.offline) {
    throw FileError("the model " + name + " is not in " + hub.cache.string() +
                    " and HF_HUB_OFFLINE is set: unset it, or " + how_to_download(name));
  }
  if (!may_download) {
    throw FileError("the model " + name + " is not in " + hub.cache.string() + ": " +
                    how_to_download(name));
  }
  return download_named(name, *model, hub, options);
}

}  // namespace situ
