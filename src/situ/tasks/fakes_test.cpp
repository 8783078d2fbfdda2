// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/fakes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace situ::fakes {
namespace {

constexpr Rgb kRed{255, 0, 0};
constexpr Rgb kGray{90, 90, 90};

at::Tensor hole(const Box& box, int64_t height, int64_t width) {
  at::Tensor mask = at::zeros({height, width}, at::kBool);
  mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).fill_(true);
  return mask;
}

TEST(FakeInpainter, PaintsARectangleAtTheBottomOfTheHoleAndRecordsTheCall) {
  FakeInpainter inpainter(paint_rectangle(kRed, 0.5));
  const at::Tensor scene = plain_scene(20, 30, kGray);
  const at::Tensor painted = inpainter.inpaint(scene, hole({4, 2, 14, 12}, 20, 30), "a dog", {}, 7);
  EXPECT_EQ(painted[0].eq(255).sum().item<int64_t>(), 25);
  EXPECT_EQ(*bounding_box(painted[0].eq(255)), (Box{6, 7, 11, 12}));
  EXPECT_TRUE(scene.eq(90).all().item<bool>());
  ASSERT_EQ(inpainter.calls().size(), 1u);
  EXPECT_EQ(inpainter.calls()[0].prompt, "a dog");
  EXPECT_EQ(inpainter.calls()[0].seed, 7u);
}

TEST(FakeInpainter, PaintsADiscInsideTheRectangle) {
  FakeInpainter inpainter(paint_disc(kRed, 1.0));
  const at::Tensor painted =
      inpainter.inpaint(plain_scene(40, 40, kGray), hole({0, 0, 40, 40}, 40, 40), "", {}, 0);
  EXPECT_NEAR(painted[0].eq(255).sum().item<double>(), 3.14159 * 400, 20);
}

TEST(FakeInpainter, TakesItsPaintersInTurn) {
  FakeInpainter inpainter(paint_in_turn({fail_to_paint("out of memory"), paint_nothing()}));
  const at::Tensor scene = plain_scene(4, 4, kGray);
  const at::Tensor mask = hole({0, 0, 2, 2}, 4, 4);
  EXPECT_THROW(inpainter.inpaint(scene, mask, "", {}, 0), std::runtime_error);
  EXPECT_TRUE(inpainter.inpaint(scene, mask, "", {}, 0).equal(scene));
  EXPECT_TRUE(inpainter.inpaint(scene, mask, "", {}, 0).equal(scene));
}

TEST(FakeInpainter, PaintsTheSameNoiseForTheSameSeedAndOnlyInTheHole) {
  FakeInpainter inpainter(paint_noise());
  const at::Tensor scene = plain_scene(16, 16, kGray);
  const at::Tensor mask = hole({4, 4, 12, 12}, 16, 16);
  const at::Tensor painted = inpainter.inpaint(scene, mask, "", {}, 5);
  EXPECT_TRUE(painted.equal(inpainter.inpaint(scene, mask, "", {}, 5)));
  EXPECT_FALSE(painted.equal(inpainter.inpaint(scene, mask, "", {}, 6)));
  EXPECT_TRUE(painted.masked_select(~mask).eq(90).all().item<bool>());
}

TEST(FakeSegmenter, FindsThePixelsOfTheColor) {
  FakeSegmenter segmenter(find_color({{"dog", kRed}}));
  at::Tensor scene = plain_scene(10, 10, kGray);
  EXPECT_TRUE(segmenter.segment(scene, "dog").empty());
  scene[0][3][4] = 255;
  scene[1][3][4] = 0;
  scene[2][3][4] = 0;
  const std::vector<Detection> found = segmenter.segment(scene, "dog");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].box, (Box{4, 3, 5, 4}));
  EXPECT_EQ(found[0].mask.sum().item<int64_t>(), 1);
  EXPECT_EQ(segmenter.calls().size(), 2u);
  EXPECT_THROW(segmenter.segment(scene, "cat"), UnknownPrompt);
}

}  // namespace
}  // namespace situ::fakes
