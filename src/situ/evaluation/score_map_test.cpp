// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/score_map.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/hdf5.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

TEST(ScoreMap, IsReadFromEveryDtypeWithoutRounding) {
  const TemporaryFolder folder;
  const at::Tensor scores = at::tensor({-1.5, 0.25, 3.0, 100.0}, at::kDouble).view({2, 2});
  for (const at::ScalarType dtype : {at::kHalf, at::kFloat, at::kDouble}) {
    save_npy(folder / "a.npy", scores.to(dtype).unsqueeze(0).unsqueeze(0));
    EXPECT_TRUE(load_score_map(folder / "a.npy").to(at::kDouble).equal(scores));
  }
  save_npy(folder / "a.npy", at::tensor({2147483647}, at::kInt).unsqueeze(0));
  EXPECT_EQ(load_score_map(folder / "a.npy").item<double>(), 2147483647.0);
}

TEST(ScoreMap, IsAFractionOfTheLargestNumberInAPng) {
  const TemporaryFolder folder;
  save_png(folder / "a.png", at::tensor({0, 13107, 65535}, at::kInt).unsqueeze(0));
  EXPECT_TRUE(load_score_map(folder / "a.png").equal(at::tensor({0.0F, 0.2F, 1.0F}).unsqueeze(0)));
  save_png(folder / "b.png", at::tensor({0, 51, 255}, at::kByte).unsqueeze(0));
  EXPECT_TRUE(load_score_map(folder / "b.png").equal(at::tensor({0.0F, 0.2F, 1.0F}).unsqueeze(0)));
}

TEST(ScoreMap, IsTheArrayOfAnArchiveThatIsAloneOrNamedSo) {
  const TemporaryFolder folder;
  save_npz(folder / "a.npz", {{"x", at::ones({1, 2})}});
  EXPECT_EQ(load_score_map(folder / "a.npz").numel(), 2);
  save_npz(folder / "a.npz", {{"x", at::ones({1, 2})}, {"value", at::ones({1, 3})}});
  EXPECT_EQ(load_score_map(folder / "a.npz").numel(), 3);
  std::filesystem::rename(folder / "a.npz", folder / "b.NPZ");
  EXPECT_EQ(load_score_map(folder / "b.NPZ").numel(), 3);
  save_npz(folder / "a.npz", {{"x", at::ones({1, 2})}, {"y", at::ones({1, 3})}});
  EXPECT_THROW(load_score_map(folder / "a.npz"), DataError);
}

TEST(ScoreMap, IsTheValueOfAnHdf5File) {
  const TemporaryFolder folder;
  save_hdf5(folder / "a.hdf5", "value", at::tensor({0.5, -2.0}).to(at::kHalf).unsqueeze(0));
  EXPECT_TRUE(load_score_map(folder / "a.hdf5").equal(at::tensor({0.5F, -2.0F}).unsqueeze(0)));
  save_hdf5(folder / "b.h5", "other", at::ones({2, 2}));
  EXPECT_THROW(load_score_map(folder / "b.h5"), DataError);
}

TEST(ScoreMap, IsRefusedInOtherShapesAndDtypes) {
  const TemporaryFolder folder;
  for (const at::Tensor& array : {at::ones({3}), at::ones({2, 3, 4}), at::ones({0, 4}),
                                  at::ones({2, 2}, at::kLong), at::ones({2, 2}, at::kBool)}) {
    save_npy(folder / "a.npy", array);
    EXPECT_THROW(load_score_map(folder / "a.npy"), DataError);
  }
}

}  // namespace
}  // namespace situ
