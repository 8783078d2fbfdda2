// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/contact_sheet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

at::Tensor plain(int64_t height, int64_t width, int level) {
  return at::full({3, height, width}, level, at::kByte);
}

int64_t pixels_of(const at::Tensor& sheet, int r, int g, int b) {
  return (sheet[0].eq(r) & sheet[1].eq(g) & sheet[2].eq(b)).sum().item<int64_t>();
}

TEST(ContactSheet, HasARowOfCellsOfOneHeightForEachObject) {
  at::Tensor mask = at::zeros({50, 100}, at::kBool);
  mask.narrow(0, 10, 20).narrow(1, 10, 20).fill_(true);
  const SheetRow row{.title = "dog: inserted",
                     .before = plain(50, 100, 40),
                     .region = Box{10, 10, 40, 40},
                     .painted = plain(30, 30, 90),
                     .mask = mask,
                     .after = plain(50, 100, 60)};
  const at::Tensor one = contact_sheet({row}, 64);
  const at::Tensor two = contact_sheet({row, row}, 64);
  EXPECT_EQ(one.size(2), two.size(2));
  EXPECT_EQ(two.size(1) - one.size(1), 64 + 8 + 22);
  EXPECT_EQ(pixels_of(one, 90, 90, 90), 64 * 64) << "the crop, enlarged to the cell";
  EXPECT_EQ(pixels_of(one, 240, 228, 66), 2 * 2 * 38 + 2 * 2 * 34) << "the region's outline";
  EXPECT_GT(pixels_of(one, 60, 60, 60), 64 * 128) << "after, and around the mask";
  EXPECT_EQ(2 * pixels_of(one, 90, 90, 90), pixels_of(two, 90, 90, 90));
}

TEST(ContactSheet, LeavesCellsEmptyWhereThereIsNothingToShow) {
  const at::Tensor sheet =
      contact_sheet({{.title = "tiger: no room", .before = plain(20, 20, 40)}}, 32);
  EXPECT_GT(pixels_of(sheet, 225, 225, 225), 0);
  EXPECT_EQ(pixels_of(sheet, 40, 40, 40), 32 * 32);
}

TEST(ContactSheet, KeepsThinPicturesSmall) {
  for (const at::Tensor& scene : {plain(1, 3000, 9), plain(3000, 1, 9), plain(1, 1, 9)}) {
    const at::Tensor sheet = contact_sheet({{.title = "thin", .before = scene}}, 32);
    EXPECT_LT(sheet.size(2), 1400);
  }
}

TEST(ContactSheet, IsBlankWithoutObjects) {
  const at::Tensor sheet = contact_sheet({});
  EXPECT_EQ(sheet.size(0), 3);
  EXPECT_EQ(sheet.scalar_type(), at::kByte);
}

TEST(ContactSheet, RefusesPicturesThatDoNotFitTogether) {
  const at::Tensor scene = plain(8, 8, 0);
  EXPECT_THROW(contact_sheet({{.title = "", .before = at::Tensor()}}), std::invalid_argument);
  EXPECT_THROW(contact_sheet({{.title = "", .before = scene, .mask = at::ones({8, 9}, at::kBool)}}),
               std::invalid_argument);
  EXPECT_THROW(contact_sheet({{.title = "", .before = scene, .after = plain(9, 8, 0)}}),
               std::invalid_argument);
  EXPECT_THROW(contact_sheet({}, 3), std::invalid_argument);
}

}  // namespace
}  // namespace situ
