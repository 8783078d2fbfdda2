// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/image_preparation_file.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "situ/io/json_file.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

constexpr std::int64_t kLargestEdge = 8192;

std::optional<std::int64_t> edge(const ConfigReader& size, const char* key) {
  if (!size.has(key)) return std::nullopt;
  return size.integer(key, 0, 1, kLargestEdge);
}

std::optional<std::array<float, 3>> channels(const ConfigReader& reader, const char* key,
                                             bool nonzero) {
  if (!reader.has(key)) return std::nullopt;
  std::array<float, 3> values{};
  const std::vector<double> given = reader.reals(key, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(given[i]);
    if (!std::isfinite(values[i]) || (nonzero && values[i] == 0)) {
      reader.fail(key, "finite numbers other than 0");
    }
  }
  return values;
}

ImagePreparation preparation_of(const nlohmann::json& json, const std::string& file) {
  const ConfigReader reader(json, file);
  ImagePreparation preparation{.mean = channels(reader, "image_mean", false),
                               .deviation = channels(reader, "image_std", true)};
  if (reader.has("size")) {
    const ConfigReader size(json.at("size"), file + ": size");
    preparation.shortest_edge = edge(size, "shortest_edge");
    preparation.longest_edge = edge(size, "longest_edge");
  }
  return preparation;
}

}  // namespace

ImagePreparation read_image_preparation(const std::filesystem::path& folder) {
  const std::filesystem::path image = folder / "preprocessor_config.json";
  if (std::filesystem::exists(image)) return preparation_of(load_json(image), image.string());
  const std::filesystem::path whole = folder / "processor_config.json";
  if (!std::filesystem::exists(whole)) return {};
  const nlohmann::json json = load_json(whole);
  const bool nested = json.is_object() && json.contains("image_processor");
  return preparation_of(nested ? json.at("image_processor") : json, whole.string());
}

}  // namespace situ
