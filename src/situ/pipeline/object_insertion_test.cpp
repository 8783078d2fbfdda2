// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/object_insertion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/tasks/fakes.h"

namespace situ {
namespace {

using fakes::FakeInpainter;
using fakes::FakeSegmenter;

constexpr fakes::Rgb kRed{255, 0, 0};
constexpr fakes::Rgb kBlue{0, 0, 255};
constexpr fakes::Rgb kGray{90, 90, 90};

FakeSegmenter color_segmenter() {
  return FakeSegmenter(fakes::find_color({{"dog", kRed}, {"cat", kBlue}, {"the road", kGray}}));
}

at::Tensor scene(int64_t height = 96, int64_t width = 128) {
  return fakes::plain_scene(height, width, kGray);
}

const InsertionOptions kOptions{
    .max_attempts = 3, .region = {.min_side = 16, .max_side = 32}, .blending = {.blur = 2}};

const InsertionSeed kSeed{.run = 1, .sample = "frame"};

at::Tensor everything(const Insertion& insertion) {
  return at::cat({insertion.image.flatten().to(at::kDouble), insertion.alpha.flatten(),
                  insertion.annotation->mask.flatten().to(at::kDouble)});
}

TEST(ObjectInserter, PaintsTheObjectAndLabelsIt) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  const ObjectInserter inserter(inpainter, segmenter, kOptions);
  const at::Tensor before = scene();
  const Insertion insertion = inserter.insert(before, {.object = "dog"}, kSeed);
  ASSERT_EQ(insertion.status, InsertionStatus::kInserted);
  ASSERT_EQ(insertion.attempts.size(), 1u);
  EXPECT_EQ(insertion.attempts[0].outcome, Outcome::kInserted);
  EXPECT_EQ(insertion.attempts[0].reason, "");
  EXPECT_EQ(insertion.attempts[0].region, insertion.region);
  EXPECT_GE(insertion.attempts[0].seconds, 0);
  const Annotation& object = *insertion.annotation;
  EXPECT_EQ(intersection(object.box, *insertion.region), object.box);
  EXPECT_TRUE(insertion.image[0].masked_select(object.mask).eq(255).all().item<bool>());
  EXPECT_EQ(insertion.image[0].eq(255).sum().item<int64_t>(), object.area_px);
  const at::Tensor untouched = insertion.alpha.eq(0);
  EXPECT_TRUE(insertion.image.masked_select(untouched).eq(90).all().item<bool>());
  EXPECT_TRUE(before.equal(scene()));
  EXPECT_EQ(insertion.painted.size(1), insertion.crop->box.height());
}

TEST(ObjectInserter, AsksTheModelsForWhatWasRequested) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  InsertionOptions options = kOptions;
  options.inpainting = {.steps = 7, .negative_prompt = "blurry"};
  const ObjectInserter inserter(inpainter, segmenter, options);
  inserter.insert(scene(), {.object = "dog"}, kSeed);
  inserter.insert(scene(), {.object = "dog", .prompt = "a red dog"}, kSeed);
  EXPECT_EQ(inpainter.calls()[0].prompt, "A good photo of a dog");
  EXPECT_EQ(inpainter.calls()[1].prompt, "a red dog");
  EXPECT_EQ(inpainter.calls()[0].options.steps, 7);
  EXPECT_EQ(inpainter.calls()[0].options.negative_prompt, "blurry");
  EXPECT_EQ(inpainter.calls()[0].seed, derive_seed(1, "frame", 0, 0));
  EXPECT_EQ(segmenter.calls()[0].prompt, "dog");
}

TEST(ObjectInserter, TriesAgainWithAnotherSeedUntilTheObjectIsThere) {
  FakeInpainter inpainter(fakes::paint_in_turn(
      {fakes::paint_nothing(), fakes::fail_to_paint("out of memory"), fakes::paint_disc(kRed)}));
  FakeSegmenter segmenter = color_segmenter();
  const Insertion insertion =
      ObjectInserter(inpainter, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(insertion.status, InsertionStatus::kInserted);
  ASSERT_EQ(insertion.attempts.size(), 3u);
  EXPECT_EQ(insertion.attempts[0].outcome, Outcome::kNotDetected);
  EXPECT_EQ(insertion.attempts[1].outcome, Outcome::kFailed);
  EXPECT_EQ(insertion.attempts[1].reason, "out of memory");
  EXPECT_NE(insertion.attempts[0].seed, insertion.attempts[1].seed);
  EXPECT_NE(insertion.attempts[0].region, insertion.attempts[2].region);
}

TEST(ObjectInserter, GivesUpAfterTheLastAttemptAndLeavesTheScene) {
  FakeInpainter inpainter(fakes::paint_nothing());
  FakeSegmenter segmenter = color_segmenter();
  const Insertion insertion =
      ObjectInserter(inpainter, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(insertion.status, InsertionStatus::kRejected);
  EXPECT_EQ(insertion.attempts.size(), 3u);
  EXPECT_EQ(inpainter.calls().size(), 3u);
  EXPECT_EQ(insertion.reason(), "nothing was found for 'dog'");
  EXPECT_FALSE(insertion.annotation);
  EXPECT_FALSE(insertion.alpha.defined());
  EXPECT_TRUE(insertion.crop.has_value());
  EXPECT_TRUE(insertion.image.equal(scene()));
}

TEST(ObjectInserter, SaysWhyAnObjectIsRejected) {
  FakeSegmenter segmenter = color_segmenter();
  FakeInpainter tiny(fakes::paint_rectangle(kRed, 0.05));
  const Insertion small =
      ObjectInserter(tiny, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(small.attempts.back().outcome, Outcome::kTooSmall);
  FakeInpainter spilling([](const fakes::InpaintCall& call) {
    return fakes::plain_scene(call.image.size(1), call.image.size(2), kRed);
  });
  const Insertion outside =
      ObjectInserter(spilling, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(outside.attempts.back().outcome, Outcome::kOutsideRegion);
}

TEST(ObjectInserter, HasNoRoomWhereTheLocationIsNotFoundOrTooSmall) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  const ObjectInserter inserter(inpainter, segmenter, kOptions);
  const at::Tensor red = fakes::plain_scene(96, 128, {1, 2, 3});
  const Insertion nowhere =
      inserter.insert(red, {.object = "dog", .location = LocationPrompt{"the road"}}, kSeed);
  EXPECT_EQ(nowhere.status, InsertionStatus::kNoRoom);
  EXPECT_EQ(nowhere.reason(), "nothing was found for 'the road'");
  at::Tensor spot = at::zeros({96, 128}, at::kBool);
  spot[3][3] = true;
  const Insertion cramped =
      inserter.insert(scene(), {.object = "dog", .location = LocationMask{spot}}, kSeed);
  EXPECT_EQ(cramped.status, InsertionStatus::kNoRoom);
  EXPECT_EQ(cramped.attempts.size(), 3u);
  EXPECT_TRUE(inpainter.calls().empty());
}

TEST(ObjectInserter, StaysInTheLocation) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  InsertionOptions options = kOptions;
  options.region.min_overlap = 1;
  at::Tensor half = scene();
  half.slice(1, 0, 48).fill_(7);
  for (uint64_t run = 0; run < 20; ++run) {
    const Insertion insertion =
        ObjectInserter(inpainter, segmenter, options)
            .insert(half, {.object = "dog", .location = LocationPrompt{"the road"}}, {.run = run});
    ASSERT_EQ(insertion.status, InsertionStatus::kInserted);
    ASSERT_GE(insertion.region->y0, 48);
  }
}

template <class Error>
fakes::Painter throwing() {
  return [](const fakes::InpaintCall&) -> at::Tensor {
    if constexpr (std::is_default_constructible_v<Error>) {
      throw Error();
    } else {
      throw Error("no such word");
    }
  };
}

TEST(ObjectInserter, LetsPassWhatNoFurtherAttemptCanChange) {
  FakeSegmenter segmenter = color_segmenter();
  const auto insert_with = [&](fakes::Painter painter) {
    FakeInpainter inpainter(std::move(painter));
    ObjectInserter(inpainter, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  };
  EXPECT_THROW(insert_with(throwing<UnknownPrompt>()), UnknownPrompt);
  EXPECT_THROW(insert_with(throwing<Interrupted>()), Interrupted);
  EXPECT_THROW(insert_with(throwing<std::bad_alloc>()), std::bad_alloc);
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  const ObjectInserter inserter(inpainter, segmenter, kOptions);
  EXPECT_THROW(inserter.insert(scene(), {.object = "unicorn"}, kSeed), UnknownPrompt);
  EXPECT_THROW(
      inserter.insert(scene(), {.object = "dog", .location = LocationPrompt{"nowhere"}}, kSeed),
      UnknownPrompt);
}

/// Knows no unicorns.
class ClosedInpainter : public FakeInpainter {
 public:
  using FakeInpainter::FakeInpainter;
  void require_known(const std::string& prompt) const override {
    if (prompt.find("unicorn") != std::string::npos) throw UnknownPrompt("no unicorns");
  }
};

TEST(ObjectInserter, PaintsNothingWhenALaterObjectIsUnknown) {
  ClosedInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  const std::vector<InsertionRequest> requests = {{.object = "dog"}, {.object = "unicorn"}};
  EXPECT_THROW(ObjectInserter(inpainter, segmenter, kOptions).insert_all(scene(), requests, kSeed),
               UnknownPrompt);
  EXPECT_TRUE(inpainter.calls().empty());
}

TEST(ObjectInserter, RecordsWhatAModelThrowsAsAFailure) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter broken(fakes::fail_to_find("device lost"));
  const ObjectInserter inserter(inpainter, broken, kOptions);
  const Insertion insertion = inserter.insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(insertion.status, InsertionStatus::kFailed);
  EXPECT_EQ(insertion.reason(), "device lost");
  EXPECT_TRUE(insertion.painted.defined());
  const Insertion located =
      inserter.insert(scene(), {.object = "dog", .location = LocationPrompt{"the road"}}, kSeed);
  EXPECT_EQ(located.status, InsertionStatus::kFailed);
  EXPECT_EQ(located.reason(), "location: device lost");
  FakeInpainter shrinking([](const fakes::InpaintCall&) { return scene(8, 8); });
  FakeSegmenter segmenter = color_segmenter();
  const Insertion wrong =
      ObjectInserter(shrinking, segmenter, kOptions).insert(scene(), {.object = "dog"}, kSeed);
  EXPECT_EQ(wrong.status, InsertionStatus::kFailed);
  EXPECT_NE(wrong.reason().find("got [3, 8, 8]"), std::string::npos);
}

TEST(ObjectInserter, RefusesBrokenRequestsAndOptions) {
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  FakeSegmenter segmenter = color_segmenter();
  const ObjectInserter inserter(inpainter, segmenter, kOptions);
  EXPECT_THROW(inserter.insert(scene(), {.object = ""}, kSeed), std::invalid_argument);
  EXPECT_THROW(inserter.insert(scene(16, 16), {.object = "dog"}, kSeed), std::invalid_argument);
  EXPECT_THROW(inserter.insert(at::zeros({3, 9, 9}), {.object = "dog"}, kSeed),
               std::invalid_argument);
  EXPECT_THROW(inserter.insert(scene(), {.object = "dog"}, kSeed, at::zeros({9, 9}, at::kBool)),
               std::invalid_argument);
  EXPECT_THROW(ObjectInserter(inpainter, segmenter, {.max_attempts = 0}), std::invalid_argument);
  EXPECT_THROW(ObjectInserter(inpainter, segmenter, {.inpainting = {.steps = 0}}),
               std::invalid_argument);
}

TEST(ObjectInserter, GivesTheSameBytesForTheSameSeedInAnyOrder) {
  FakeSegmenter segmenter = color_segmenter();
  const auto inserted = [&](const std::vector<std::string>& samples) {
    FakeInpainter inpainter(fakes::paint_disc(kRed));
    const ObjectInserter inserter(inpainter, segmenter, kOptions);
    std::map<std::string, at::Tensor> results;
    for (const std::string& sample : samples) {
      results[sample] =
          everything(inserter.insert(scene(), {.object = "dog"}, {.run = 4, .sample = sample}));
    }
    return results;
  };
  const auto forward = inserted({"a", "b", "c"});
  const auto backward = inserted({"c", "a", "b"});
  for (const auto& [sample, bytes] : forward) EXPECT_TRUE(bytes.equal(backward.at(sample)));
  EXPECT_FALSE(forward.at("a").equal(forward.at("b")));
}

TEST(ObjectInserter, BringsTheCompanionsAlongThatWerePainted) {
  FakeInpainter inpainter([](const fakes::InpaintCall& call) {
    at::Tensor painted = fakes::paint_rectangle(kRed)(call);
    const Box hole = *bounding_box(call.mask);
    const int64_t y = (hole.y0 + hole.y1) / 2;
    const int64_t x = (hole.x0 + hole.x1) / 2;
    for (int64_t c = 0; c < 3; ++c) {
      painted[c].slice(0, y, y + 4).slice(1, x, x + 4).fill_(kBlue.at(static_cast<size_t>(c)));
    }
    return painted;
  });
  FakeSegmenter segmenter(fakes::find_color(
      {{"bicycle", kRed}, {"rider", kBlue}, {"bell", {1, 2, 3}}, {"the road", kGray}}));
  InsertionOptions options = kOptions;
  options.annotation.min_area = 0.001;
  const ObjectInserter inserter(inpainter, segmenter, options);
  const Insertion insertion =
      inserter.insert(scene(), {.object = "bicycle", .companions = {"rider", "bell"}}, kSeed);
  ASSERT_EQ(insertion.status, InsertionStatus::kInserted) << insertion.reason();
  ASSERT_EQ(insertion.parts.size(), 3u);
  EXPECT_EQ(insertion.parts[1].sum().item<int64_t>(), 16);
  EXPECT_FALSE(insertion.parts[2].defined());
  EXPECT_TRUE(insertion.annotation->mask.equal(insertion.parts[0] | insertion.parts[1]));
  EXPECT_EQ(insertion.annotation->area_px, insertion.annotation->mask.sum().item<int64_t>());
  // The companion alone is no reason to keep the painting.
  EXPECT_NE(inserter.insert(scene(), {.object = "bell", .companions = {"rider"}}, kSeed).status,
            InsertionStatus::kInserted);
}

TEST(ObjectInserter, HarmonizesTheWholeCropButNoOtherObject) {
  FakeInpainter inpainter(
      fakes::paint_in_turn({fakes::paint_disc(kRed), [](const fakes::InpaintCall& call) {
                              return (call.image + 1).to(at::kByte);
                            }}));
  FakeSegmenter segmenter = color_segmenter();
  InsertionOptions options = kOptions;
  options.harmonize = 0.25;
  const ObjectInserter inserter(inpainter, segmenter, options);
  at::Tensor occupied = at::zeros({96, 128}, at::kBool);
  occupied.slice(1, 0, 60).slice(0, 0, 48).fill_(true);
  const Insertion insertion = inserter.insert(scene(), {.object = "dog"}, kSeed, occupied);
  ASSERT_EQ(insertion.status, InsertionStatus::kInserted);
  const fakes::InpaintCall& second = inpainter.calls().at(1);
  EXPECT_EQ(second.prompt, "");
  EXPECT_EQ(second.options.strength, 0.25);
  EXPECT_TRUE(second.mask.all().item<bool>());
  const Box crop = insertion.crop->box;
  at::Tensor in_crop = at::zeros({96, 128}, at::kBool);
  in_crop.slice(0, crop.y0, crop.y1).slice(1, crop.x0, crop.x1).fill_(true);
  EXPECT_TRUE(insertion.alpha.gt(0).equal(in_crop & ~occupied));
  // Gray 90 became 91 in the crop alone; the disc's blue went from 0 to 1.
  EXPECT_TRUE(insertion.image[2].gt(90).equal(in_crop & ~occupied & ~insertion.annotation->mask &
                                              insertion.image[2].gt(90)));
  EXPECT_TRUE(insertion.image.masked_select(~in_crop | occupied).eq(90).all().item<bool>());
  EXPECT_TRUE(
      insertion.image[2].masked_select(insertion.annotation->mask).eq(1).all().item<bool>());
}

TEST(ObjectInserter, LetsMemoryThatIsGoneEndTheRun) {
  FakeInpainter inpainter([](const fakes::InpaintCall&) -> at::Tensor {
    return at::empty({int64_t{1} << 50}, at::kByte);  // the allocator refuses
  });
  FakeSegmenter segmenter = color_segmenter();
  const ObjectInserter inserter(inpainter, segmenter, kOptions);
  EXPECT_THROW(inserter.insert(scene(), {.object = "dog"}, kSeed), std::bad_alloc);
}

TEST(ObjectInserterInsertAll, NeverLetsObjectsOverlap) {
  FakeSegmenter segmenter = color_segmenter();
  int turn = 0;
  FakeInpainter inpainter([&](const fakes::InpaintCall& call) {
    return fakes::paint_rectangle(turn++ % 2 == 0 ? kRed : kBlue, 1.0)(call);
  });
  InsertionOptions options = kOptions;
  options.blending.blur = 6;
  const ObjectInserter inserter(inpainter, segmenter, options);
  const std::vector<InsertionRequest> requests{{.object = "dog"}, {.object = "cat"}};
  for (uint64_t run = 0; run < 30; ++run) {
    turn = 0;
    const SceneInsertions result = inserter.insert_all(scene(), requests, {.run = run});
    ASSERT_EQ(result.objects.size(), 2u);
    const auto& dog = result.objects[0].annotation;
    const auto& cat = result.objects[1].annotation;
    ASSERT_TRUE(dog && cat);
    ASSERT_FALSE((dog->mask & cat->mask).any().item<bool>());
    ASSERT_TRUE(result.instances.eq(1).equal(dog->mask));
    ASSERT_TRUE(result.instances.eq(2).equal(cat->mask));
    // The first object is as it was painted, whatever the second one's soft edge reaches.
    ASSERT_TRUE(result.image.masked_select(dog->mask).equal(
        result.objects[0].image.masked_select(dog->mask)));
    ASSERT_EQ(result.objects[1].alpha.masked_select(dog->mask).max().item<double>(), 0);
  }
}

TEST(ObjectInserterInsertAll, GoesOnAfterAnObjectThatCouldNotBeInserted) {
  FakeSegmenter segmenter = color_segmenter();
  FakeInpainter inpainter(fakes::paint_disc(kBlue));
  const std::vector<InsertionRequest> requests{
      {.object = "dog", .location = LocationPrompt{"the road"}},
      {.object = "cat", .location = LocationPrompt{"the road"}}};
  std::vector<std::pair<size_t, InsertionStatus>> reported;
  const SceneInsertions result =
      ObjectInserter(inpainter, segmenter, kOptions)
          .insert_all(scene(), requests, kSeed, [&](size_t number, const Insertion& one) {
            reported.emplace_back(number, one.status);
          });
  EXPECT_EQ(reported, (std::vector<std::pair<size_t, InsertionStatus>>{
                          {0, InsertionStatus::kRejected}, {1, InsertionStatus::kInserted}}));
  EXPECT_TRUE(result.objects[1].valid_area.any().item<bool>());
  EXPECT_EQ(result.objects[0].status, InsertionStatus::kRejected);
  EXPECT_EQ(result.objects[1].status, InsertionStatus::kInserted);
  EXPECT_EQ(result.instances.max().item<int>(), 2);
  EXPECT_FALSE(result.instances.eq(1).any().item<bool>());
  EXPECT_TRUE(result.image.equal(result.objects[1].image));
  int road_calls = 0;
  for (const auto& call : segmenter.calls()) road_calls += call.prompt == "the road";
  EXPECT_EQ(road_calls, 1);
}

TEST(ObjectInserterInsertAll, HasNoRoomForMoreObjectsThanFit) {
  FakeSegmenter segmenter = color_segmenter();
  FakeInpainter inpainter(fakes::paint_rectangle(kRed, 1.0));
  InsertionOptions options = kOptions;
  options.region = {.min_side = 20, .max_side = 30};
  const std::vector<InsertionRequest> requests(8, {.object = "dog"});
  const SceneInsertions result =
      ObjectInserter(inpainter, segmenter, options).insert_all(scene(48, 48), requests, kSeed);
  EXPECT_EQ(result.objects[0].status, InsertionStatus::kInserted);
  EXPECT_EQ(result.objects[7].status, InsertionStatus::kNoRoom);
  int inserted = 0;
  for (const Insertion& one : result.objects) inserted += one.status == InsertionStatus::kInserted;
  EXPECT_LE(inserted, 4);
}

TEST(ObjectInserterInsertAll, ReturnsTheSceneForNoRequests) {
  FakeSegmenter segmenter = color_segmenter();
  FakeInpainter inpainter(fakes::paint_nothing());
  const SceneInsertions result =
      ObjectInserter(inpainter, segmenter, kOptions).insert_all(scene(), {}, kSeed);
  EXPECT_TRUE(result.image.equal(scene()));
  EXPECT_TRUE(result.objects.empty());
  EXPECT_EQ(result.instances.sum().item<int64_t>(), 0);
}

TEST(AttemptSeed, CountsUpAsTheOriginalCodeInCompatMode) {
  EXPECT_EQ(attempt_seed({.run = 213}, 0, Compat::kPoc), 213u);
  EXPECT_EQ(attempt_seed({.run = 213, .object = 1}, 2, Compat::kPoc), 216u);
  EXPECT_THROW(attempt_seed({.run = 4294967295}, 1, Compat::kPoc), std::invalid_argument);
  EXPECT_THROW(attempt_seed({.run = ~uint64_t{0}}, 1, Compat::kPoc), std::invalid_argument);
  EXPECT_NE(attempt_seed({.run = 213}, 0, Compat::kNone),
            attempt_seed({.run = 213}, 1, Compat::kNone));
}

TEST(ObjectInserterCompatPoc, PlacesTheObjectWhereTheOriginalCodeDoes) {
  FakeSegmenter segmenter = color_segmenter();
  FakeInpainter inpainter(fakes::paint_disc(kRed));
  InsertionOptions options{.compat = Compat::kPoc,
                           .region = {.min_side = 100, .max_side = 200, .margin = 10},
                           .blending = {.blur = 1}};
  const Insertion insertion = ObjectInserter(inpainter, segmenter, options)
                                  .insert(scene(512, 512), {.object = "dog"}, {.run = 11});
  ASSERT_EQ(insertion.status, InsertionStatus::kInserted);
  EXPECT_EQ(insertion.region, (Box{377, 329, 493, 454}));
  EXPECT_EQ(insertion.crop->box, (Box{360, 316, 510, 466}));
  EXPECT_EQ(inpainter.calls()[0].seed, 11u);
}

TEST(InsertionOptions, NamesItsOutcomes) {
  EXPECT_EQ(enum_name(Outcome::kNotDetected), "not_detected");
  EXPECT_EQ(enum_name(InsertionStatus::kNoRoom), "no_room");
  EXPECT_EQ(options_to_json(InsertionOptions{}).dump(), R"({"attempts":5,"compat":"none","harmonize":0.0})");
  EXPECT_NO_THROW(InsertionOptions{}.validate());
}

}  // namespace
}  // namespace situ
