// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/generation_identity.h"

#include <nlohmann/json.hpp>

#include "situ/cli/model_record.h"
#include "situ/core/version.h"

namespace situ {
namespace {

// Where a model lies changes nothing.
nlohmann::ordered_json without_folder(const ModelIdentity& model) {
  nlohmann::ordered_json json = identity_to_json(model);
  json.erase("folder");
  return json;
}

}  // namespace

nlohmann::ordered_json generation_identity(const GenerationPlan& plan,
                                           const ModelIdentity& inpainter,
                                           const ModelIdentity& segmenter,
                                           const c10::Device& device, int64_t threads) {
  return valid_text(
      {{"situ", version()},
       {"device", c10::DeviceTypeName(device.type(), /*lower_case=*/true)},
       {"recipe", recipe_to_json(plan.recipe())},
       {"labels", labels_to_json(plan.recipe())},
       {"images", plan.images()},
       {"samples", plan.size()},
       {"listing_sha256", plan.listing_sha256()},
       {"models",
        {{"inpainter", without_folder(inpainter)}, {"segmenter", without_folder(segmenter)}}}});
}

}  // namespace situ
