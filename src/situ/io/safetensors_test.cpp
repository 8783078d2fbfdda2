// SPDX-License-Identifier: Apache-2.0
#include "situ/io/safetensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

std::string with_length(const std::string& header, const std::string& data) {
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header + data;
}

/// The message with which a file of this header and data is refused.
std::string refusal(const std::string& header, const std::string& data) {
  const TemporaryFolder folder;
  put(folder / "x", with_length(header, data));
  return message_of<DataError>([&] { SafetensorsFile file(folder / "x"); });
}

void read_all(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  for (const std::string& name : file.names()) file.tensor(name).clone();
}

std::map<std::string, at::Tensor> one_of_each() {
  const at::Tensor numbers = at::arange(6).view({2, 3});
  return {{"f64", numbers.to(at::kDouble)},
          {"f32", numbers.to(at::kFloat)},
          {"f16", numbers.to(at::kHalf)},
          {"bf16", numbers.to(at::kBFloat16)},
          {"i64", numbers.sub(3)},
          {"i32", numbers.to(at::kInt)},
          {"i16", numbers.to(at::kShort)},
          {"i8", numbers.sub(3).to(at::kChar)},
          {"u8", numbers.to(at::kByte)},
          {"bool", numbers > 2},
          {"scalar", at::scalar_tensor(7.5)},
          {"empty", at::zeros({0, 4})},
          {"turned", numbers.t()},
          {"name \"with\" \xc3\xa9", at::ones({1})}};
}

TEST(Safetensors, KeepsEveryDtypeAndShape) {
  const TemporaryFolder folder;
  const auto tensors = one_of_each();
  save_safetensors(folder / "x", tensors, {{"format", "pt"}, {"note", ""}});
  const SafetensorsFile file(folder / "x");
  EXPECT_EQ(file.names().size(), tensors.size());
  EXPECT_TRUE(std::is_sorted(file.names().begin(), file.names().end()));
  for (const auto& [name, tensor] : tensors) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(file.contains(name));
    const at::Tensor read = file.tensor(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type());
    EXPECT_EQ(read.sizes(), tensor.sizes());
    EXPECT_TRUE(at::equal(read, tensor));
  }
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.metadata().at("note"), "");
}

TEST(Safetensors, PadsTheHeaderAndAlignsTheData) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", {{"a", at::ones({3}, at::kByte)}, {"b", at::ones({1})}});
  const std::string bytes = read_file(folder / "x");
  const auto length = static_cast<unsigned char>(bytes[0]);
  EXPECT_EQ(length % 8, 0);
  EXPECT_EQ(bytes[8], '{');
  EXPECT_EQ(bytes.size(), 8u + length + 7u);
  EXPECT_LT(bytes.find("\"a\""), bytes.find("\"b\""));  // header by name
  EXPECT_EQ(bytes.substr(8u + length + 4), "\1\1\1");   // data by element size
}

TEST(Safetensors, KeepsNothingButMetadata) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", {}, {{"k", "v"}});
  const SafetensorsFile file(folder / "x");
  EXPECT_TRUE(file.names().empty());
  EXPECT_EQ(file.metadata().at("k"), "v");
}

TEST(Safetensors, KeepsTheMappingAliveAndTheFileUnchanged) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", {{"a", at::ones({4})}});
  const std::string before = read_file(folder / "x");
  at::Tensor tensor;
  {
    const SafetensorsFile file(folder / "x");
    tensor = file.tensor("a");
    EXPECT_EQ(tensor.data_ptr(), file.tensor("a").data_ptr());
  }
  std::filesystem::remove(folder / "y");
  tensor.add_(1);
  EXPECT_TRUE(at::equal(tensor, at::full({4}, 2.0f)));
  EXPECT_EQ(read_file(folder / "x"), before);
}

TEST(Safetensors, CopiesWhatTheFileDoesNotAlign) {
  const TemporaryFolder folder;
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  const float values[2] = {1.5f, -2.0f};
  put(folder / "x",
      with_length(header, "\x05" + std::string(reinterpret_cast<const char*>(values), 8)));
  const SafetensorsFile file(folder / "x");
  EXPECT_THAT(file.names(), ElementsAre("a", "b"));
  EXPECT_EQ(file.tensor("a").item<int>(), 5);
  EXPECT_TRUE(at::equal(file.tensor("b"), at::tensor({1.5f, -2.0f})));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.tensor("b").data_ptr()) % 4, 0u);
}

TEST(Safetensors, RefusesBrokenHeaders) {
  EXPECT_THAT(refusal("[1]", ""), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal(R"({"a":)", ""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(std::string(1000, '['), ""), HasSubstr("too many brackets"));
  EXPECT_THAT(refusal(R"({"a":1})", ""), HasSubstr("tensor \"a\": expected a dtype"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"k":1}})", ""), HasSubstr("is not a string"));
  EXPECT_THAT(refusal(R"({"__metadata__":[]})", ""), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "1"),
              HasSubstr("expected one of the dtypes F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL, got "
                        "\"F8_E4M3\""));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", "1"),
              HasSubstr("its shape as a list of numbers"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", "1"),
              HasSubstr("its shape"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","shape":[1]}})", "1"), HasSubstr("its data_offsets"));
}

TEST(Safetensors, RefusesRepeatedNames) {
  const std::string a = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_THAT(refusal("{" + a + "," + a + "}", "1"), HasSubstr("has the key \"a\" twice"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "1"),
              HasSubstr("\"dtype\" twice"));
}

TEST(Safetensors, RefusesOffsetsThatDoNotFit) {
  const auto entry = [](const std::string& name, const std::string& shape,
                        const std::string& span) {
    return "\"" + name + R"(":{"dtype":"I16","shape":[)" + shape + R"(],"data_offsets":[)" + span +
           "]}";
  };
  const std::string four(4, 'x');
  EXPECT_THAT(refusal("{" + entry("a", "3", "0,6") + "}", four), HasSubstr("4 bytes of data"));
  EXPECT_THAT(refusal("{" + entry("a", "2", "4,0") + "}", four), HasSubstr("[begin, end]"));
  EXPECT_THAT(refusal("{" + entry("a", "1", "0,4") + "}", four),
              HasSubstr("need 2 bytes, its data_offsets give 4"));
  EXPECT_THAT(refusal("{" + entry("a", "2", "0,4") + "," + entry("b", "1", "2,4") + "}", four),
              HasSubstr("\"b\" at byte"));
  EXPECT_THAT(refusal("{" + entry("a", "1", "2,4") + "}", four), HasSubstr("belong to no tensor"));
  EXPECT_THAT(refusal("{" + entry("a", "1", "0,2") + "}", four),
              HasSubstr("2 bytes that belong to no"));
  EXPECT_THAT(refusal("{" + entry("a", "9223372036854775807,9", "0,4") + "}", four),
              HasSubstr("larger than any memory"));
  EXPECT_THAT(refusal("{" + entry("a", "0,9223372036854775807,9", "0,0") + "}", ""),
              HasSubstr("larger than any memory"));
  EXPECT_THAT(refusal("{" + entry("a", "99999999999999999999", "0,4") + "}", four),
              HasSubstr("its shape"));
}

TEST(Safetensors, RefusesAHeaderLongerThanTheFile) {
  const TemporaryFolder folder;
  put(folder / "x", std::string(8, '\xff') + "{}");
  EXPECT_THAT(message_of<DataError>([&] { SafetensorsFile file(folder / "x"); }),
              HasSubstr("got a header of 18446744073709551615 bytes where 2 are possible"));
  put(folder / "x", "");
  EXPECT_THROW(SafetensorsFile(folder / "x"), DataError);
  EXPECT_THROW(SafetensorsFile(folder / "none"), FileError);
  EXPECT_THROW(SafetensorsFile(folder.path()), FileError);
  EXPECT_THROW(SafetensorsFile("/dev/null"), FileError);
}

TEST(Safetensors, RefusesABoolThatIsNone) {
  const TemporaryFolder folder;
  put(folder / "x",
      with_length(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", "\1\2"));
  const SafetensorsFile file(folder / "x");
  EXPECT_THAT(message_of<DataError>([&] { file.tensor("a"); }), HasSubstr("neither 0 nor 1"));
}

TEST(Safetensors, RefusesUnknownNamesAndUnsupportedTensors) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", {{"a", at::ones({1})}});
  EXPECT_THROW(SafetensorsFile(folder / "x").tensor("b"), std::invalid_argument);
  EXPECT_THROW(save_safetensors(folder / "y", {{"a", at::Tensor()}}), std::invalid_argument);
  EXPECT_THROW(save_safetensors(folder / "y", {{"a", at::ones({1}, at::kComplexFloat)}}),
               std::invalid_argument);
  EXPECT_THROW(save_safetensors(folder / "y", {{"__metadata__", at::ones({1})}}),
               std::invalid_argument);
  EXPECT_THROW(save_safetensors(folder / "y", {{"\xff", at::ones({1})}}), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "y"));
}

TEST(Safetensors, RefusesEveryCutFileAndSurvivesDamage) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", one_of_each(), {{"k", "v"}});
  const std::string bytes = read_file(folder / "x");
  testing::expect_refused_when_cut(bytes, bytes.size(), read_all);
  testing::survive_changed_bytes(bytes, 500, read_all);
  testing::survive_random_bytes(std::string_view("\x40\0\0\0\0\0\0\0{\"a\":", 13), 100, read_all);
}

}  // namespace
}  // namespace situ
