// SPDX-License-Identifier: Apache-2.0
#include "situ/io/torch_archive.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/pickle.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

using testing::HasSubstr;

// Made by tools/make_torch_archive_fixtures.py.
const std::filesystem::path kFolder = SITU_SOURCE_DIR "/tests/data/torch_archive";

class TorchArchive : public testing::TestWithParam<const char*> {};

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
                         testing::Values("plain.pth", "old.pth", "checkpoint.ckpt",
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

// Every damaged file is refused with a DataError, or read; nothing else happens.
void expect_survived(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "file", bytes);
  try {
    for (const auto& [name, tensor] : load_torch_archive(folder / "file")) {
      ASSERT_EQ(tensor.clone().sizes(), tensor.sizes());
    }
  } catch (const DataError&) {
    // as it should be
  }
}

TEST(TorchArchive, SurvivesBeingCutAnywhere) {
  for (const char* name : {"module.pt", "old.pth"}) {
    const std::string whole = read_file(kFolder / name);
    const std::size_t stride = whole.size() / 150 + 1;
    for (std::size_t size = 0; size < whole.size(); size += stride) {
      expect_survived(whole.substr(0, size));
    }
  }
}

TEST(TorchArchive, SurvivesChangedBytes) {
  std::mt19937 random(5);
  for (const char* name : {"module.pt", "old.pth", "plain.pth"}) {
    const std::string whole = read_file(kFolder / name);
    for (int i = 0; i < 200; ++i) {
      std::string changed = whole;
      for (int k = 0; k < 3; ++k) changed[random() % changed.size()] = static_cast<char>(random());
      expect_survived(changed);
    }
  }
}

std::string message_of(const std::string& pickle) {
  try {
    const Pickle read(pickle, "file");
  } catch (const DataError& error) {
    return error.what();
  }
  return "read";
}

std::string pickled(const std::string& text) { return std::string("\x80\x02", 2) + text + "."; }

TEST(Pickle, RefusesToImportWhatNoModelNeeds) {
  // What pickle.dumps makes of an object whose __reduce__ gives (os.system, ("…",)).
  EXPECT_THAT(message_of(pickled("cos\nsystem\nX\x04\0\0\0echo\x85R")), HasSubstr("imports os."));
  EXPECT_THAT(message_of(pickled("cposix\nsystem\nX\x01\0\0\0a\x85R")),
              HasSubstr("imports posix.system"));
  EXPECT_THAT(message_of(pickled("cbuiltins\neval\n(tR")), HasSubstr("imports builtins.eval"));
  EXPECT_THAT(message_of(std::string("\x80\x04\x8c\x02os\x8c\x06system\x93.", 17)),
              HasSubstr("imports os.system"));
  EXPECT_THAT(message_of(pickled("ctorch.hub\nload\n)R")), HasSubstr("imports torch.hub.load"));
}

TEST(Pickle, RefusesInstructionsThatMakeObjects) {
  EXPECT_THAT(message_of(pickled("(ios\nsystem\n")), HasSubstr("instruction 105"));  // INST
  EXPECT_THAT(message_of(pickled("(o")), HasSubstr("instruction 111"));              // OBJ
}

TEST(Pickle, RefusesWhatDoesNotAddUp) {
  EXPECT_THAT(message_of(pickled("")), HasSubstr("takes more values"));
  EXPECT_THAT(message_of(pickled("t")), HasSubstr("mark is missing"));
  EXPECT_THAT(message_of(pickled("h\x05")), HasSubstr("never kept"));
  EXPECT_THAT(message_of(pickled("}NNe")), HasSubstr("mark is missing"));
  EXPECT_THAT(message_of(pickled("NNs")), HasSubstr("takes more values"));
  EXPECT_THAT(message_of(std::string("\x80\x02X\xff\xff\xff\x7f", 7)), HasSubstr("cut short"));
  EXPECT_THAT(message_of(std::string("\x80\x02", 2)), HasSubstr("cut short"));
  EXPECT_THAT(message_of(std::string("\x80\x09N.", 4)), HasSubstr("newer than 5"));
}

TEST(Pickle, BoundsWhatAFewBytesAskFor) {
  std::string bomb = "X" + std::string("\0\0\x10\0", 4) + std::string(1 << 20, 'a') + "q";
  bomb += '\0';
  for (int i = 0; i < 2000; ++i) bomb += std::string("h\0", 2);
  EXPECT_THAT(message_of(pickled(bomb)), HasSubstr("more than a gigabyte"));
}

TEST(Pickle, NestsDeeplyWithoutRecursion) {
  std::string deep = "N" + std::string(1'000'000, '\x85');
  EXPECT_EQ(message_of(pickled(deep)), "read");
}

}  // namespace
}  // namespace situ
