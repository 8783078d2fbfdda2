// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <string>

#include "situ/generation/dataset_folder.h"
#include "situ/generation/journal.h"
#include "situ/imaging/run_length.h"
#include "situ/io/image_file.h"
#include "situ/io/sha256.h"
#include "situ/io/test_files.h"

namespace situ::testing {

/// A source of one image of 4 rows and 6 columns in Cityscapes' folders, and the dataset made of
/// it: a dog (19) of 2 x 2 pixels with a rider (12) of one pixel beside it as its second part.
class MadeFinishedDataset {
 public:
  MadeFinishedDataset() {
    const at::Tensor scene = at::arange(72, at::kByte).view({3, 4, 6});
    const at::Tensor labels = at::zeros({4, 6}, at::kByte);
    save(source(), kSourceImage, scene);
    save(source(), kSourceLabels, labels);
    at::Tensor image = scene.clone();
    at::Tensor instances = at::zeros({4, 6}, at::kByte);
    instances.slice(0, 1, 3).slice(1, 2, 4).fill_(1);
    instances[0][2].fill_(1);
    at::Tensor made_labels = labels.clone();
    made_labels.slice(0, 1, 3).slice(1, 2, 4).fill_(19);
    made_labels[0][2].fill_(12);
    image.masked_fill_(instances.eq(1).unsqueeze(0), 200);
    image[1][3][2] += 9;  // the seam, outside of the object
    changed_ = scene.ne(image).any(0);
    save(root(), kImage, image);
    save(root(), kLabels, made_labels);
    save(root(), kInstances, instances);
    save(root(), kAnomaly, instances);
    write_records();
  }

  std::filesystem::path source() const { return folder_ / "source"; }
  std::filesystem::path root() const { return folder_ / "made"; }
  std::filesystem::path output() const { return folder_ / "output"; }

  static constexpr const char* kSourceImage =
      "leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png";
  static constexpr const char* kSourceLabels =
      "gtFine/val/ulm/ulm_000000_000019_gtFine_labelTrainIds.png";
  static constexpr const char* kName = "ulm_000000_000019_leftImg8bit_A-good-photo-of-a-dog_0.png";
  static inline const std::string kImage = std::string("leftImg8bit/val/ulm/") + kName;
  static inline const std::string kLabels = std::string("gtFine/val/ulm/") + kName;
  static inline const std::string kInstances = "instances/" + kImage;
  static inline const std::string kAnomaly = "anomaly/" + kImage;

 private:
  static void save(const std::filesystem::path& root, const std::string& file,
                   const at::Tensor& picture) {
    std::filesystem::create_directories((root / file).parent_path());
    save_png(root / file, picture);
  }

  nlohmann::ordered_json file(const std::filesystem::path& root, const std::string& path) const {
    return {{"path", path}, {"sha256", sha256_of_file(root / path)}};
  }

  nlohmann::ordered_json record() const {
    return {{"index", 0},
            {"id", "ulm/ulm_000000_000019/0"},
            {"variant", 0},
            {"status", "inserted"},
            {"reason", ""},
            {"source",
             {{"id", "ulm/ulm_000000_000019"},
              {"image", file(source(), kSourceImage)},
              {"labels", file(source(), kSourceLabels)},
              {"width", 6},
              {"height", 4}}},
            {"objects",
             {{{"name", "dog"},
               {"label_ids", {19, 12}},
               {"ood", true},
               {"prompt", "dog"},
               {"status", "inserted"},
               {"area_px", 5}}}},
            {"changed",
             {{"size", {4, 6}}, {"counts", run_length_to_text(run_length_encode(changed_))}}},
            {"files",
             {{"image", file(root(), kImage)},
              {"labels", file(root(), kLabels)},
              {"instances", file(root(), kInstances)},
              {"anomaly", file(root(), kAnomaly)}}}};
  }

  void write_records() const {
    const TemporaryFolder scratch;  // begin() takes an empty folder only
    DatasetFolder begun(scratch / "made");
    begun.begin(
        {{"recipe", {{"name", "made"}, {"source", {{"dataset", "cityscapes"}, {"split", "val"}}}}},
         {"labels",
          {{"name", "cityscapes-train-ids"},
           {"classes",
            {{{"id", 0},
              {"name", "road"},
              {"color", {1, 2, 3}},
              {"thing", false},
              {"ignored", false}},
             {{"id", 12},
              {"name", "rider"},
              {"color", {4, 5, 6}},
              {"thing", true},
              {"ignored", false}},
             {{"id", 19},
              {"name", "dog"},
              {"color", {7, 8, 9}},
              {"thing", true},
              {"ignored", false}}}},
           {"ignored", {255}}}},
         {"samples", 2}});
    std::filesystem::create_directories(begun.journals());
    {
      Journal journal(begun.journals());
      journal.append(record().dump());
      journal.append(R"({"index": 1, "id": "b", "status": "rejected", "reason": "too small"})");
    }
    JournalReader reader(begun.journals());
    reader.refresh();
    begun.finish(reader, 2);
    std::filesystem::copy(begun.description(), root() / "dataset.json");
    std::filesystem::copy(begun.manifest(), root() / "manifest.jsonl");
  }

  TemporaryFolder folder_;
  at::Tensor changed_;
};

}  // namespace situ::testing
