// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "situ/hub/hub_settings.h"
#include "situ/hub/repository.h"

namespace situ {

struct DownloadOptions {
  HubSettings hub;
  std::string variant = {};  ///< "fp16": these weights where a part has them
  /// Whether files that are already there are hashed again, and fetched anew where they are broken.
  bool check_existing = false;
  /// Told after every piece: bytes that are there and bytes in all.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

/// Fetches one file into the cache's blobs, unless it is there. Resumes what a killed process left.
/// Content that is not what the server declared is put aside as `<hash>.corrupt` and fetched once
/// more. added: told how many bytes more (or, after a restart, fewer) are there.
/// Throws HttpError; DataError where the content is wrong twice; FileError (a full disk);
/// Interrupted.
void fetch_blob(const std::string& url, const RemoteFile& file, const CachedRepository& cached,
                const DownloadOptions& options, const std::function<void(int64_t)>& added);

/// Fetches what situ needs of a repository and returns the snapshot's folder. The snapshot's links
/// and refs/<revision> are written after all content has been checked.
/// Throws as fetch_blob and list_repository do; DataError where the repository is no model that
/// situ could read; FileError where the disk has too little room.
std::filesystem::path download_model(const RepositoryName& name, const DownloadOptions& options);

}  // namespace situ
