// SPDX-License-Identifier: Apache-2.0
#include "situ/training/snapshot.h"

#include <ATen/ATen.h>

#include <charconv>
#include <map>

#include "situ/core/errors.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

constexpr const char* kFormat = "situ-training-snapshot-1";

std::string metadata_value(const SafetensorsFile& file, const std::string& path, const char* key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    throw DataError(path, std::string("no training snapshot: lacks ") + key);
  return found->second;
}

}  // namespace

void save_snapshot(const std::filesystem::path& file, const Optimizer& optimizer,
                   int64_t steps_done, const std::string& recipe) {
  save_safetensors(
      file, optimizer.state(),
      {{"format", kFormat}, {"steps_done", std::to_string(steps_done)}, {"recipe", recipe}});
}

std::optional<int64_t> load_snapshot(const std::filesystem::path& path, Optimizer& optimizer,
                                     const std::string& recipe) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const SafetensorsFile file(path);
  if (metadata_value(file, path, "format") != kFormat) {
    throw DataError(path, "expected format " + std::string(kFormat));
  }
  if (const std::string made_with = metadata_value(file, path, "recipe"); made_with != recipe) {
    throw DataError(path,
                    "was made with another recipe; use a new run folder, or take the old recipe: " +
                        made_with + " against " + recipe);
  }
  const std::string text = metadata_value(file, path, "steps_done");
  int64_t steps_done = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), steps_done).ec != std::errc() ||
      steps_done < 0) {
    throw DataError(path, "steps_done: expected a number, got " + text);
  }
  StateDict state;
  for (const std::string& name : file.names()) state[name] = file.tensor(name);
  optimizer.load(state, steps_done, path);
  return steps_done;
}

}  // namespace situ
