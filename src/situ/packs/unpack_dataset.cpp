// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <optional>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/io/output_folder.h"
#include "situ/io/sha256.h"
#include "situ/packs/pack_dataset.h"
#include "situ/packs/pack_index.h"
#include "situ/packs/picture_delta.h"
#include "situ/packs/sample_delta.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

class Unpacker {
 public:
  Unpacker(const std::filesystem::path& pack, const std::filesystem::path& source,
           const std::filesystem::path& output)
      : pack_(pack),
        source_(source),
        entries_(load_pack_index({pack})),
        records_(pack),
        folder_(output) {
    if (entries_.size() != records_.size()) {
      throw DataError(pack.string(), "has " + std::to_string(entries_.size()) + " samples, but " +
                                         std::to_string(records_.size()) + " in its manifest");
    }
  }

  UnpackReport run(const PackProgress& progress) {
    for (std::size_t place = 0; place < entries_.size(); ++place) {
      throw_if_interrupted();
      add(records_.record(place), entries_[place]);
      if (!progress) continue;
      progress(static_cast<int64_t>(place) + 1, static_cast<int64_t>(entries_.size()));
    }
    if (report_.refused.empty()) {
      copy_file_to(pack_ / "manifest.jsonl", folder_.at("manifest.jsonl"));
      copy_file_to(pack_ / "dataset.json", folder_.at("dataset.json"));
    }
    return std::move(report_);
  }

 private:
  void add(const Json& record, const PackEntry& entry) {
    if (record.at("id").get<std::string>() != entry.id) {
      throw DataError(pack_.string(), "expected the sample " + record.at("id").get<std::string>() +
                                          ", got " + entry.id);
    }
    const std::filesystem::path delta = path_in_record(pack_, entry.delta);
    if (sha256_of_file(delta) != entry.delta_sha256) {
      throw DataError(delta.string(), "was changed: its checksum does not fit");
    }
    const std::optional<SampleBase> base = base_of(record, entry);
    if (!base) return;
    write(record, entry, apply_sample_delta(*base, load_npz(delta), delta.string()));
    ++report_.samples;
  }

  /// Nothing where the source's files are not those that the dataset was made from.
  std::optional<SampleBase> base_of(const Json& record, const PackEntry& entry) {
    try {
      return SampleBase(record, records_.description().at("identity").at("labels"), source_);
    } catch (const DataError& error) {
      report_.refused.push_back(entry.id + ": " + error.what());
    } catch (const FileError& error) {
      report_.refused.push_back(entry.id + ": " + error.what());
    }
    return std::nullopt;
  }

  void write(const Json& record, const PackEntry& entry, const SamplePictureMap& pictures) {
    const Json& files = record.at("files");
    for (const auto& [kind, sha256] : entry.pixels) {
      const auto picture = pictures.find(kind);
      if (picture == pictures.end() || pixels_sha256(picture->second) != sha256) {
        throw DataError(entry.delta, kind + ": does not give the pixels that were packed");
      }
    }
    if (pictures.size() != files.size() || entry.pixels.size() != files.size()) {
      throw DataError(entry.delta, "expected a picture for each file of the sample " + entry.id);
    }
    for (const auto& [kind, file] : files.items()) {
      if (!pictures.contains(kind)) throw DataError(entry.delta, "has no " + kind);
      const std::filesystem::path relative = file.at("path").get<std::string>();
      path_in_record(folder_.root(), relative.string());
      const std::filesystem::path path = folder_.at(relative);
      save_png(path, pictures.at(kind));
      if (sha256_of_file(path) != file.at("sha256").get<std::string>()) ++report_.other_bytes;
    }
  }

  std::filesystem::path pack_;
  std::filesystem::path source_;
  std::vector<PackEntry> entries_;
  FinishedDataset records_;
  OutputFolder folder_;
  UnpackReport report_;
};

}  // namespace

UnpackReport unpack_dataset(const std::filesystem::path& pack, const std::filesystem::path& source,
                            const std::filesystem::path& output, const PackProgress& progress) {
  try {
    return Unpacker(pack, source, output).run(progress);
  } catch (const Json::exception& error) {
    throw DataError(pack.string(), error.what());
  }
}

}  // namespace situ
