// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace situ {
namespace {

using ::testing::HasSubstr;

std::string message_of(const nlohmann::json& json) {
  try {
    InsertSettings settings;
    settings_from_json(json, settings, "insert.yaml");
    settings.validate();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(InsertSettings, SurviveTheWayThroughJson) {
  InsertSettings before;
  before.arguments.object = {"dog", "garbage bag"};
  before.arguments.valid_mask = "road.png";
  before.arguments.seed = 7;
  before.insertion.max_attempts = 2;
  before.insertion.region.min_side = 40;
  before.insertion.crop.size = 256;
  before.insertion.inpainting.steps = 9;
  before.insertion.annotation.min_area = 0.5;
  before.insertion.blending.stitch = Stitch::kCrop;
  InsertSettings after;
  settings_from_json(nlohmann::json(settings_to_json(before)), after, "record");
  EXPECT_EQ(settings_to_json(after), settings_to_json(before));
  EXPECT_EQ(after.insertion.crop.size, 256);
  EXPECT_EQ(after.arguments.object, before.arguments.object);
}

TEST(InsertSettings, HaveOneNameForEachOption) {
  const InsertSettings settings;
  const size_t count =
      field_names<InsertArguments>().size() + field_names<InsertionOptions>().size() +
      field_names<RegionOptions>().size() + field_names<CropOptions>().size() +
      field_names<InpaintingOptions>().size() + field_names<AnnotationOptions>().size() +
      field_names<BlendingOptions>().size() + field_names<DetectionOptions>().size();
  EXPECT_EQ(settings_to_json(settings).size(), count);
  for (const std::string& name : field_names<InsertRunArguments>()) {
    EXPECT_FALSE(settings_to_json(settings).contains(name)) << name;
  }
}

TEST(InsertSettings, KeepTheDetectorsOptionsApartFromTheInpaintersOfTheSameName) {
  InsertSettings settings;
  settings_from_json({{"negative_prompt", "blurry"},
                      {"detect_negative_prompt", "a shadow."},
                      {"detect_box_threshold", 0.4},
                      {"detect_processing", "transformers"}},
                     settings, "insert.yaml");
  EXPECT_EQ(settings.insertion.inpainting.negative_prompt, "blurry");
  EXPECT_EQ(settings.detection.negative_prompt, "a shadow.");
  EXPECT_EQ(settings.detection.box_threshold, 0.4);
  EXPECT_EQ(settings.detection.processing, DetectionRule::kTransformers);
  const nlohmann::ordered_json written = settings_to_json(settings);
  EXPECT_EQ(written["negative_prompt"], "blurry");
  EXPECT_EQ(written["detect_negative_prompt"], "a shadow.");
  InsertSettings again;
  settings_from_json(nlohmann::json(written), again, "record");
  EXPECT_EQ(settings_to_json(again), written);
}

TEST(InsertSettings, NameTheDetectorsOptionsWithTheirPrefix) {
  EXPECT_THAT(message_of({{"object", "dog"}, {"detect_tiles", 9}}),
              HasSubstr("detect_tiles = 9 must be from 1 to 8"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"detect_tiles", "many"}}),
              HasSubstr("detect_…: tiles: expected a whole number"));
  EXPECT_THAT(message_of({{"tiles", 2}}), HasSubstr("unknown option 'tiles'"));
}

TEST(InsertSettings, TakeOneObjectWithoutAList) {
  InsertSettings settings;
  settings_from_json({{"object", "dog"}, {"keep", "sheet"}}, settings, "insert.yaml");
  EXPECT_EQ(settings.arguments.object, std::vector<std::string>{"dog"});
  EXPECT_EQ(settings.arguments.keep, std::vector<std::string>{"sheet"});
}

TEST(InsertSettings, LeaveTheDefaultsForAnEmptyFile) {
  InsertSettings settings;
  settings_from_json(nullptr, settings, "insert.yaml");
  EXPECT_EQ(settings_to_json(settings), settings_to_json(InsertSettings{}));
}

TEST(InsertSettings, NameTheNearestForAnUnknownKey) {
  EXPECT_EQ(message_of({{"object", "dog"}, {"min_sdie", 3}}),
            "insert.yaml: unknown option 'min_sdie': did you mean 'min_side'?");
  EXPECT_THAT(message_of({{"output", "out"}}), HasSubstr("unknown option 'output'"));
}

TEST(InsertSettings, RejectWhatIsWrongWithASentenceThatNamesIt) {
  EXPECT_THAT(message_of({{"object", "dog"}, {"steps", "many"}}),
              HasSubstr("insert.yaml: steps: expected a whole number"));
  EXPECT_THAT(message_of({{"object", 3}}), HasSubstr("insert.yaml: object: got 3"));
  EXPECT_THAT(message_of({1, 2}), HasSubstr("insert.yaml: expected a table"));
  EXPECT_THAT(message_of(nlohmann::json::object()), HasSubstr("nothing to insert"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"seed", -1}}), HasSubstr("seed = -1"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"threads", 5000}}), HasSubstr("threads = 5000"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"attempts", 0}}), HasSubstr("attempts = 0"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"crop_size", 2}}), HasSubstr("crop_size = 2"));
  EXPECT_THAT(message_of({{"object", "dog"}, {"min_overlap", 1.5}}),
              HasSubstr("min_overlap = 1.5"));
}

TEST(InsertSettings, RejectTwoLocations) {
  EXPECT_THAT(message_of({{"object", "dog"}, {"location", "the road"}, {"anywhere", true}}),
              HasSubstr("expected one of location"));
}

}  // namespace
}  // namespace situ
