// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "situ/tokenizers/bert_tokenizer.h"

// The input is tokenizer.json or vocab.txt, which begins with another sign than "{"; behind a line
// of three hyphens may come tokenizer_config.json.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  constexpr std::string_view kEnd = "\n---\n";
  const std::string_view input = text_of(data, size);
  for (const char* name : {"tokenizer.json", "vocab.txt", "tokenizer_config.json"}) {
    std::filesystem::remove(fuzz_folder() / name);
  }
  const std::size_t end = input.find(kEnd);
  put_file(input.starts_with('{') ? "tokenizer.json" : "vocab.txt", input.substr(0, end));
  if (end != std::string_view::npos) {
    put_file("tokenizer_config.json", input.substr(end + kEnd.size()));
  }
  read_or_refuse([&] {
    const BertTokenizer tokenizer = BertTokenizer::from_folder(fuzz_folder().path());
    // What is read is text, too: that of the file itself.
    for (const std::string_view text :
         {std::string_view("Na\xc3\xafve roads, [SEP] 3.14!"), input.substr(0, 4096)}) {
      const std::vector<int64_t> ids = tokenizer.encode(std::string(text));
      tokenizer.decode(ids, SpaceCleanUp::kAlways);
    }
  });
  return 0;
}
