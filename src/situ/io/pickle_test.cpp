// SPDX-License-Identifier: Apache-2.0
#include "situ/io/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "situ/core/errors.h"

namespace situ {
namespace {

using testing::HasSubstr;

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
  // What pickle.dumps makes of an object whose __reduce__ gives (os.system, ("…",)), and the other
  // ways to call a function.
  for (const auto& [global, name] :
       {std::pair("cos\nsystem\n", "os.system"), std::pair("cposix\nsystem\n", "posix.system"),
        std::pair("cnt\nsystem\n", "nt.system"), std::pair("cbuiltins\neval\n", "builtins.eval"),
        std::pair("cbuiltins\nexec\n", "builtins.exec"),
        std::pair("cbuiltins\ngetattr\n", "builtins.getattr"),
        std::pair("c__builtin__\neval\n", "__builtin__.eval"),
        std::pair("csubprocess\nPopen\n", "subprocess.Popen"),
        std::pair("cnumpy\nload\n", "numpy.load"), std::pair("ctorch\nload\n", "torch.load"),
        std::pair("ctorch.hub\nload\n", "torch.hub.load")}) {
    const auto refused = HasSubstr("imports " + std::string(name) + ", which no model needs");
    const std::string argument("X\4\0\0\0echo\x85", 10);
    EXPECT_THAT(message_of(pickled(global + argument + "R")), refused);     // REDUCE
    EXPECT_THAT(message_of(pickled(global + argument + "\x81")), refused);  // NEWOBJ
    EXPECT_THAT(message_of(pickled(global)), refused);
  }
  EXPECT_THAT(message_of(std::string("\x80\x04\x8c\x02os\x8c\x06system\x93.", 15)),
              HasSubstr("imports os.system"));
  // A name in a name (STACK_GLOBAL walks through attributes) is a name that nobody knows.
  EXPECT_THAT(message_of(std::string("\x80\x04\x8c\x05torch\x8c\x09os.system\x93.", 21)),
              HasSubstr("imports torch.os.system"));
}

TEST(Pickle, MakesNothingOfTheObjectsOfTraining) {
  // The second argument of NEWOBJ and REDUCE is a tuple; BUILD and items add to what is opaque.
  for (const std::string& object :
       {std::string("cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n)\x81}b"),
        std::string("clightning.pytorch.utilities.parsing\nAttributeDict\n)\x81(K\1K\2u"),
        std::string("cnumpy\ndtype\n(U\2f8\x89\x88tR(K\3U\1<NNNtb"),
        std::string("cnumpy.core.multiarray\nscalar\n(NU\2abtR"),
        std::string("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\1\x85U\1btR"),
        std::string("c__builtin__\nset\n]\x85R"), std::string("ccollections\ndefaultdict\n)R")}) {
    const std::string bytes = pickled(object);
    ASSERT_EQ(message_of(bytes), "read") << object;
    EXPECT_TRUE(std::holds_alternative<PickleOpaque>(Pickle(bytes, "file").value())) << object;
  }
}

TEST(Pickle, ReadsTheInstructionsForLargeAndRareValues) {
  const std::string eight("\2\0\0\0\0\0\0\0", 8);
  for (const char opcode : {'\x8d', '\x8e', '\x96'}) {  // BINUNICODE8, BINBYTES8, BYTEARRAY8
    const std::string bytes = pickled(opcode + eight + "ab");
    EXPECT_EQ(std::get<std::string>(Pickle(bytes, "file").value()), "ab");
    EXPECT_THAT(message_of(pickled(opcode + std::string(8, '\xff') + "ab")),
                HasSubstr("cut short"));
  }
  const std::string minus_two = pickled(std::string("\x8b\2\0\0\0\xfe\xff", 7));  // LONG4
  EXPECT_EQ(std::get<int64_t>(Pickle(minus_two, "file").value()), -2);
  EXPECT_THAT(message_of(pickled("\x8b\xff\xff\xff\xff")), HasSubstr("cut short"));
  const auto items = [](const std::string& bytes) {
    const Pickle pickle(bytes, "file");
    return std::get<const PickleList*>(pickle.value())->items.size();
  };
  EXPECT_EQ(items(pickled("(K\1K\2\x91")), 2u);         // FROZENSET
  EXPECT_EQ(items(pickled("\x8f(K\1K\2K\3\x90")), 3u);  // EMPTY_SET, ADDITEMS
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
  EXPECT_THAT(message_of(pickled("Nb")), HasSubstr("takes more values"));
  EXPECT_THAT(message_of(pickled("K\1\x91")), HasSubstr("mark is missing"));
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
