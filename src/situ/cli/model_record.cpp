// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/model_record.h"

#include <nlohmann/json.hpp>

namespace situ {

using Json = nlohmann::ordered_json;

Json identity_to_json(const ModelIdentity& model) {
  Json weights = Json::array();
  for (const WeightFile& one : model.weights) {
    weights.push_back({{"file", one.file}, {"sha256", one.sha256}});
  }
  return {{"name", model.name},
          {"folder", model.folder},
          {"revision", model.revision},
          {"weights", weights}};
}

Json valid_text(const Json& value) {
  return Json::parse(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace situ
