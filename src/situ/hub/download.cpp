// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/download.h"

#include <cstdlib>
#include <limits>
#include <system_error>
#include <vector>

#include "situ/core/errors.h"
#include "situ/hub/content_hash.h"
#include "situ/hub/partial_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

/// Where in the whole the content of an answer begins; -1 where the answer is for another part.
int64_t start_of(const HttpResponse& response) {
  if (response.status != 206) return 0;
  const std::string range = response.header("content-range");  // "bytes 100-199/200"
  if (!range.starts_with("bytes ")) return -1;
  return std::strtoll(range.c_str() + 6, nullptr, 10);
}

class BlobSink : public HttpSink {
 public:
  BlobSink(PartialFile& partial, const std::string& url, int64_t size,
           const std::function<void(int64_t)>& added)
      : partial_(partial), url_(url), size_(size), added_(added) {}

  void begin(const HttpResponse& response) override {
    const int64_t start = start_of(response);
    if (start == partial_.bytes()) return;
    if (start != 0) throw DataError(url_, "the server sends another part than it was asked for");
    added_(-partial_.bytes());  // it ignores ranges
    partial_.restart();
  }

  void add(std::string_view bytes) override {
    if (partial_.bytes() + static_cast<int64_t>(bytes.size()) > size_) {
      throw DataError(url_, "the server sends more than the " + std::to_string(size_) +
                                " bytes that it declared");
    }
    partial_.add(bytes);
    added_(static_cast<int64_t>(bytes.size()));
  }

 private:
  PartialFile& partial_;
  const std::string& url_;
  int64_t size_;
  const std::function<void(int64_t)>& added_;
};

/// One attempt to get the rest.
void fetch_rest(const std::string& url, const RemoteFile& file, const DownloadOptions& options,
                PartialFile& partial, const std::function<void(int64_t)>& added) {
  if (partial.bytes() == file.bytes && file.bytes > 0) return;
  BlobSink sink(partial, url, file.bytes, added);
  const HttpRequest request{.url = url,
                            .token = options.hub.token,
                            .from_byte = partial.bytes(),
                            .max_bytes = std::numeric_limits<int64_t>::max()};  // the sink looks
  try {
    http_once(request, options.hub.http, &sink);
  } catch (const HttpError& error) {
    if (error.status() != 416) throw;
    added(-partial.bytes());
    partial.restart();
    throw HttpError(error.what(), error.status(), true);
  }
  if (partial.bytes() < file.bytes) {
    throw HttpError(url + ": ends after " + std::to_string(partial.bytes()) + " of " +
                        std::to_string(file.bytes) + " bytes",
                    0, true);
  }
}

/// Whether the blob is there, and whole as far as is asked. A broken one is put aside.
bool is_there(const fs::path& blob, const RemoteFile& file, bool check) {
  std::error_code error;
  if (!fs::is_regular_file(blob, error)) return false;
  const bool whole = static_cast<int64_t>(fs::file_size(blob, error)) == file.bytes && !error;
  if (whole && (!check || content_is(blob, file.hash))) return true;
  fs::path aside = blob;
  aside += ".corrupt";
  fs::rename(blob, aside, error);
  return false;
}

std::string gigabytes(int64_t bytes) {
  const int64_t tenths = (bytes + 99'999'999) / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

void require_room(const fs::path& folder, int64_t needed) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || static_cast<int64_t>(space.available) >= needed) return;
  throw FileError(folder.string() + ": the model takes " + gigabytes(needed) +
                  " more and the disk has only " +
                  gigabytes(static_cast<int64_t>(space.available)) +
                  " free: make room there, or set HF_HUB_CACHE to a folder on another disk");
}

}  // namespace

void fetch_blob(const std::string& url, const RemoteFile& file, const CachedRepository& cached,
                const DownloadOptions& options, const std::function<void(int64_t)>& added) {
  const fs::path blob = cached.blob(file.hash);
  if (is_there(blob, file, options.check_existing)) {
    added(file.bytes);
    return;
  }
  make_folders(cached.blobs());
  PartialFile partial(blob, file.bytes);
  added(partial.bytes());
  std::string reason;
  for (int time = 0; time < 2; ++time) {
    try {
      with_retries(
          options.hub.http, [&] { return partial.bytes(); },
          [&] { fetch_rest(url, file, options, partial, added); });
      const int64_t arrived = partial.bytes();
      if (partial.finish()) return;
      added(-arrived);
      reason = "the content is not what the server declared (" + file.hash + ")";
    } catch (const DataError& error) {
      reason = error.what();
      added(-partial.bytes());
      partial.restart();
    }
  }
  partial.discard();
  throw DataError(url, "fetched twice, and refused: " + reason);
}

fs::path download_model(const RepositoryName& name, const DownloadOptions& options) {
  const RepositoryListing listing = list_repository(name, options.hub);
  const std::vector<std::string> paths = select_files(listing.files, options.variant);
  const std::string where = options.hub.endpoint + "/" + name.repository;
  if (paths.empty()) {
    throw DataError(where, "has neither model_index.json nor config.json: no folder of diffusers");
  }
  const CachedRepository cached(options.hub.cache, name.repository);
  std::vector<RemoteFile> files;
  int64_t total = 0;
  int64_t missing = 0;
  for (const std::string& path : paths) {
    files.push_back(describe_file(name.repository, listing.commit, path, options.hub));
    total += files.back().bytes;
    std::error_code ignored;
    if (!fs::exists(cached.blob(files.back().hash), ignored)) missing += files.back().bytes;
  }
  make_folders(cached.blobs());
  require_room(cached.blobs(), missing);
  int64_t done = 0;
  for (const RemoteFile& file : files) {
    const std::string url = file_url(name.repository, listing.commit, file.path, options.hub);
    fetch_blob(url, file, cached, options, [&](int64_t added) {
      done += added;
      if (options.progress) options.progress(done, total);
    });
  }
  // model_index.json comes last: what has it is complete.
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    cached.place(listing.commit, file->path, file->hash);
  }
  cached.set_ref(name.revision, listing.commit);
  return cached.snapshot(listing.commit);
}

}  // namespace situ
