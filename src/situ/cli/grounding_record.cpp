// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/grounding_record.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

#include "situ/cli/model_record.h"
#include "situ/core/errors.h"
#include "situ/core/version.h"
#include "situ/imaging/run_length.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "situ grounding record";
constexpr int kFormatVersion = 1;

template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json identity_or_null(const std::optional<ModelIdentity>& model) {
  return model ? identity_to_json(*model) : Json(nullptr);
}

Json mask_to_json(const GroundedMask& one) {
  if (!one.file.empty()) return one.file.generic_string();
  const RunLength runs = run_length_encode(one.mask);
  return {{"size", {runs.height, runs.width}}, {"counts", run_length_to_text(runs)}};
}

Json thing_to_json(const GroundedThing& thing) {
  Json json{{"phrase", json_or_null(thing.phrase)},
            {"score", json_or_null(thing.score)},
            {"box_xyxy", nullptr},
            {"mask", nullptr},
            {"predicted_iou", nullptr}};
  if (thing.box) json["box_xyxy"] = {thing.box->x0, thing.box->y0, thing.box->x1, thing.box->y1};
  if (thing.masks.empty()) return json;
  json["mask"] = mask_to_json(thing.masks.front());
  json["predicted_iou"] = thing.masks.front().predicted_iou;
  if (thing.masks.size() == 1) return json;
  for (const GroundedMask& one : thing.masks) {
    json["masks"].push_back({{"mask", mask_to_json(one)}, {"predicted_iou", one.predicted_iou}});
  }
  return json;
}

}  // namespace

std::string GroundedThing::caption() const {
  if (!phrase) return "";
  char number[16];
  std::snprintf(number, sizeof number, " %.2f", score.value_or(0));
  return *phrase + number;
}

Json grounding_header(const GroundPlan& plan, const GroundImage& image, const GroundedImage& input,
                      const GroundModels& models) {
  Json options = settings_to_json(plan.settings);
  options.erase("threads");  // another number gives the same results but for rounding
  return valid_text({{"format", kFormat},
                     {"version", kFormatVersion},
                     {"situ", version()},
                     {"image", image.input.string()},
                     {"sha256", input.sha256},
                     {"width", input.width},
                     {"height", input.height},
                     {"models",
                      {{"detector", identity_or_null(models.detector)},
                       {"segmenter", identity_or_null(models.segmenter)}}},
                     {"options", options}});
}

Json grounding_record(Json header, const std::vector<GroundedThing>& things,
                      const std::vector<std::filesystem::path>& files) {
  header["files"] = Json::array();
  for (const std::filesystem::path& file : files) header["files"].push_back(file.generic_string());
  header["detections"] = Json::array();
  for (const GroundedThing& thing : things) header["detections"].push_back(thing_to_json(thing));
  return valid_text(header);
}

Json finished_record(const std::filesystem::path& record, const Json& header) {
  std::error_code error;
  if (!std::filesystem::exists(record, error)) return nullptr;
  Json found;
  try {
    found = load_json(record);
  } catch (const DataError&) {
    return nullptr;
  }
  if (!found.is_object() || !found.contains("files") || !found["files"].is_array()) return nullptr;
  // Without the order of keys.
  const nlohmann::json wanted(header), there(found);
  for (const auto& [key, value] : wanted.items()) {
    // The image may have been moved; what it holds decides.
    if (key != "image" && (!there.contains(key) || there[key] != value)) return nullptr;
  }
  for (const Json& file : found["files"]) {
    if (!file.is_string() ||
        !std::filesystem::exists(record.parent_path() / file.get<std::string>(), error)) {
      return nullptr;
    }
  }
  return found;
}

}  // namespace situ
