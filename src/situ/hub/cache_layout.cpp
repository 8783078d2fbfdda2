// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/cache_layout.h"

#include <algorithm>
#include <cctype>
#include <random>
#include <stdexcept>
#include <system_error>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxNameBytes = 96;  // the hub's own limit
constexpr int64_t kMaxRefBytes = 200;
constexpr size_t kCommitDigits = 40;

bool is_name_part(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes || text.front() == '.' || text.front() == '-') {
    return false;
  }
  // The cache writes "--" for the slash.
  if (text.find("--") != text.npos || text.find("..") != text.npos) return false;
  return std::all_of(text.begin(), text.end(), [](char sign) {
    return std::isalnum(static_cast<uint8_t>(sign)) || sign == '.' || sign == '_' || sign == '-';
  });
}

bool is_revision(std::string_view text) {
  return is_safe_path(text) && text.size() <= kMaxRefBytes && text.front() != '-' &&
         text.find_first_of(" ?#%*~^:@\\") == text.npos;
}

fs::path unused_name(const fs::path& beside) {
  std::random_device random;
  return beside.parent_path() /
         (".situ-" + std::to_string(random()) + std::to_string(random()) + ".tmp");
}

/// "../../blobs/<hash>", one more ".." for every folder in the path.
fs::path link_target(const std::string& path, std::string_view hash) {
  fs::path target = "../..";
  for (const char sign : path) {
    if (sign == '/') target /= "..";
  }
  return target / "blobs" / hash;
}

}  // namespace

std::optional<RepositoryName> parse_repository_name(std::string_view text) {
  RepositoryName name;
  if (const size_t at = text.find('@'); at != text.npos) {
    name.revision = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const size_t slash = text.find('/');
  if (slash == text.npos || !is_name_part(text.substr(0, slash)) ||
      !is_name_part(text.substr(slash + 1)) || !is_revision(name.revision)) {
    return std::nullopt;
  }
  name.repository = text;
  return name;
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPathBytes || path.front() == '/') return false;
  for (const char sign : path) {
    if (static_cast<uint8_t>(sign) < 32 || sign == 127 || sign == '\\') return false;
  }
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    start = end + 1;
  }
  return true;
}

bool is_commit(std::string_view text) {
  return text.size() == kCommitDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

CachedRepository::CachedRepository(const fs::path& cache, const std::string& repository) {
  const auto name = parse_repository_name(repository);
  if (!name || name->repository != repository) {
    throw std::invalid_argument("'" + repository + "' is no repository: expected ORG/NAME");
  }
  const size_t slash = repository.find('/');
  folder_ =
      cache / ("models--" + repository.substr(0, slash) + "--" + repository.substr(slash + 1));
}

std::optional<std::string> CachedRepository::commit_of(const std::string& revision) const {
  if (is_commit(revision)) return revision;
  const fs::path ref = folder_ / "refs" / revision;
  std::error_code ignored;
  if (!is_revision(revision) || !fs::is_regular_file(ref, ignored)) return std::nullopt;
  std::string text = read_file(ref, kMaxRefBytes);
  while (!text.empty() && std::isspace(static_cast<uint8_t>(text.back()))) text.pop_back();
  if (!is_commit(text)) throw DataError(ref, "expected a commit of 40 hexadecimal digits");
  return text;
}

std::optional<fs::path> CachedRepository::find_snapshot(const std::string& revision) const {
  const auto commit = commit_of(revision);
  std::error_code ignored;
  if (!commit || !fs::is_directory(snapshot(*commit), ignored)) return std::nullopt;
  return snapshot(*commit);
}

std::vector<std::string> CachedRepository::commits() const {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_ / "snapshots", ignored)) {
    const std::string name = entry.path().filename();
    if (is_commit(name) && entry.is_directory(ignored)) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void CachedRepository::place(const std::string& commit, const std::string& path,
                             std::string_view hash) const {
  if (!is_commit(commit) || !is_safe_path(path)) {
    throw std::invalid_argument("the cache takes no file '" + path + "'");
  }
  const fs::path link = snapshot(commit) / path;
  const fs::path target = link_target(path, hash);
  std::error_code error;
  if (fs::is_symlink(link, error) && fs::read_symlink(link, error) == target) return;
  make_folders(link.parent_path());
  const fs::path temporary = unused_name(link);
  fs::create_symlink(target, temporary, error);
  if (error) {
    fs::copy_file(blob(hash), temporary, error);
    if (error) throw file_failure(link, "written", error.value());
  }
  fs::rename(temporary, link, error);
  if (error) {
    const int reason = error.value();
    fs::remove(temporary, error);
    throw file_failure(link, "written", reason);
  }
}

void CachedRepository::set_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit) return;
  if (!is_revision(revision) || !is_commit(commit)) {
    throw std::invalid_argument("the cache takes no revision '" + revision + "'");
  }
  const fs::path ref = folder_ / "refs" / revision;
  make_folders(ref.parent_path());
  write_file(ref, commit);
}

int64_t bytes_on_disk(const CachedRepository& repository) {
  int64_t bytes = 0;
  std::error_code ignored;
  for (const char* part : {"blobs", "snapshots"}) {
    for (auto entry = fs::recursive_directory_iterator(repository.folder() / part, ignored);
         entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
      if (entry->is_symlink(ignored) || !entry->is_regular_file(ignored)) continue;
      const auto size = entry->file_size(ignored);
      if (!ignored) bytes += static_cast<int64_t>(size);
    }
  }
  return bytes;
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw file_failure(folder, "created", error.value());
}

}  // namespace situ
