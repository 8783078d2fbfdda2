// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "situ/hub/cache_layout.h"
#include "situ/hub/hub_settings.h"

namespace situ {

// The parts of a pipeline that situ reads; the safety checker, 1.2 GB, is not among them.
inline constexpr std::array<std::string_view, 4> kNetworkParts{"unet", "vae", "text_encoder",
                                                               "text_encoder_2"};
inline constexpr std::array<std::string_view, 3> kOtherParts{"tokenizer", "tokenizer_2",
                                                             "scheduler"};

/// What a hub's repository holds at a revision.
struct RepositoryListing {
  std::string commit;
  std::vector<std::string> files;
};

/// One file of a repository as the hub declares it.
struct RemoteFile {
  std::string path;
  std::string hash;  ///< a content name: SHA-256 or git's SHA-1
  int64_t bytes = 0;
};

/// Asks GET /api/models/<org>/<name>/revision/<revision>. Throws HttpError, and DataError where the
/// answer is malformed or names a file outside its folder.
RepositoryListing list_repository(const RepositoryName& name, const HubSettings& hub);
/// The same from the text of the answer; `source` is what messages name.
RepositoryListing parse_listing(const std::string& text, const std::string& source);

/// Asks HEAD for one file. Throws HttpError, and DataError where the answer declares no hash, no
/// length or another commit.
RemoteFile describe_file(const std::string& repository, const std::string& commit,
                         const std::string& path, const HubSettings& hub);

/// "<endpoint>/<org>/<name>/resolve/<commit>/<path>"
std::string file_url(const std::string& repository, const std::string& commit,
                     const std::string& path, const HubSettings& hub);

/// The files that situ needs of a folder of diffusers: configurations, tokenizers, and of every
/// part the weights of one variant (`variant` where the part has it, else the plain ones, else
/// fp16), as safetensors where there are any and pickles otherwise. Of a single part (config.json
/// in the root) the same. Left out: other formats, the safety checker. Empty where `files` is
/// neither.
std::vector<std::string> select_files(const std::vector<std::string>& files,
                                      const std::string& variant);

}  // namespace situ
