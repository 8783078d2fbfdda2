// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/label_set.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

TEST(KnownLabelSet, HasTheClassesOfItsDataSet) {
  const std::vector<std::pair<const char*, std::size_t>> sizes = {
      {"cityscapes", 34},
      {"cityscapes-train-ids", 19},
      {"cityscapes-categories", 8},
      {"bdd100k", 19},
      {"idd", 26},
      {"idd-lite", 7},
      {"camvid", 12},
      {"camvid-32", 32},
      {"pascal-voc", 21},
      {"coco", 80},
      {"coco-panoptic", 133},
  };
  EXPECT_EQ(label_set_names().size(), sizes.size());
  for (const auto& [name, size] : sizes) {
    EXPECT_EQ(known_label_set(name).classes().size(), size) << name;
  }
}

TEST(KnownLabelSet, KeepsCityscapesIdSpacesApart) {
  EXPECT_EQ(known_label_set("cityscapes").at("bicycle").id, 33);
  EXPECT_EQ(known_label_set("cityscapes").at("bicycle").train_id, 18);
  EXPECT_EQ(known_label_set("cityscapes-train-ids").at("bicycle").id, 18);
  EXPECT_TRUE(known_label_set("cityscapes").at("caravan").ignored);
  EXPECT_EQ(known_label_set("cityscapes-train-ids").find("caravan"), nullptr);
  EXPECT_TRUE(known_label_set("cityscapes-train-ids").allows(255));
  EXPECT_FALSE(known_label_set("cityscapes").allows(255));
}

TEST(KnownLabelSet, HasTheIdsThatThePaperWritesOnIdd) {
  // person 4, rider 5, motorcycle 6, bicycle 7, car 9, truck 10, bus 11
  const LabelSet& idd = known_label_set("idd");
  EXPECT_EQ(idd.at("person or animal").id, 4);
  EXPECT_EQ(idd.at("rider").id, 5);
  EXPECT_EQ(idd.at("motorcycle").id, 6);
  EXPECT_EQ(idd.at("bicycle").id, 7);
  EXPECT_EQ(idd.at("car").id, 9);
  EXPECT_EQ(idd.at("truck").id, 10);
  EXPECT_EQ(idd.at("bus").id, 11);
}

TEST(KnownLabelSet, HasPascalVocsColors) {
  const LabelSet& voc = known_label_set("pascal-voc");
  EXPECT_EQ(voc.at("aeroplane").color, (Color{128, 0, 0}));
  EXPECT_EQ(voc.at("person").color, (Color{192, 128, 128}));
  EXPECT_EQ(voc.at("tvmonitor").color, (Color{0, 64, 128}));
}

TEST(KnownLabelSet, NamesTheNearest) {
  EXPECT_THAT(message_of<std::invalid_argument>([] { known_label_set("cityscape"); }),
              HasSubstr("did you mean"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { known_label_set("cityscapes").at("raod"); }),
              HasSubstr("'road'"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { known_label_set("cityscapes").at(99); }),
              HasSubstr("99"));
}

TEST(LabelSet, RefusesIdsAndNamesThatStandTwice) {
  const LabelSet& voc = known_label_set("pascal-voc");
  EXPECT_THROW(voc.with({{.id = 3, .name = "dodo"}}), std::invalid_argument);
  EXPECT_THROW(voc.with({{.id = 30, .name = "bird"}}), std::invalid_argument);
  EXPECT_THROW(voc.with({{.id = 255, .name = "dodo"}}), std::invalid_argument);
  EXPECT_THROW(voc.with({{.id = -1, .name = "dodo"}}), std::invalid_argument);
  EXPECT_THROW(voc.with({{.id = 65536, .name = "dodo"}}), std::invalid_argument);
  EXPECT_THROW(voc.with({{.id = 30, .name = ""}}), std::invalid_argument);
  EXPECT_EQ(voc.with({{.id = 30, .name = "dodo"}}).at("dodo").id, 30);
}

TEST(CountIds, CountsEveryDtypeThatLabelsHave) {
  const at::Tensor labels = at::tensor({3, 0, 3, 7, 7, 7}, at::kInt).view({2, 3});
  const std::map<int64_t, int64_t> expected = {{0, 1}, {3, 2}, {7, 3}};
  EXPECT_EQ(count_ids(labels), expected);
  EXPECT_EQ(count_ids(labels.to(at::kByte)), expected);
  EXPECT_EQ(count_ids(labels.to(at::kShort)), expected);
  EXPECT_EQ(count_ids(labels.t()), expected);
  EXPECT_THROW(count_ids(labels.to(at::kFloat)), std::invalid_argument);
  EXPECT_THROW(count_ids(-labels), std::invalid_argument);
  EXPECT_THROW(count_ids(labels.view({6})), std::invalid_argument);
}

TEST(CheckIds, NamesWhatTheSetDoesNotHave) {
  const LabelSet& train_ids = known_label_set("cityscapes-train-ids");
  const at::Tensor labels = at::tensor({0, 18, 255, 26, 26, 33}, at::kByte).view({2, 3});
  const std::string message =
      message_of<DataError>([&] { check_ids(labels, train_ids, "aachen.png"); });
  EXPECT_THAT(message, HasSubstr("aachen.png"));
  EXPECT_THAT(message, HasSubstr("cityscapes-train-ids"));
  EXPECT_THAT(message, HasSubstr("26 (2 px), 33 (1 px)"));
  EXPECT_NO_THROW(check_ids(at::tensor({0, 18, 255}, at::kByte).view({1, 3}), train_ids, "x"));
}

TEST(LoadLabelSet, ReadsYamlAndJson) {
  const TemporaryFolder folder;
  put(folder / "yard.yaml",
      "name: yard\nignore_ids: [255]\nclasses:\n"
      "  - {id: 0, name: ground, color: [1, 2, 3]}\n"
      "  - {id: 4, name: crane, thing: true, train_id: 1}\n"
      "  - {id: 5, name: frame, ignored: true}\n");
  const LabelSet set = load_label_set(folder / "yard.yaml");
  EXPECT_EQ(set.name(), "yard");
  EXPECT_EQ(set.at("ground").color, (Color{1, 2, 3}));
  EXPECT_EQ(set.at("ground").train_id, 0);
  EXPECT_TRUE(set.at("crane").is_thing);
  EXPECT_EQ(set.at("crane").train_id, 1);
  EXPECT_EQ(set.at("frame").train_id, kNoTrainId);
  EXPECT_TRUE(set.allows(255));
  put(folder / "yard.json", R"({"name": "yard", "classes": [{"id": 1, "name": "a"}]})");
  EXPECT_EQ(find_label_set((folder / "yard.json").string()).at(1).name, "a");
}

TEST(LoadLabelSet, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto refused = [&](const char* text) {
    put(folder / "set.yaml", text);
    return message_of<DataError>([&] { load_label_set(folder / "set.yaml"); });
  };
  EXPECT_THAT(refused("name: yard\nclases: []\n"), HasSubstr("did you mean 'classes'"));
  EXPECT_THAT(refused("name: yard\nclasses: []\n"), HasSubstr("at least one"));
  EXPECT_THAT(refused("name: yard\nclasses: [{id: x, name: a}]\n"), HasSubstr("classes[0]: id"));
  EXPECT_THAT(refused("name: yard\nclasses: [{id: 1, name: a}, {id: 1, name: b}]\n"),
              HasSubstr("id 1 stands twice"));
  EXPECT_THAT(refused("name: yard\nclasses: [{id: 1, name: a, color: [1, 2]}]\n"),
              HasSubstr("color"));
  EXPECT_THAT(refused("name: yard\nclasses: [{id: 1, name: a, color: [1, 2, 256]}]\n"),
              HasSubstr("color"));
  EXPECT_THAT(refused("name: yard\nclasses: [{id: 70000, name: a}]\n"), HasSubstr("65535"));
  EXPECT_THAT(refused("name: coco\nclasses: [{id: 1, name: a}]\n"), HasSubstr("situ's own"));
  EXPECT_THAT(refused("[1, 2]\n"), HasSubstr("table"));
  EXPECT_THROW(load_label_set(folder / "none.yaml"), FileError);
  EXPECT_THROW(find_label_set("yard"), std::invalid_argument);
}

}  // namespace
}  // namespace situ
