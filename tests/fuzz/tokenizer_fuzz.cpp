// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "fuzz/fuzz_input.h"
#include "situ/tokenizers/clip_tokenizer.h"

// The input is tokenizer.json, or several files, each ended by a line of its own with three
// hyphens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  constexpr std::array kNames = {"vocab.json", "merges.txt", "tokenizer_config.json",
                                 "special_tokens_map.json", "added_tokens.json"};
  constexpr std::size_t kRequired = 2;
  constexpr std::string_view kEnd = "\n---\n";
  const std::string_view input = text_of(data, size);
  for (const char* name : kNames) std::filesystem::remove(fuzz_folder() / name);
  std::filesystem::remove(fuzz_folder() / "tokenizer.json");
  if (input.find(kEnd) == std::string_view::npos) {
    put_file("tokenizer.json", input);
  } else {
    std::string_view rest = input;
    for (std::size_t i = 0; i < kNames.size() && (i < kRequired || !rest.empty()); ++i) {
      const std::size_t end = std::min(rest.find(kEnd), rest.size());
      put_file(kNames[i], rest.substr(0, end));
      rest.remove_prefix(std::min(end + kEnd.size(), rest.size()));
    }
  }
  read_or_refuse([&] {
    const ClipTokenizer tokenizer = ClipTokenizer::from_folder(fuzz_folder().path());
    tokenizer.encode("A photo of a caf\xc3\xa9, 12<|endoftext|> !!", 16);
  });
  return 0;
}
