// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insertion_record.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "situ/cli/model_record.h"
#include "situ/core/version.h"
#include "situ/pipeline/insertion_json.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "situ insertion record";
constexpr int kFormatVersion = 1;

Json timed_attempts(const std::vector<Attempt>& attempts) {
  Json all = attempts_to_json(attempts);
  for (size_t i = 0; i < attempts.size(); ++i) all[i]["seconds"] = attempts[i].seconds;
  return all;
}

Json object_to_json(const PlannedObject& planned, size_t number, PaintingStart start,
                    const Insertion& insertion) {
  Json object{{"number", number},
              {"object", planned.object},
              {"prompt", planned.prompt},
              {"start", enum_name(start)},
              {"status", enum_name(insertion.status)},
              {"reason", insertion.reason()},
              {"region_xyxy", box_to_json(insertion.region)},
              {"bbox_xyxy", nullptr},
              {"mask_area_px", 0},
              {"score", nullptr},
              {"attempts", timed_attempts(insertion.attempts)}};
  if (insertion.annotation) {
    object["bbox_xyxy"] = box_to_json(insertion.annotation->box);
    object["mask_area_px"] = insertion.annotation->area_px;
    object["score"] = insertion.annotation->score;
  }
  return object;
}

}  // namespace

nlohmann::ordered_json identities_to_json(const ModelIdentities& models) {
  Json all = {{"inpainter", identity_to_json(models.inpainter)},
              {"segmenter", identity_to_json(models.segmenter)}};
  for (const ModelIdentity& lora : models.loras) all["loras"].push_back(identity_to_json(lora));
  if (models.vae) all["vae"] = identity_to_json(*models.vae);
  return all;
}

nlohmann::ordered_json insertion_record(const InsertPlan& plan, const PlannedImage& image,
                                        const SceneInput& input, const ModelIdentities& models,
                                        const Inpainter& inpainter, const SceneInsertions& result,
                                        const std::vector<std::filesystem::path>& files) {
  Json names = Json::array();
  for (const std::filesystem::path& file : files) names.push_back(file.filename().string());
  Json objects = Json::array();
  for (size_t i = 0; i < result.objects.size(); ++i) {
    const PlannedObject& planned = plan.objects.at(i);
    const PaintingStart start =
        inpainter.start_of(planned.prompt, plan.settings.insertion.inpainting);
    objects.push_back(object_to_json(planned, i + 1, start, result.objects[i]));
  }
  return valid_text({{"format", kFormat},
                     {"version", kFormatVersion},
                     {"situ", version()},
                     {"input",
                      {{"path", image.input.string()},
                       {"sha256", input.sha256},
                       {"width", input.scene.size(2)},
                       {"height", input.scene.size(1)}}},
                     {"files", names},
                     {"models", identities_to_json(models)},
                     {"options", settings_to_json(plan.settings)},
                     {"seed", plan.settings.arguments.seed},
                     {"objects", objects}});
}

std::string insertion_text(const std::string& object, const Insertion& insertion) {
  std::string text = object + ": " + enum_name(insertion.status);
  const size_t attempts = insertion.attempts.size();
  if (!insertion.annotation) {
    if (attempts > 1) text += " after " + std::to_string(attempts) + " attempts";
    return text + ": " + insertion.reason();
  }
  const Annotation& found = *insertion.annotation;
  char score[16];
  std::snprintf(score, sizeof score, "%.2f", found.score);
  return text + " at " + std::to_string(found.box.x0) + "," + std::to_string(found.box.y0) + "," +
         std::to_string(found.box.x1) + "," + std::to_string(found.box.y1) + ", " +
         std::to_string(found.area_px) + " px, score " + score + ", attempt " +
         std::to_string(attempts);
}

}  // namespace situ
