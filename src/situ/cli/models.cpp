// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "situ/backends/model_folder.h"
#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/hub/installed_models.h"
#include "situ/hub/resolve_model.h"
#include "situ/hub/verify_model.h"

namespace situ {
namespace {

constexpr const char* kShipped[] = {"mini-inpainter", "mini-segmenter"};

struct ModelsArguments {
  std::string name;
  std::string revision;
  std::string variant;
  bool json = false;
};

std::string size_text(int64_t bytes) {
  const bool large = bytes >= 1'000'000'000;
  const int64_t tenths = bytes / (large ? 100'000'000 : 100'000);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + (large ? " GB" : " MB");
}

std::optional<std::filesystem::path> shipped_folder(const std::string& name) {
  std::error_code ignored;
  for (const std::filesystem::path& root : model_roots()) {
    if (std::filesystem::is_directory(root / name, ignored)) return root / name;
  }
  return std::nullopt;
}

/// Throws std::invalid_argument with the nearest names for text that names no model of a hub.
NamedModel named_model(const ModelsArguments& arguments) {
  auto model = find_named_model(arguments.name, arguments.revision);
  if (model) return *model;
  if (find_named_model(arguments.name)) {
    throw std::invalid_argument("--revision: '" + arguments.revision +
                                "' is no branch, tag or commit");
  }
  throw std::invalid_argument(unknown_name_message("model", arguments.name, known_model_names()) +
                              " (or name a repository of the hub: ORG/NAME[@REVISION])");
}

std::filesystem::path cached_or_throw(const ModelsArguments& arguments, const HubSettings& hub) {
  if (const auto cached = find_cached_model(named_model(arguments), hub.cache)) return *cached;
  throw FileError("the model " + arguments.name + " is not in " + hub.cache.string() +
                  ": fetch it with 'situ models download " + arguments.name + "'");
}

nlohmann::ordered_json described(const std::string& name, const NamedModel& model,
                                 const HubSettings& hub) {
  nlohmann::ordered_json row{{"name", name}};
  if (model.known != nullptr) {
    row["kind"] = model.known->kind;
    row["licence"] = model.known->licence;
    row["gigabytes"] = model.known->gigabytes;
    row["formerly"] = model.known->formerly;
  }
  for (const RepositoryName& repository : model.repositories) {
    row["repositories"].push_back(repository.repository);
  }
  row["revision"] = model.repositories.front().revision;
  row["path"] = nullptr;
  row["bytes_on_disk"] = 0;
  if (const auto cached = find_cached_model(model, hub.cache)) {
    row["path"] = cached->string();
    int64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*cached, error)) {
      if (!entry.is_regular_file(error)) continue;
      bytes += static_cast<int64_t>(entry.file_size(error));
    }
    row["bytes_on_disk"] = bytes;
  }
  return row;
}

void print_row(const std::string& name, const std::string& kind, const std::string& state,
               const std::string& licence) {
  const auto padded = [](std::string text, size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text + "  ";
  };
  std::cout << padded(name, 22) << padded(kind, 14) << padded(state, 26) << licence << "\n";
}

bool is_of_table(const std::string& repository) {
  return std::any_of(known_models().begin(), known_models().end(), [&](const KnownModel& model) {
    return std::count(model.repositories.begin(), model.repositories.end(), repository) > 0 ||
           std::count(model.formerly.begin(), model.formerly.end(), repository) > 0;
  });
}

nlohmann::ordered_json listed_models(const HubSettings& hub) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const char* name : kShipped) {
    const auto folder = shipped_folder(name);
    rows.push_back({{"name", name},
                    {"kind", "ships with situ"},
                    {"licence", "Apache-2.0"},
                    {"path", nullptr},
                    {"bytes_on_disk", 0},
                    {"gigabytes", 0.0}});
    if (folder) rows.back()["path"] = folder->string();
  }
  for (const KnownModel& known : known_models()) {
    rows.push_back(described(known.name, *find_named_model(known.name), hub));
  }
  for (const InstalledModel& model : installed_models(hub.cache)) {
    if (is_of_table(model.repository)) continue;
    rows.push_back({{"name", model.repository},
                    {"kind", "in the cache"},
                    {"licence", ""},
                    {"path", CachedRepository(hub.cache, model.repository).folder().string()},
                    {"bytes_on_disk", model.bytes},
                    {"gigabytes", 0.0}});
  }
  return rows;
}

void list_models(const ModelsArguments& arguments) {
  const nlohmann::ordered_json rows = listed_models(hub_settings_from_environment());
  if (arguments.json) {
    std::cout << rows.dump(2) << "\n";
    return;
  }
  for (const nlohmann::ordered_json& row : rows) {
    const auto bytes = row["bytes_on_disk"].get<int64_t>();
    std::string state = "here";
    if (row["path"].is_null()) {
      state = "not fetched, about " +
              size_text(static_cast<int64_t>(row["gigabytes"].get<double>() * 1e9));
    } else if (bytes > 0) {
      state = "here, " + size_text(bytes);
    }
    print_row(row["name"], row["kind"], state, row["licence"]);
  }
}

void show_model(const ModelsArguments& arguments) {
  const nlohmann::ordered_json row =
      described(arguments.name, named_model(arguments), hub_settings_from_environment());
  if (arguments.json) {
    std::cout << row.dump(2) << "\n";
    return;
  }
  for (const auto& [key, value] : row.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    std::cout << key << ": " << text << "\n";
  }
}

void download(const ModelsArguments& arguments) {
  named_model(arguments);  // a folder of that name is not what is meant
  const std::filesystem::path snapshot =
      resolve_model(arguments.name, {.variant = arguments.variant,
                                     .check_existing = true,
                                     .refresh = true,
                                     .revision = arguments.revision});
  std::cout << snapshot.string() << "\n";
}

/// The snapshot, whole or not: a model with a broken index is still to be looked at.
std::filesystem::path snapshot_or_throw(const ModelsArguments& arguments, const HubSettings& hub) {
  for (const RepositoryName& name : named_model(arguments).repositories) {
    const CachedRepository cached(hub.cache, name.repository);
    if (const auto snapshot = cached.find_snapshot(name.revision)) return *snapshot;
  }
  return cached_or_throw(arguments, hub);
}

int verify_model(const ModelsArguments& arguments) {
  const HubSettings hub = hub_settings_from_environment();
  const std::vector<VerifiedFile> files = verify_snapshot(snapshot_or_throw(arguments, hub));
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool good = true;
  for (const VerifiedFile& file : files) {
    good = good && (file.state == VerifiedFile::State::kGood ||
                    file.state == VerifiedFile::State::kUnrecorded);
    rows.push_back({{"file", file.path}, {"hash", file.hash}, {"state", name_of(file.state)}});
    if (!arguments.json) std::cout << name_of(file.state) << "  " << file.path << "\n";
  }
  if (arguments.json) std::cout << rows.dump(2) << "\n";
  if (!good) {
    log_error("files are broken or missing: run 'situ models download " + arguments.name +
              "', which fetches these anew");
  }
  return good ? kDone : kFailed;
}

void remove(const ModelsArguments& arguments) {
  const HubSettings hub = hub_settings_from_environment();
  int64_t freed = 0;
  for (const RepositoryName& name : named_model(arguments).cached_repositories()) {
    freed += situ::remove_model(hub.cache, name.repository, name.revision);
  }
  if (freed == 0) {
    throw FileError("the model " + arguments.name + " is not in " + hub.cache.string());
  }
  log_info("removed " + arguments.name + ": " + size_text(freed));
}

CLI::App* add_verb(CLI::App& models, const char* verb, const char* help,
                   const std::shared_ptr<ModelsArguments>& arguments) {
  CLI::App* command = models.add_subcommand(verb, help);
  command
      ->add_option("name", arguments->name,
                   "a name that 'situ models list' shows, or ORG/NAME[@REVISION] of the hub")
      ->required();
  command->add_option("--revision", arguments->revision, "branch, tag or commit; default: main");
  return command;
}

void add_json_flag(CLI::App& command, const std::shared_ptr<ModelsArguments>& arguments) {
  command.add_flag("--json", arguments->json, "as JSON");
}

}  // namespace

void add_models_command(CLI::App& program, int& exit_code) {
  CLI::App* models =
      program.add_subcommand("models", "list, fetch, check and remove published models");
  models->require_subcommand(1);
  const auto arguments = std::make_shared<ModelsArguments>();
  CLI::App* list = models->add_subcommand("list", "the models that situ knows or that are here");
  add_json_flag(*list, arguments);
  list->callback([arguments, &exit_code] {
    list_models(*arguments);
    exit_code = kDone;
  });
  CLI::App* show =
      add_verb(*models, "show", "where a model comes from, and where it is", arguments);
  add_json_flag(*show, arguments);
  show->callback([arguments, &exit_code] {
    show_model(*arguments);
    exit_code = kDone;
  });
  CLI::App* fetch =
      add_verb(*models, "download",
               "fetch a model into Hugging Face's cache, or the parts that are missing or broken; "
               "prints its folder",
               arguments);
  fetch->add_option("--variant", arguments->variant, "the weights to prefer")
      ->check(CLI::IsMember({"fp16"}));
  fetch->callback([arguments, &exit_code] {
    download(*arguments);
    exit_code = kDone;
  });
  CLI::App* verify = add_verb(
      *models, "verify", "hash a model's files again; exit code 1 where one is broken", arguments);
  add_json_flag(*verify, arguments);
  verify->callback([arguments, &exit_code] { exit_code = verify_model(*arguments); });
  add_verb(*models, "path", "print the folder of a model that is here", arguments)
      ->callback([arguments, &exit_code] {
        std::cout << cached_or_throw(*arguments, hub_settings_from_environment()).string() << "\n";
        exit_code = kDone;
      });
  add_verb(*models, "remove", "remove a model from the cache", arguments)
      ->callback([arguments, &exit_code] {
        remove(*arguments);
        exit_code = kDone;
      });
}

}  // namespace situ
