// SPDX-License-Identifier: Apache-2.0
#include "situ/io/json_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

TEST(JsonFile, KeepsValuesAndTheOrderOfKeys) {
  const TemporaryFolder folder;
  const nlohmann::ordered_json value = {
      {"b", {1, 2.5, nullptr, true}}, {"a", "\xc3\xa9 \" \\ \n"}, {"big", 9007199254740993}};
  save_json(folder / "x.json", value);
  EXPECT_EQ(load_json(folder / "x.json"), nlohmann::json(value));
  const std::string text = read_file(folder / "x.json");
  EXPECT_LT(text.find("\"b\""), text.find("\"a\""));
  EXPECT_TRUE(text.ends_with("}\n"));
}

TEST(JsonFile, SaysAtWhichByteItIsBroken) {
  const TemporaryFolder folder;
  put(folder / "x.json", "{\"a\": 1, oops}");
  EXPECT_THAT(message_of<DataError>([&] { load_json(folder / "x.json"); }),
              HasSubstr("x.json at byte 9: not valid JSON: parse error at line 1, column 10"));
  put(folder / "x.json", "");
  EXPECT_THROW(load_json(folder / "x.json"), DataError);
  put(folder / "x.json", "\"\xff\"");
  EXPECT_THROW(load_json(folder / "x.json"), DataError);
  put(folder / "x.json", "1e999");
  EXPECT_THROW(load_json(folder / "x.json"), DataError);
  EXPECT_THROW(load_json(folder / "none.json"), FileError);
}

TEST(JsonFile, BoundsTheNesting) {
  const TemporaryFolder folder;
  put(folder / "x.json", std::string(500, '[') + std::string(500, ']'));
  EXPECT_NO_THROW(load_json(folder / "x.json"));
  put(folder / "x.json", std::string(1'000'000, '['));
  EXPECT_THAT(message_of<DataError>([&] { load_json(folder / "x.json"); }),
              HasSubstr("at byte 500: expected at most 500 nested brackets"));
  put(folder / "x.json", "\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"");
  EXPECT_NO_THROW(load_json(folder / "x.json"));
}

TEST(JsonFile, RefusesToWriteTextThatIsNotUtf8) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_json(folder / "x.json", {{"a", "\xff"}}), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.json"));
}

TEST(JsonFile, RefusesEveryCutFileAndSurvivesDamage) {
  const std::string text = R"({"a": [1, -2.5e3, "t\u00e9\n", null], "b": {"c": true}})";
  testing::expect_refused_when_cut(text, 1000, [](const auto& path) { load_json(path); });
  testing::survive_changed_bytes(text, 500, [](const auto& path) { load_json(path); });
  testing::survive_random_bytes("{\"a\":", 200, [](const auto& path) { load_json(path); });
}

TEST(PythonJson, ReadsTheNumbersThatAreNoJsonAsNull) {
  const std::string text = R"({"a": -Infinity, "b": [NaN, Infinity], "c": "-Infinity \" NaN"})";
  EXPECT_EQ(parse_python_json(text, "file"),
            nlohmann::json::parse(R"({"a": null, "b": [null, null], "c": "-Infinity \" NaN"})"));
  EXPECT_THROW(parse_json(text, "file"), DataError);
  EXPECT_THROW(parse_python_json("{\"a\": -Infinite}", "file"), DataError);
}

}  // namespace
}  // namespace situ
