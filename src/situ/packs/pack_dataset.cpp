// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/pack_dataset.h"

#include <cstdio>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/io/output_folder.h"
#include "situ/io/sha256.h"
#include "situ/packs/pack_index.h"
#include "situ/packs/picture_delta.h"
#include "situ/packs/sample_delta.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

SamplePictureMap pictures_of(const FinishedDataset& dataset, const Json& record) {
  SamplePictureMap pictures;
  for (const auto& [kind, file] : record.at("files").items()) {
    const std::filesystem::path path = path_in_record(dataset.folder(), file.at("path"));
    if (sha256_of_file(path) != file.at("sha256").get<std::string>()) {
      throw DataError(path.string(), "was changed: its checksum does not fit");
    }
    pictures[kind] = kind == "image" ? load_image(path) : load_labels(path);
  }
  return pictures;
}

std::string delta_name(std::size_t place) {
  char name[64];
  std::snprintf(name, sizeof name, "deltas/%03zu/%06zu.npz", place / 1000, place);
  return name;
}

int64_t pack_records(const std::filesystem::path& dataset, const std::filesystem::path& source,
                     const std::filesystem::path& output, const PackProgress& progress) {
  const FinishedDataset finished(dataset);
  const OutputFolder folder(output);
  std::vector<PackEntry> entries;
  const Json& labels = finished.description().at("identity").at("labels");
  for (std::size_t place = 0; place < finished.size(); ++place) {
    throw_if_interrupted();
    const Json record = finished.record(place);
    const SamplePictureMap pictures = pictures_of(finished, record);
    const SampleBase base(record, labels, source);
    PackEntry entry{
        .id = record.at("id"), .delta = delta_name(place), .delta_sha256 = {}, .pixels = {}};
    save_npz(folder.at(entry.delta), sample_delta(base, pictures));
    entry.delta_sha256 = sha256_of_file(folder.at(entry.delta));
    for (const auto& [kind, picture] : pictures) entry.pixels[kind] = pixels_sha256(picture);
    entries.push_back(std::move(entry));
    if (progress) progress(static_cast<int64_t>(place) + 1, static_cast<int64_t>(finished.size()));
  }
  for (const char* const file : {"dataset.json", "manifest.jsonl"}) {
    copy_file_to(dataset / file, folder.at(file));
  }
  save_pack_index({output}, entries);
  return static_cast<int64_t>(entries.size());
}

}  // namespace

int64_t pack_dataset(const std::filesystem::path& dataset, const std::filesystem::path& source,
                     const std::filesystem::path& output, const PackProgress& progress) {
  try {
    return pack_records(dataset, source, output, progress);
  } catch (const Json::exception& error) {  // a record without what it must have
    throw DataError(dataset.string(), error.what());
  }
}

}  // namespace situ
