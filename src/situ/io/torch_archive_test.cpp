// SPDX-License-Identifier: Apache-2.0
#include "situ/io/torch_archive.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/file_bytes.h"
#include "situ/io/safetensors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

// Made by tools/make_torch_archive_fixtures.py.
const std::filesystem::path kFolder = SITU_SOURCE_DIR "/tests/data/torch_archive";

class TorchArchive : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchArchive, HoldsTheTensorsThatTorchSaved) {
  const std::filesystem::path path = kFolder / GetParam();
  EXPECT_TRUE(is_torch_archive(path));
  const auto tensors = load_torch_archive(path);
  const SafetensorsFile expected(kFolder / "expected.safetensors");
  ASSERT_EQ(tensors.size(), expected.names().size());
  for (const std::string& name : expected.names()) {
    ASSERT_TRUE(tensors.contains(name)) << name;
    EXPECT_EQ(tensors.at(name).scalar_type(), expected.tensor(name).scalar_type()) << name;
    EXPECT_TRUE(at::equal(tensors.at(name), expected.tensor(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, TorchArchive,
                         ::testing::Values("plain.pth", "old.pth", "checkpoint.ckpt",
                                           "old_checkpoint.ckpt"));

TEST(TorchArchive, ReadsTheStateOfAModule) {
  const auto tensors = load_torch_archive(kFolder / "module.pt");
  EXPECT_EQ(tensors.at("weight").sizes(), at::IntArrayRef({1, 2}));
  EXPECT_EQ(tensors.at("bias").sizes(), at::IntArrayRef({1}));
}

TEST(TorchArchive, IsNotWhatBeginsOtherwise) {
  EXPECT_FALSE(is_torch_archive(kFolder / "expected.safetensors"));
  EXPECT_THROW(load_torch_archive(kFolder / "expected.safetensors"), DataError);
}

TEST(TorchArchive, ReadsWhatTrainingLeavesBesideTheWeights) {
  for (const char* name : {"training_protocol2.ckpt", "training_protocol5.ckpt"}) {
    SCOPED_TRACE(name);
    const auto tensors = load_torch_archive(kFolder / name);
    ASSERT_THAT(tensors, ElementsAre(Key("buffer"), Key("parameter")));
    EXPECT_TRUE(at::equal(tensors.at("buffer"), at::tensor({1.0F, 2.0F})));
    EXPECT_TRUE(at::equal(tensors.at("parameter"), at::tensor({3.0F, 4.0F}).view({2, 1})));
  }
}

void read_all(const std::filesystem::path& path) {
  for (const auto& [name, tensor] : load_torch_archive(path)) {
    ASSERT_EQ(tensor.clone().sizes(), tensor.sizes());
  }
}

TEST(TorchArchive, RefusesEveryCutFile) {
  for (const char* name : {"module.pt", "old.pth"}) {
    const std::string whole = read_file(kFolder / name);
    testing::expect_refused_when_cut(whole, whole.size(), read_all);
  }
}

TEST(TorchArchive, SurvivesChangedBytes) {
  for (const char* name : {"module.pt", "old.pth", "plain.pth", "training_protocol5.ckpt"}) {
    testing::survive_changed_bytes(read_file(kFolder / name), 200, read_all);
  }
}

// Pickles by hand, in instructions of protocol 2.

std::string text(const std::string& characters) {
  return "X" + std::string{static_cast<char>(characters.size()), 0, 0, 0} + characters;
}

std::string number(int64_t value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, bytes.size());
  return "\x8a\x08" + bytes;
}

std::string tuple(const std::vector<int64_t>& numbers) {
  std::string items;
  for (const int64_t n : numbers) items += number(n);
  return "(" + items + "t";
}

std::string float_storage(int64_t size) {
  return "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(size) +
         "tQ";
}

std::string tensor(int64_t offset, const std::vector<int64_t>& sizes,
                   const std::vector<int64_t>& strides, const std::string& marks = "}") {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + float_storage(6) + number(offset) + tuple(sizes) +
         tuple(strides) + "\x89}" + marks + "tR";
}

std::string dict(const std::string& items) { return "}(" + items + "u"; }

// A file in the format of torch.save before 1.6; its storage, where it has one, holds the floats 0
// to 5.
std::string file_with(const std::string& content) {
  const std::string start("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  const std::string head = start + "M\xe9\x03." + "}." + content + ".";
  if (content.find("Storage") == std::string::npos) return head + "].";
  std::string storage("\6\0\0\0\0\0\0\0", 8);
  for (int i = 0; i < 6; ++i) {
    const auto value = static_cast<float>(i);
    storage.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return head + "](" + text("0") + "e." + storage;
}

std::map<std::string, at::Tensor> loaded(const std::string& content) {
  const TemporaryFolder folder;
  testing::put(folder / "x", file_with(content));
  return load_torch_archive(folder / "x");
}

std::string refusal(const std::string& content) {
  return testing::message_of<DataError>([&] { loaded(content); });
}

std::string refusal_of_view(int64_t offset, const std::vector<int64_t>& sizes,
                            const std::vector<int64_t>& strides) {
  return refusal(dict(text("a") + tensor(offset, sizes, strides)));
}

TEST(TorchArchive, TakesViewsUpToTheLastElementOfTheirStorage) {
  const auto view = [](int64_t offset, const std::vector<int64_t>& sizes,
                       const std::vector<int64_t>& strides) {
    return loaded(dict(text("a") + tensor(offset, sizes, strides))).at("a");
  };
  // 1 + 1 * 3 + 1 * 1 = 5, the last of six.
  EXPECT_TRUE(
      at::equal(view(1, {2, 2}, {3, 1}), at::tensor({1.0F, 2.0F, 4.0F, 5.0F}).view({2, 2})));
  EXPECT_TRUE(at::equal(view(5, {3}, {0}), at::full({3}, 5.0F)));
  EXPECT_EQ(view(5, {}, {}).item<float>(), 5);
  EXPECT_EQ(view(99, {0, 3}, {7, 1}).sizes(), at::IntArrayRef({0, 3}));  // it touches nothing
}

TEST(TorchArchive, RefusesViewsThatReachOutsideTheirStorage) {
  const auto outside = HasSubstr("tensor \"a\": it reaches beyond its storage of 6 elements");
  EXPECT_THAT(refusal_of_view(0, {7}, {1}), outside);
  EXPECT_THAT(refusal_of_view(2, {2, 2}, {3, 1}), outside);
  EXPECT_THAT(refusal_of_view(0, {2}, {6}), outside);
  EXPECT_THAT(refusal_of_view(6, {1}, {1}), outside);
  EXPECT_THAT(refusal_of_view(6, {}, {}), outside);
}

TEST(TorchArchive, RefusesViewsWhoseArithmeticOverflows) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  const auto outside = HasSubstr("it reaches beyond its storage of 6 elements");
  EXPECT_THAT(refusal_of_view(kLargest, {}, {}), outside);            // the end
  EXPECT_THAT(refusal_of_view(kLargest, {2}, {1}), outside);          // offset + reach
  EXPECT_THAT(refusal_of_view(0, {3}, {kLargest}), outside);          // size * stride
  EXPECT_THAT(refusal_of_view(0, {int64_t{1} << 62}, {4}), outside);  // = 2^64, which wraps to 0
  EXPECT_THAT(refusal_of_view(1, {3, 2}, {int64_t{1} << 62, int64_t{1} << 62}), outside);
  const int64_t half = int64_t{1} << 32;
  EXPECT_THAT(refusal_of_view(0, {half, half}, {0, 0}), outside);        // product of the shape
  EXPECT_THAT(refusal_of_view(0, {half, half, 0}, {0, 0, 0}), outside);  // though it is empty
  EXPECT_THAT(refusal_of_view(0, {(int64_t{1} << 24) + 1}, {0}), outside);
  EXPECT_THAT(refusal_of_view(-1, {1}, {1}), HasSubstr("offset is no whole number"));
  EXPECT_THAT(refusal_of_view(0, {-1}, {1}), HasSubstr("size is no whole number"));
  EXPECT_THAT(refusal_of_view(5, {2}, {-1}), HasSubstr("strides is no whole number"));
  EXPECT_THAT(refusal_of_view(0, {1, 1}, {1}), HasSubstr("a stride too many or few"));
}

TEST(TorchArchive, RefusesNumbersThatAreToBeNegated) {
  EXPECT_THAT(refusal(dict(text("a") + tensor(0, {1}, {1}, dict(text("neg") + "\x88")))),
              HasSubstr("a tensor with marks of its own"));
}

TEST(TorchArchive, TakesTheEntryOfACheckpointThatHoldsTensors) {
  const std::string one = tensor(1, {}, {}), two = tensor(2, {}, {});
  const auto inside = dict(text("w") + one);
  EXPECT_THAT(loaded(dict(text("model") + inside)), ElementsAre(Key("w")));
  EXPECT_THAT(loaded(dict(text("state_dict") + inside + text("loss") + two)),
              ElementsAre(Key("w")));
  // Both: Lightning's comes first.
  EXPECT_THAT(loaded(dict(text("model") + dict(text("m") + two) + text("state_dict") + inside)),
              ElementsAre(Key("w")));
  // Settings under these names are no state.
  const std::string settings = dict(text("layers") + "K\2");
  EXPECT_THAT(loaded(dict(text("w") + one + text("model") + settings + text("state_dict") + "}")),
              ElementsAre(Key("w")));
  EXPECT_THAT(loaded(dict(text("state_dict") + settings + text("model") + inside)),
              ElementsAre(Key("w")));
  EXPECT_THAT(loaded(dict(text("model") + one + text("w") + two)),
              ElementsAre(Key("model"), Key("w")));
}

TEST(TorchArchive, SaysWhereThereIsNoTensor) {
  EXPECT_THAT(refusal("N"), HasSubstr("expected a dictionary of tensors"));
  EXPECT_THAT(refusal(dict(text("model") + dict(text("layers") + "K\2"))),
              HasSubstr("got one without a tensor in it"));
  EXPECT_TRUE(loaded("}").empty());
}

TEST(TorchArchive, LeavesOutWhatIsNoTensorWhateverItsKeyAndRefusesTensorsWithoutAName) {
  const std::string one = tensor(1, {}, {});
  const std::string others = "K\7" + text("seven") + "NN" + ")]";
  EXPECT_THAT(loaded(dict(text("w") + one + others)), ElementsAre(Key("w")));
  EXPECT_THAT(refusal(dict(text("w") + one + "K\7" + one)), HasSubstr("a tensor's key is no text"));
  EXPECT_THAT(refusal(dict(text("model") + dict("K\1" + one))),
              HasSubstr("a tensor's key is no text"));
}

TEST(TorchArchive, RefusesTensorsOfOtherTypesThanTorchsOwn) {
  const auto typed = [](const std::string& function, const std::string& type) {
    return dict(text("a") + "ctorch._tensor\n_rebuild_from_type_v2\n(c" + function + "c" + type +
                "(" + float_storage(6) + number(4) + tuple({}) + tuple({}) + "\x89}t}tR");
  };
  const std::string rebuild = "torch._utils\n_rebuild_tensor_v2\n";
  EXPECT_EQ(loaded(typed(rebuild, "torch\nTensor\n")).at("a").item<float>(), 4);
  EXPECT_THAT(refusal(typed(rebuild, "torch\nSize\n")),
              HasSubstr("a tensor of the type torch Size"));
  EXPECT_THAT(refusal(typed(rebuild, "my.module\nTensor\n")),
              HasSubstr("imports my.module.Tensor"));
  EXPECT_THAT(refusal(typed("torch\nSize\n", "torch\nTensor\n")),
              HasSubstr("a tensor made by torch Size"));
}

}  // namespace
}  // namespace situ
