// SPDX-License-Identifier: Apache-2.0
#include "situ/io/npy.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

std::filesystem::path fixture(const std::string& name) {
  return testing::data_folder() / "numpy" / name;
}

/// [[0, 1, 2], [3, 4, 5]], which every fixture holds.
at::Tensor numbers(at::ScalarType dtype) { return at::arange(6).view({2, 3}).to(dtype); }

const std::map<std::string, at::ScalarType>& dtypes() {
  static const std::map<std::string, at::ScalarType> kTable = {
      {"bool", at::kBool},    {"uint8", at::kByte},    {"int8", at::kChar},
      {"int16", at::kShort},  {"int32", at::kInt},     {"int64", at::kLong},
      {"float16", at::kHalf}, {"float32", at::kFloat}, {"float64", at::kDouble}};
  return kTable;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && at::equal(a, b);
}

/// The message with which a version 1.0 file of this header and data is refused.
std::string refusal(const std::string& header, const std::string& data = "") {
  const TemporaryFolder folder;
  const std::string start =
      std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0';
  put(folder / "x.npy", start + header + data);
  return message_of<DataError>([&] { load_npy(folder / "x.npy"); });
}

TEST(LoadNpy, ReadsWhatNumpyWrites) {
  for (const auto& [name, dtype] : dtypes()) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(same(load_npy(fixture(name + ".npy")), numbers(dtype)));
  }
  EXPECT_TRUE(same(load_npy(fixture("fortran.npy")), numbers(at::kFloat)));
  EXPECT_TRUE(load_npy(fixture("fortran.npy")).is_contiguous());
  EXPECT_TRUE(same(load_npy(fixture("version2.npy")), numbers(at::kFloat)));
  EXPECT_TRUE(same(load_npy(fixture("scalar.npy")), at::scalar_tensor(7.5f)));
  EXPECT_TRUE(same(load_npy(fixture("empty.npy")), at::zeros({0, 3})));
}

TEST(LoadNpy, RefusesOtherKindsByName) {
  const auto message = [](const std::string& name) {
    return message_of<DataError>([&] { load_npy(fixture("refused_" + name + ".npy")); });
  };
  EXPECT_THAT(message("big_endian"), HasSubstr("big-endian numbers are not supported"));
  EXPECT_THAT(message("objects"), HasSubstr("Python objects are not read"));
  EXPECT_THAT(message("structured"), HasSubstr("structured arrays are not supported"));
  EXPECT_THAT(message("uint16"), HasSubstr("the dtype '<u2' is not one of |b1"));
  EXPECT_THAT(message("version3"), HasSubstr("version 1.0 or 2.0, got 3.0"));
}

TEST(LoadNpy, RefusesBrokenHeaders) {
  const std::string good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  EXPECT_THAT(refusal(good, "1"), HasSubstr("expected 2 bytes of numbers, got 1; the file is cut"));
  EXPECT_THAT(refusal(good, "123"), HasSubstr("expected 2 bytes of numbers, got 3"));
  EXPECT_THAT(refusal(good + " x", "12"), HasSubstr("more after its '}'"));
  EXPECT_THAT(refusal("{'descr': '|u1', 'shape': (2,)}", "12"), HasSubstr("needs the keys"));
  EXPECT_THAT(refusal("{'descr': '|u1', 'descr': '|u1'}"),
              HasSubstr("'descr' is unknown or comes twice"));
  EXPECT_THAT(refusal("{'evil': __import__('os')}"), HasSubstr("'evil' is unknown"));
  EXPECT_THAT(refusal("{'shape': (2)}"), HasSubstr("expected ',' after the only size"));
  EXPECT_THAT(refusal("{'shape': (-2,)}"), HasSubstr("expected a size"));
  EXPECT_THAT(refusal("{'shape': (2 3)}"), HasSubstr("expected ',' or ')'"));
  EXPECT_THAT(refusal("{'shape': (99999999999999999999,)}"), HasSubstr("expected a size"));
  EXPECT_THAT(refusal("{'fortran_order': 0}"), HasSubstr("expected True or False"));
  EXPECT_THAT(refusal("{'descr': 'x"), HasSubstr("does not end"));
  EXPECT_THAT(refusal("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", "\x02"),
              HasSubstr("a bool is neither 0 nor 1"));
}

TEST(LoadNpy, ChecksTheStatedSizeBeforeItAllocates) {
  const auto of_shape = [](const std::string& shape) {
    return refusal("{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + ")}");
  };
  EXPECT_THAT(of_shape("1000000, 1000000"), HasSubstr("expected an array of at most"));
  EXPECT_THAT(of_shape("4294967296, 4294967296, 4294967296"), HasSubstr("at most"));
  EXPECT_THAT(of_shape("0, 9223372036854775807"), HasSubstr("at most"));
  EXPECT_THAT(of_shape("1000, 1000"), HasSubstr("expected 8000000 bytes of numbers, got 0"));
}

TEST(SaveNpy, WritesTheBytesThatNumpyWrites) {
  const TemporaryFolder folder;
  for (const auto& [name, dtype] : dtypes()) {
    SCOPED_TRACE(name);
    save_npy(folder / "x.npy", numbers(dtype));
    EXPECT_EQ(read_file(folder / "x.npy"), read_file(fixture(name + ".npy")));
  }
  save_npy(folder / "x.npy", at::scalar_tensor(7.5f));
  EXPECT_EQ(read_file(folder / "x.npy"), read_file(fixture("scalar.npy")));
  save_npy(folder / "x.npy", numbers(at::kFloat).t().contiguous().t());
  EXPECT_EQ(read_file(folder / "x.npy"), read_file(fixture("float32.npy")));
  save_npy(folder / "x.npy", at::arange(3));
  EXPECT_TRUE(same(load_npy(folder / "x.npy"), at::arange(3)));
}

TEST(SaveNpy, RefusesOtherDtypes) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_npy(folder / "x.npy", at::ones({1}, at::kBFloat16)), std::invalid_argument);
  EXPECT_THROW(save_npy(folder / "x.npy", at::Tensor()), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.npy"));
}

TEST(LoadNpz, ReadsWhatNumpyWrites) {
  const auto stored = load_npz(fixture("stored.npz"));
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_TRUE(same(stored.at("fortran"), numbers(at::kFloat)));
  EXPECT_TRUE(same(stored.at("folder/int64"), numbers(at::kLong)));
  const auto deflated = load_npz(fixture("deflated.npz"));
  ASSERT_EQ(deflated.size(), dtypes().size());
  for (const auto& [name, dtype] : dtypes()) EXPECT_TRUE(same(deflated.at(name), numbers(dtype)));
}

TEST(SaveNpz, KeepsArraysAndRepeatsItsBytes) {
  const TemporaryFolder folder;
  const std::map<std::string, at::Tensor> arrays = {{"a", numbers(at::kFloat)},
                                                    {"folder/\xc3\xa9", at::zeros({300, 300})},
                                                    {"none", at::zeros({0})}};
  save_npz(folder / "x.npz", arrays);
  save_npz(folder / "y.npz", arrays);
  const std::string bytes = read_file(folder / "x.npz");
  EXPECT_EQ(bytes, read_file(folder / "y.npz"));
  EXPECT_LT(bytes.size(), 5000u);
  const auto read = load_npz(folder / "x.npz");
  ASSERT_EQ(read.size(), arrays.size());
  for (const auto& [name, array] : arrays) EXPECT_TRUE(same(read.at(name), array)) << name;
}

TEST(SaveNpz, KeepsAnEmptyArchive) {
  const TemporaryFolder folder;
  save_npz(folder / "x.npz", {});
  EXPECT_TRUE(load_npz(folder / "x.npz").empty());
}

TEST(SaveNpz, RefusesBadNames) {
  const TemporaryFolder folder;
  for (const std::string& name :
       {std::string(), std::string("/a"), std::string("../a"), std::string("a.npy"),
        std::string("\xff\xff"), std::string(1, '\0')}) {
    EXPECT_THROW(save_npz(folder / "x.npz", {{name, at::ones({1})}}), std::invalid_argument)
        << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "x.npz"));
}

TEST(LoadNpz, RefusesAnEntryThatStatesMoreThanTheFileCanHold) {
  const TemporaryFolder folder;
  save_npz(folder / "x.npz", {{"a", at::zeros({1000})}});
  std::string bytes = read_file(folder / "x.npz");
  const std::string size("\x20\x10\0\0", 4);  // 128 + 4000 bytes = 0x1020
  ASSERT_NE(bytes.find(size), std::string::npos);
  for (size_t at = bytes.find(size); at != std::string::npos; at = bytes.find(size)) {
    bytes.replace(at, 4, "\x20\x10\x10\x10");
  }
  put(folder / "x.npz", bytes);
  EXPECT_THAT(message_of<DataError>([&] { load_npz(folder / "x.npz"); }),
              HasSubstr("array \"a.npy\": the file cannot hold the 269488160 bytes"));
}

TEST(LoadNpy, RefusesEveryCutFileAndSurvivesDamage) {
  const auto read = [](const std::filesystem::path& path) { load_npy(path); };
  for (const char* name : {"float32.npy", "version2.npy", "fortran.npy"}) {
    const std::string bytes = read_file(fixture(name));
    testing::expect_refused_when_cut(bytes, 1000, read);
    testing::survive_changed_bytes(bytes, 300, read);
  }
  testing::survive_random_bytes(std::string_view("\x93NUMPY\1\0\x20\0{'shape': (", 21), 200, read);
}

TEST(LoadNpz, RefusesEveryCutFileAndSurvivesDamage) {
  const auto read = [](const std::filesystem::path& path) { load_npz(path); };
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::string bytes = read_file(fixture(name));
    testing::expect_refused_when_cut(bytes, 300, read);
    testing::survive_changed_bytes(bytes, 300, read);
  }
  testing::survive_random_bytes(std::string_view("PK\3\4\x14\0\0\0\0\0", 10), 200, read);
  EXPECT_THROW(load_npz(fixture("float32.npy")), DataError);
  EXPECT_THROW(load_npz(fixture("none.npz")), FileError);
}

}  // namespace
}  // namespace situ
