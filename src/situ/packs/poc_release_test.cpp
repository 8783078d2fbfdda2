// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/poc_release.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/generation/made_finished_dataset.h"
#include "situ/io/file_bytes.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeFinishedDataset;
using testing::message_of;
using testing::put;

constexpr const char* kDelta =
    "leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit_A-good-photo-of-a-dog_0.npz";

TEST(PocDelta, IsTheDifferenceModulo256) {
  const TemporaryFolder folder;
  const at::Tensor base = at::full({3, 2, 2}, 250, at::kByte);
  const at::Tensor image = base.clone();
  image[0][0][1] = 4;
  image[2][1][0] = 249;
  save_poc_delta(folder / "d.npz", image, base);
  const at::Tensor stored = load_npz(folder / "d.npz").at("img");
  EXPECT_EQ(stored.sizes(), (at::IntArrayRef{2, 2, 3}));
  EXPECT_EQ(stored[0][1][0].item<int>(), 10);
  EXPECT_EQ(stored[1][0][2].item<int>(), 255);
  EXPECT_EQ(stored.ne(0).sum().item<int>(), 2);
  EXPECT_TRUE(at::equal(load_poc_delta(folder / "d.npz", base), image));
}

TEST(PocDelta, RefusesWhatIsNone) {
  const TemporaryFolder folder;
  const at::Tensor base = at::zeros({3, 2, 2}, at::kByte);
  const auto refused = [&](const std::map<std::string, at::Tensor>& arrays) {
    save_npz(folder / "d.npz", arrays);
    return message_of<DataError>([&] { load_poc_delta(folder / "d.npz", base); });
  };
  const at::Tensor good = at::zeros({2, 2, 3}, at::kByte);
  EXPECT_THAT(refused({{"image", good}}), HasSubstr("\"img\""));
  EXPECT_THAT(refused({{"img", good.to(at::kInt)}}), HasSubstr("uint8"));
  EXPECT_THAT(refused({{"img", good}, {"more", good}}), HasSubstr("one array"));
  // NumPy would stretch it over the base.
  EXPECT_THAT(refused({{"img", at::zeros({1, 2, 3}, at::kByte)}}),
              HasSubstr("expected [2, 2, 3] as its base has, got [1, 2, 3]"));
  EXPECT_THROW(save_poc_delta(folder / "d.npz", base, at::zeros({3, 2, 3}, at::kByte)),
               std::invalid_argument);
}

TEST(PocLabelPaths, KnowsBothPlacesOfAcdc) {
  EXPECT_THAT(poc_label_paths("leftImg8bit/val/ulm/a_leftImg8bit_x_1.png"),
              ElementsAre("gtFine/val/ulm/a_leftImg8bit_x_1.png"));
  EXPECT_THAT(poc_label_paths("rgb_anon_trainvaltest/rgb_anon/fog/val/G/a_rgb_anon_x_1.png"),
              ElementsAre("gt_trainval/gt/fog/val/G/a_rgb_anon_x_1.png",
                          "rgb_anon_trainvaltest/gt/fog/val/G/a_rgb_anon_x_1.png"));
}

TEST(PocBaseImage, IsNamedByTheFirstPartOfTheName) {
  const TemporaryFolder folder;
  put(folder / "a_leftImg8bit.jpg", "");
  EXPECT_EQ(poc_base_image(folder.path(), "a_leftImg8bit_A-good-photo_leftImg8bit_1.png"),
            folder / "a_leftImg8bit.jpg");
  put(folder / "a_leftImg8bit.png", "");
  EXPECT_EQ(poc_base_image(folder.path(), "a_leftImg8bit_x.png"), folder / "a_leftImg8bit.png");
  EXPECT_THROW(poc_base_image(folder.path(), "b_leftImg8bit_x.png"), FileError);
  EXPECT_THROW(poc_base_image(folder.path(), "b.png"), DataError);
  EXPECT_THROW(poc_base_image(folder.path(), "../a_leftImg8bit_x.png"), DataError);
}

TEST(PocRelease, GivesImagesAndLabelsBack) {
  const MadeFinishedDataset made;
  const TemporaryFolder folder;
  EXPECT_EQ(pack_poc_release(made.root(), made.source(), folder / "set"), 1);
  EXPECT_TRUE(std::filesystem::exists(folder / "set" / kDelta));
  const UnpackReport report = unpack_poc_release(folder / "set", made.source(), made.output());
  EXPECT_EQ(report.samples, 1);
  for (const std::string& file : {MadeFinishedDataset::kImage, MadeFinishedDataset::kLabels}) {
    EXPECT_EQ(read_file(made.output() / file), read_file(made.root() / file)) << file;
  }
}

TEST(PocRelease, ReadsLabelsFromWhereThePackingScriptPutsThem) {
  const TemporaryFolder folder;
  const auto at_path = [&](const std::string& file) {
    std::filesystem::create_directories((folder / file).parent_path());
    return folder / file;
  };
  const at::Tensor base = at::zeros({3, 2, 2}, at::kByte);
  const std::string below = "rgb_anon/fog/val/GOPR0475/f_rgb_anon";
  save_png(at_path("base/rgb_anon_trainvaltest/" + below + ".png"), base);
  save_poc_delta(at_path("set/rgb_anon_trainvaltest/" + below + "_A-good-photo-of-a-dog_1.npz"),
                 base + 7, base);
  const std::string label = "gt/fog/val/GOPR0475/f_rgb_anon_A-good-photo-of-a-dog_1.png";
  save_png(at_path("set/rgb_anon_trainvaltest/" + label), base[0]);
  const UnpackReport report = unpack_poc_release(folder / "set", folder / "base", folder / "out");
  EXPECT_EQ(report.samples, 1);
  EXPECT_TRUE(std::filesystem::exists(folder / "out/gt_trainval" / label));
}

TEST(PocRelease, RefusesOneByOne) {
  const MadeFinishedDataset made;
  const TemporaryFolder folder;
  pack_poc_release(made.root(), made.source(), folder / "set");
  put(folder / "set/leftImg8bit/val/ulm/b_leftImg8bit_x.npz", "no archive");
  std::filesystem::create_directories(folder / "set/gtFine/val/ulm");
  put(folder / "set/gtFine/val/ulm/b_leftImg8bit_x.png", "");
  put(folder / "set/leftImg8bit/val/ulm/c.npz", "");
  const UnpackReport report = unpack_poc_release(folder / "set", made.source(), made.output());
  EXPECT_EQ(report.samples, 1);
  EXPECT_THAT(report.refused, ElementsAre(HasSubstr("no image"), HasSubstr("no label")));
  EXPECT_THROW(unpack_poc_release(made.source(), made.source(), folder / "none"), DataError);
}

}  // namespace
}  // namespace situ
