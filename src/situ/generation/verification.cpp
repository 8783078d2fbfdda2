// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/verification.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <unordered_set>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/datasets/label_set.h"
#include "situ/imaging/label_pixels.h"
#include "situ/imaging/run_length.h"
#include "situ/io/digest.h"
#include "situ/io/file_failure.h"
#include "situ/io/image_file.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int64_t kIgnored = 255;

bool everywhere(const at::Tensor& condition) { return condition.all().item<bool>(); }

std::string pixels_text(const at::Tensor& wrong) {
  return std::to_string(wrong.sum().item<int64_t>()) + " pixels";
}

// The pictures of a sample, as far as they could be read.
struct SamplePictures {
  at::Tensor image;
  at::Tensor labels;
  at::Tensor instances;
  at::Tensor anomaly;
};

class Verifier {
 public:
  Verifier(const fs::path& root, const std::optional<fs::path>& source)
      : folder_(root), source_(source) {}

  VerificationReport run(const std::function<void(int64_t, int64_t)>& progress) {
    read_description();
    std::ifstream lines(folder_.manifest());
    if (!lines) throw file_failure(folder_.manifest(), "read", errno);
    Digest digest(Digest::Kind::kSha256);
    int64_t index = 0;
    for (std::string line; std::getline(lines, line); ++index) {
      throw_if_interrupted();
      digest.add(line + "\n");
      check_line(line, index);
      if (progress) progress(index + 1, samples_);
    }
    if (digest.hex() != manifest_sha256_) add("manifest.jsonl", "its checksum does not fit");
    if (index != samples_) {
      add("manifest.jsonl",
          "expected " + std::to_string(samples_) + " samples, got " + std::to_string(index));
    }
    check_counts();
    find_strangers();
    return std::move(report_);
  }

 private:
  void add(const std::string& file, const std::string& what) {
    report_.problems.push_back({file, what});
  }

  void read_description() {
    const Json description = folder_.read_description();
    if (!description.contains("result")) {
      throw std::invalid_argument(folder_.root().string() +
                                  ": is not finished: run 'situ generate' again to go on with it");
    }
    const Json& result = description.at("result");
    samples_ = result.at("samples");
    manifest_sha256_ = result.at("manifest_sha256");
    expected_counts_ = folder_.counts();
    const Json& identity = description.at("identity");
    pasted_background_ = identity.value(Json::json_pointer("/recipe/method/kind"), "") ==
                         enum_name(MethodKind::kTextToImageFull);
    for (const Json& one : identity.at("labels").at("classes")) {
      known_ids_.push_back(one.at("id"));
    }
    for (const Json& id : identity.at("labels").at("ignored")) {
      known_ids_.push_back(id);
    }
  }

  void check_line(const std::string& line, int64_t index) {
    const Json record = Json::parse(line, nullptr, false);
    try {
      if (!record.is_object()) throw std::invalid_argument("is no JSON");
      if (record.at("index") != index) {
        throw std::invalid_argument("expected sample " + std::to_string(index) + ", got " +
                                    record.at("index").dump());
      }
      check_sample(record);
    } catch (const std::exception& error) {
      add("manifest.jsonl", "line " + std::to_string(index + 1) + ": " + error.what());
    }
  }

  void check_sample(const Json& record) {
    const auto status = parse_enum<SampleStatus>("status", record.at("status").get<std::string>());
    report_.counts.add(status);
    if (status != SampleStatus::kInserted) {
      if (record.at("reason").get<std::string>().empty()) {
        add(record.at("id"), "is not there, and no reason is given");
      }
      return;
    }
    SamplePictures pictures;
    for (const auto& [kind, file] : record.at("files").items()) {
      at::Tensor picture = read_checked(file, kind == "image");
      if (kind == "image") pictures.image = picture;
      if (kind == "labels") pictures.labels = picture;
      if (kind == "instances") pictures.instances = picture;
      if (kind == "anomaly") pictures.anomaly = picture;
    }
    check_sizes(record, pictures);
    if (pictures.instances.defined()) check_labels(record, pictures);
    if (source_ && pictures.image.defined() && pictures.instances.defined()) {
      check_against_source(record, pictures);
    }
  }

  // The picture, or an undefined tensor where something is wrong with the file.
  at::Tensor read_checked(const Json& file, bool is_image) {
    const std::string path = file.at("path");
    expected_files_.insert(path);
    ++report_.files;
    try {
      const fs::path whole = folder_.root() / path;
      if (sha256_of_file(whole) != file.at("sha256").get<std::string>()) {
        add(path, "was changed: its checksum does not fit");
        return {};
      }
      return is_image ? load_image(whole) : load_labels(whole);
    } catch (const std::runtime_error& error) {
      add(path, error.what());
      return {};
    }
  }

  void check_sizes(const Json& record, SamplePictures& pictures) {
    const int64_t height = record.at("source").at("height");
    const int64_t width = record.at("source").at("width");
    const auto check = [&](at::Tensor& picture, const char* kind) {
      if (!picture.defined()) return;
      if (picture.size(-2) == height && picture.size(-1) == width) return;
      add(record.at("files").at(kind).at("path"),
          "expected " + std::to_string(width) + " x " + std::to_string(height) + ", got " +
              std::to_string(picture.size(-1)) + " x " + std::to_string(picture.size(-2)));
      picture = at::Tensor();
    };
    check(pictures.image, "image");
    check(pictures.labels, "labels");
    check(pictures.instances, "instances");
    check(pictures.anomaly, "anomaly");
  }

  // Known ids only, and where an object is, its own.
  void check_labels(const Json& record, const SamplePictures& pictures) {
    const auto path = [&](const char* kind) -> std::string {
      return record.at("files").at(kind).at("path");
    };
    if (pictures.labels.defined()) {
      const at::Tensor foreign = ~pixels_with(pictures.labels, known_ids_);
      if (foreign.any().item<bool>()) {
        add(path("labels"), "holds ids that the dataset does not have in " + pixels_text(foreign));
      }
    }
    const Json& objects = record.at("objects");
    const int64_t highest = pictures.instances.max().item<int64_t>();
    if (highest > static_cast<int64_t>(objects.size())) {
      add(path("instances"),
          "holds object " + std::to_string(highest) + " of " + std::to_string(objects.size()));
    }
    for (size_t k = 0; k < objects.size(); ++k) {
      check_object(objects[k], pictures.instances.eq(static_cast<int64_t>(k) + 1), pictures, path);
    }
  }

  template <class PathOf>
  void check_object(const Json& object, const at::Tensor& mask, const SamplePictures& pictures,
                    const PathOf& path) {
    const bool inserted = object.at("status") == "inserted";
    const int64_t area = inserted ? object.at("area_px").get<int64_t>() : 0;
    if (mask.sum().item<int64_t>() != area) {
      add(path("instances"), "expected " + std::to_string(area) + " pixels of '" +
                                 object.at("name").get<std::string>() + "', got " +
                                 pixels_text(mask));
    }
    if (!inserted) return;
    if (pictures.labels.defined()) {
      const std::vector<int64_t> ids = object.at("label_ids");
      const at::Tensor own = pixels_with(pictures.labels, ids);
      if (!everywhere(own | ~mask)) {
        add(path("labels"), "does not show '" + object.at("name").get<std::string>() +
                                "' where the instance map has it");
      }
    }
    if (pictures.anomaly.defined()) {
      const int64_t expected = object.at("ood").get<bool>() ? 1 : 0;
      if (!everywhere(pictures.anomaly.eq(expected) | ~mask)) {
        add(path("anomaly"), "expected " + std::to_string(expected) + " on '" +
                                 object.at("name").get<std::string>() + "'");
      }
    }
  }

  void check_against_source(const Json& record, const SamplePictures& pictures) {
    const Json& from = record.at("source");
    const std::string image_path = from.at("image").at("path");
    if (!is_unchanged(from.at("image"))) return;
    const at::Tensor scene = load_image(*source_ / image_path);
    const Json& changed = record.at("changed");
    const at::Tensor kept = ~run_length_decode(
        run_length_from_text(changed.at("counts").get<std::string>(), changed.at("size").at(0),
                             changed.at("size").at(1)));
    const at::Tensor touched = (scene.ne(pictures.image)).any(0) & kept;
    if (touched.any().item<bool>()) {
      add(record.at("files").at("image").at("path"),
          "differs from its source outside of what was blended in " + pixels_text(touched));
    }
    check_labels_against_source(record, pictures, kept);
  }

  void check_labels_against_source(const Json& record, const SamplePictures& pictures,
                                   const at::Tensor& kept) {
    at::Tensor background = pictures.instances.eq(0);
    if (pasted_background_) background = background & kept;
    const Json& from = record.at("source").at("labels");
    if (from.is_null() || !pictures.labels.defined() || !is_unchanged(from)) return;
    const fs::path path = *source_ / from.at("path").get<std::string>();
    at::Tensor before;
    try {
      before = load_labels(path);
    } catch (const DataError&) {
      return;  // stored in colours or JSON: its hash was checked above
    }
    const at::Tensor wrong = before.to(at::kInt).ne(pictures.labels.to(at::kInt)) & background;
    if (wrong.any().item<bool>()) {
      add(record.at("files").at("labels").at("path"),
          "differs from its source outside of the objects in " + pixels_text(wrong));
    }
    if (!pictures.anomaly.defined()) return;
    const at::Tensor odd = background & pictures.anomaly.ne(0) & pictures.anomaly.ne(kIgnored);
    if (odd.any().item<bool>()) {
      add(record.at("files").at("anomaly").at("path"),
          "marks an anomaly where no object is in " + pixels_text(odd));
    }
  }

  bool is_unchanged(const Json& file) {
    const std::string path = file.at("path");
    try {
      if (sha256_of_file(*source_ / path) == file.at("sha256").get<std::string>()) return true;
      add(path, "of the source is another file than the one that was used");
    } catch (const FileError& error) {
      add(path, error.what());
    }
    return false;
  }

  void check_counts() {
    const SampleCounts& got = report_.counts;
    const SampleCounts& expected = expected_counts_;
    if (got.inserted == expected.inserted && got.rejected == expected.rejected &&
        got.no_room == expected.no_room && got.failed == expected.failed) {
      return;
    }
    add("dataset.json", "its counts are not those of the manifest");
  }

  void find_strangers() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.root())) {
      if (entry.is_directory()) continue;
      const std::string path = fs::relative(entry.path(), folder_.root()).string();
      if (path == "dataset.json" || path == "manifest.jsonl") continue;
      if (!expected_files_.contains(path)) add(path, "does not belong to the dataset");
    }
  }

  DatasetFolder folder_;
  std::optional<fs::path> source_;
  VerificationReport report_;
  int64_t samples_ = 0;
  std::string manifest_sha256_;
  SampleCounts expected_counts_;
  std::vector<int64_t> known_ids_;
  bool pasted_background_ = false;  // unlabelled pixels come with the objects
  std::unordered_set<std::string> expected_files_;
};

}  // namespace

VerificationReport verify_dataset(const fs::path& folder, const std::optional<fs::path>& source,
                                  const std::function<void(int64_t, int64_t)>& progress) {
  return Verifier(folder, source).run(progress);
}

}  // namespace situ
