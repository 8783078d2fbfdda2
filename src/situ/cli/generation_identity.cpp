// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/generation_identity.h"

#include <nlohmann/json.hpp>

#include "situ/cli/model_record.h"
#include "situ/core/version.h"

namespace situ {

nlohmann::ordered_json generation_identity(const GenerationPlan& plan,
                                           const nlohmann::ordered_json& models,
                                           const c10::Device& device, int64_t threads) {
  return valid_text({{"situ", version()},
                     {"device", c10::DeviceTypeName(device.type(), /*lower_case=*/true)},
                     {"threads", device.is_cpu() ? nlohmann::ordered_json(threads) : nullptr},
                     {"recipe", recipe_to_json(plan.recipe())},
                     {"labels", labels_to_json(plan.recipe())},
                     {"images", plan.images()},
                     {"samples", plan.size()},
                     {"listing_sha256", plan.listing_sha256()},
                     {"models", models}});
}

}  // namespace situ
