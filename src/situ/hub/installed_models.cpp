// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/installed_models.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "situ/hub/cache_layout.h"
#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxRefBytes = 200;

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);  // does not follow links
  if (error) throw file_failure(path, "removed", error.value());
}

/// The blobs that the snapshots link to.
std::set<std::string> used_blobs(const CachedRepository& repository) {
  std::set<std::string> used;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(repository.folder() / "snapshots", error);
       entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_symlink(error)) used.insert(fs::read_symlink(entry->path(), error).filename());
  }
  return used;
}

void remove_refs_to(const CachedRepository& repository, const std::string& commit) {
  std::vector<fs::path> refs;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(repository.folder() / "refs", error);
       entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error) &&
        read_file(entry->path(), kMaxRefBytes).starts_with(commit)) {
      refs.push_back(entry->path());
    }
  }
  for (const fs::path& ref : refs) remove_tree(ref);
}

}  // namespace

std::vector<InstalledModel> installed_models(const fs::path& cache) {
  static const std::string kStart = "models--";
  std::vector<InstalledModel> models;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(cache, ignored)) {
    std::string name = entry.path().filename();
    if (!name.starts_with(kStart)) continue;
    name.erase(0, kStart.size());
    const size_t dashes = name.find("--");
    if (dashes == std::string::npos) continue;
    name.replace(dashes, 2, "/");
    if (!parse_repository_name(name)) continue;
    const CachedRepository repository(cache, name);
    InstalledModel model{.repository = name, .commits = repository.commits()};
    if (model.commits.empty()) continue;
    model.bytes = bytes_on_disk(repository);
    models.push_back(std::move(model));
  }
  std::sort(models.begin(), models.end(), [](const InstalledModel& a, const InstalledModel& b) {
    return a.repository < b.repository;
  });
  return models;
}

int64_t remove_model(const fs::path& cache, const std::string& name, const std::string& revision) {
  const CachedRepository repository(cache, name);
  const auto commit = repository.commit_of(revision);
  std::error_code error;
  if (!commit || !fs::is_directory(repository.snapshot(*commit), error)) return 0;
  const int64_t before = bytes_on_disk(repository);
  remove_refs_to(repository, *commit);
  remove_tree(repository.snapshot(*commit));
  if (repository.commits().empty()) {
    remove_tree(repository.folder());
    return before;
  }
  const std::set<std::string> used = used_blobs(repository);
  std::vector<fs::path> unused;
  for (const auto& entry : fs::directory_iterator(repository.blobs(), error)) {
    if (!used.contains(entry.path().filename())) unused.push_back(entry.path());
  }
  for (const fs::path& blob : unused) remove_tree(blob);
  return before - bytes_on_disk(repository);
}

}  // namespace situ
