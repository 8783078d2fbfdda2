// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/output_check.h"

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace situ {
namespace {

// With links followed as far as the path exists.
std::filesystem::path resolved(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path followed =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  return error ? path : followed;
}

}  // namespace

void check_outputs(const std::vector<FileOutputs>& files) {
  std::map<std::string, std::string> input_of_output;
  for (const FileOutputs& file : files) {
    for (const std::filesystem::path& output : file.outputs) {
      const auto [known, is_new] = input_of_output.emplace(output.string(), file.input.string());
      if (!is_new) {
        throw std::invalid_argument(known->second + " and " + file.input.string() +
                                    " would both be written to " + output.string() +
                                    ": rename one, or use separate runs");
      }
    }
  }
  std::set<std::filesystem::path> inputs;
  for (const FileOutputs& file : files) inputs.insert(resolved(file.input));
  for (const auto& [output, input] : input_of_output) {
    if (inputs.contains(resolved(output))) {
      throw std::invalid_argument(output +
                                  " would replace an input: choose another folder with --output");
    }
  }
}

}  // namespace situ
