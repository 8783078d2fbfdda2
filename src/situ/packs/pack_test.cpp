// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/pack_dataset.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/generation/made_finished_dataset.h"
#include "situ/generation/verification.h"
#include "situ/io/file_bytes.h"
#include "situ/io/npy.h"
#include "situ/packs/pack_index.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MadeFinishedDataset;
using testing::message_of;
using testing::put;

constexpr const char* kDelta = "deltas/000/000000.npz";

class Packed : public ::testing::Test {
 protected:
  Packed() { pack_dataset(made.root(), made.source(), pack()); }
  std::filesystem::path pack() const { return folder_ / "pack"; }

  MadeFinishedDataset made;

 private:
  TemporaryFolder folder_;
};

TEST_F(Packed, HoldsWhatChangedAlone) {
  const auto arrays = load_npz(pack() / kDelta);
  // The object of 5 pixels and the seam: rows 0 to 3 and columns 2 and 3.
  EXPECT_TRUE(at::equal(arrays.at("image.box"), at::tensor({2, 0, 4, 4}, at::kLong)));
  EXPECT_EQ(arrays.at("image.delta").sizes(), (at::IntArrayRef{3, 4, 2}));
  EXPECT_TRUE(at::equal(arrays.at("labels.box"), at::tensor({2, 0, 4, 3}, at::kLong)));
  EXPECT_EQ(arrays.at("labels.delta").sum().item<int>(), 4 * 19 + 12);
}

TEST_F(Packed, GivesTheDatasetBackToTheByte) {
  const UnpackReport report = unpack_dataset(pack(), made.source(), made.output());
  EXPECT_EQ(report.samples, 1);
  EXPECT_EQ(report.other_bytes, 0);
  EXPECT_THAT(report.refused, IsEmpty());
  for (const std::string& file : {MadeFinishedDataset::kImage, MadeFinishedDataset::kLabels,
                                  MadeFinishedDataset::kInstances, MadeFinishedDataset::kAnomaly,
                                  std::string("dataset.json"), std::string("manifest.jsonl")}) {
    EXPECT_EQ(read_file(made.output() / file), read_file(made.root() / file)) << file;
  }
  EXPECT_THAT(verify_dataset(made.output(), made.source()).problems, IsEmpty());
}

TEST_F(Packed, RefusesAnotherBase) {
  const std::filesystem::path base = made.source() / MadeFinishedDataset::kSourceImage;
  const at::Tensor other = load_image(base);
  other[0][3][0] += 1;  // far from the object
  save_png(base, other);
  const UnpackReport report = unpack_dataset(pack(), made.source(), made.output());
  EXPECT_EQ(report.samples, 0);
  EXPECT_THAT(report.refused, ElementsAre(HasSubstr("another file than the one")));
  EXPECT_FALSE(std::filesystem::exists(made.output() / MadeFinishedDataset::kImage));
  EXPECT_FALSE(std::filesystem::exists(made.output() / "dataset.json"));
}

TEST_F(Packed, RefusesAMissingBase) {
  std::filesystem::remove(made.source() / MadeFinishedDataset::kSourceLabels);
  EXPECT_THAT(unpack_dataset(pack(), made.source(), made.output()).refused,
              ElementsAre(HasSubstr("ulm/ulm_000000_000019/0: ")));
}

TEST_F(Packed, RefusesAPackThatWasChanged) {
  const auto refused = [&](const std::string& file, const std::string& bytes) {
    const std::string before = read_file(pack() / file);
    put(pack() / file, bytes);
    const TemporaryFolder output;
    const std::string message =
        message_of<DataError>([&] { unpack_dataset(pack(), made.source(), output / "dataset"); });
    put(pack() / file, before);
    return message;
  };
  std::string delta = read_file(pack() / kDelta);
  delta[delta.size() / 2] = static_cast<char>(delta[delta.size() / 2] + 1);
  EXPECT_THAT(refused(kDelta, delta), HasSubstr("checksum"));
  EXPECT_THAT(refused("index.jsonl", "{}\n"), HasSubstr("checksum"));
  std::string manifest = read_file(pack() / "manifest.jsonl");
  manifest.replace(manifest.find("instances/"), 10, "../../../x");
  EXPECT_THAT(refused("manifest.jsonl", manifest), HasSubstr("checksum"));
  EXPECT_THAT(refused("pack.json", R"({"format": "situ pack", "version": 2})"),
              HasSubstr("expected version 1, got 2"));
  EXPECT_THAT(refused("pack.json", "{}"), HasSubstr("no pack"));
  EXPECT_THAT(refused("pack.json", ""), HasSubstr("pack.json"));
}

TEST_F(Packed, RefusesAnIndexThatDoesNotFit) {
  const PackFiles files{pack()};
  const std::vector<PackEntry> good = load_pack_index(files);
  const auto refused = [&](const std::function<void(PackEntry&)>& spoil) {
    std::vector<PackEntry> entries = good;
    spoil(entries.at(0));
    save_pack_index(files, entries);
    const TemporaryFolder output;
    return message_of<DataError>(
        [&] { unpack_dataset(pack(), made.source(), output / "dataset"); });
  };
  EXPECT_THAT(refused([](PackEntry& entry) { entry.id = "another"; }), HasSubstr("got another"));
  EXPECT_THAT(refused([](PackEntry& entry) { entry.delta = "../../x.npz"; }), HasSubstr("../../x"));
  EXPECT_THAT(refused([](PackEntry& entry) { entry.pixels["image"] = "0"; }),
              HasSubstr("image: does not give the pixels"));
  EXPECT_THAT(refused([](PackEntry& entry) { entry.pixels.erase("labels"); }),
              HasSubstr("a picture for each file"));
  save_pack_index(files, {});
  EXPECT_THROW(unpack_dataset(pack(), made.source(), made.output()), DataError);
}

TEST_F(Packed, LeavesFoldersWithFilesAlone) {
  EXPECT_THROW(unpack_dataset(pack(), made.source(), made.source()), FileError);
  EXPECT_THROW(pack_dataset(made.root(), made.source(), pack()), FileError);
}

TEST(PackDataset, RefusesFilesThatAreNotTheManifests) {
  const MadeFinishedDataset made;
  const at::Tensor labels = load_labels(made.root() / MadeFinishedDataset::kLabels);
  save_png(made.root() / MadeFinishedDataset::kLabels, labels + 1);
  EXPECT_THAT(
      message_of<DataError>([&] { pack_dataset(made.root(), made.source(), made.output()); }),
      HasSubstr("was changed"));
}

}  // namespace
}  // namespace situ
