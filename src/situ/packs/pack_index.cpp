// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/pack_index.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "situ/core/errors.h"
#include "situ/core/version.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "situ pack";
constexpr int kVersion = 1;

PackEntry entry_of(const nlohmann::json& line) {
  return {.id = line.at("id"),
          .delta = line.at("delta"),
          .delta_sha256 = line.at("delta_sha256"),
          .pixels = line.at("pixels_sha256")};
}

}  // namespace

void save_pack_index(const PackFiles& files, const std::vector<PackEntry>& entries) {
  std::string lines;
  for (const PackEntry& entry : entries) {
    lines += Json{{"id", entry.id},
                  {"delta", entry.delta},
                  {"delta_sha256", entry.delta_sha256},
                  {"pixels_sha256", entry.pixels}}
                 .dump() +
             "\n";
  }
  write_file(files.index(), lines);
  save_json(files.description(), {{"format", kFormat},
                                  {"version", kVersion},
                                  {"situ", version()},
                                  {"samples", entries.size()},
                                  {"index_sha256", sha256_hex(lines)}});
}

std::vector<PackEntry> load_pack_index(const PackFiles& files) {
  const std::string file = files.description().string();
  const nlohmann::json description = load_json(files.description());
  if (!description.is_object() || description.value("format", "") != kFormat) {
    throw DataError(file, "is no pack of situ");
  }
  if (description.value("version", 0) != kVersion) {
    throw DataError(
        file, "expected version 1, got " + description.value("version", nlohmann::json()).dump());
  }
  const std::string lines = read_file(files.index());
  if (description.value("index_sha256", "") != sha256_hex(lines)) {
    throw DataError(files.index().string(), "was changed: its checksum does not fit");
  }
  std::vector<PackEntry> entries;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) {
    try {
      entries.push_back(entry_of(parse_json(line, files.index().string())));
    } catch (const nlohmann::json::exception& error) {
      throw DataError(files.index().string(), error.what());
    }
  }
  return entries;
}

}  // namespace situ
