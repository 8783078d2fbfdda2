// SPDX-License-Identifier: Apache-2.0
#include "situ/io/sha256.h"

#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

// The examples of FIPS 180-2, appendix B.
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfMillion =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kOfMillion);
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, IsTheSameForAFile) {
  const TemporaryFolder folder;
  testing::put(folder / "x", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of_file(folder / "x"), kOfMillion);
  const std::string large(2'500'000, 'b');  // more than two pieces
  testing::put(folder / "x", large);
  EXPECT_EQ(sha256_of_file(folder / "x"), sha256_hex(large));
  EXPECT_THROW(sha256_of_file(folder / "none"), FileError);
}

}  // namespace
}  // namespace situ
