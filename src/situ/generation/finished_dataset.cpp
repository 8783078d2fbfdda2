// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/finished_dataset.h"

#include <cerrno>
#include <fstream>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/generation/dataset_folder.h"
#include "situ/io/digest.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

FinishedDataset::FinishedDataset(std::filesystem::path folder) : folder_(std::move(folder)) {
  const DatasetFolder dataset(folder_);
  description_ = dataset.read_description();
  if (!description_.contains("result")) {
    throw std::invalid_argument(folder_.string() +
                                ": is not finished: run 'situ generate' again to go on with it");
  }
  std::ifstream lines(dataset.manifest());
  if (!lines) throw file_failure(dataset.manifest(), "read", errno);
  Digest digest(Digest::Kind::kSha256);
  uint64_t offset = 0;
  for (std::string line; std::getline(lines, line); offset += line.size() + 1) {
    digest.add(line);
    digest.add("\n");
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object()) {
      throw DataError(dataset.manifest().string(), static_cast<int64_t>(offset),
                      "a line is no JSON");
    }
    if (record.value("status", "") == "inserted") inserted_.push_back({offset, line.size()});
  }
  if (digest.hex() != description_.at("result").at("manifest_sha256").get<std::string>()) {
    throw DataError(dataset.manifest().string(), "was changed: its checksum does not fit");
  }
}

Json FinishedDataset::record(std::size_t place) const {
  const Line& line = inserted_.at(place);
  const std::filesystem::path manifest = DatasetFolder(folder_).manifest();
  std::ifstream file(manifest);
  std::string text(line.length, '\0');
  file.seekg(static_cast<std::streamoff>(line.offset));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) throw file_failure(manifest, "read", errno);
  const Json record = Json::parse(text, nullptr, false);
  if (!record.is_object()) {
    throw DataError(manifest.string(), static_cast<int64_t>(line.offset), "a line is no JSON");
  }
  return record;
}

std::filesystem::path path_in_record(const std::filesystem::path& root, const std::string& path) {
  const std::filesystem::path relative(path);
  bool leads_out = path.empty() || relative.is_absolute();
  for (const std::filesystem::path& part : relative) leads_out = leads_out || part == "..";
  if (leads_out) throw DataError(root.string(), "a record names the file \"" + path + "\"");
  return root / relative;
}

}  // namespace situ
