// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/output_names.h"

#include <filesystem>

namespace situ {
namespace {

constexpr size_t kLongestPhrase = 120;  // bytes; a file name may have 255

// Letters, digits and dashes: what every file system and shell takes.
std::string as_name(const std::string& phrase) {
  std::string name;
  for (const char c : phrase) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  if (name.size() > kLongestPhrase) name.resize(kLongestPhrase);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

std::string below(const std::string& folder, const std::string& file) {
  return folder.empty() ? file : folder + "/" + file;
}

}  // namespace

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

void name_outputs(PlannedSample& sample, const std::vector<std::string>& phrases) {
  std::string file = std::filesystem::path(sample.source->image).stem().string();
  for (size_t i = 0; i < phrases.size() && i < 3; ++i) {
    file += (i == 0 ? "_" : "+") + as_name(phrases[i]);
  }
  file += "_" + std::to_string(sample.variant) + ".png";
  const std::string folder = folder_of(sample.source->image);
  sample.image = below(folder, file);
  sample.instances = below("instances", below(folder, file));
  sample.anomaly = below("anomaly", below(folder, file));
  if (sample.source->label.empty()) return;
  const std::string label_folder = folder_of(sample.source->label);
  sample.labels = below(label_folder == folder ? below("labels", folder) : label_folder, file);
}

}  // namespace situ
