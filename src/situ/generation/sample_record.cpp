// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_record.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/imaging/run_length.h"
#include "situ/pipeline/insertion_json.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

Json object_to_json(const PlannedInsertion& planned, const Insertion& insertion,
                    const RecipePlan& plan) {
  const RecipeObject& object = *planned.object;
  Json ids = Json::array();
  for (const ObjectPart& part : object.parts) ids.push_back(label_of(object, part, plan));
  Json json{{"name", object.name},
            {"label_ids", ids},
            {"ood", object.ood},
            {"prompt", planned.prompt},
            {"status", enum_name(insertion.status)},
            {"reason", insertion.reason()},
            {"region_xyxy", box_to_json(insertion.region)},
            {"bbox_xyxy", nullptr},
            {"area_px", 0},
            {"score", nullptr},
            {"attempts", attempts_to_json(insertion.attempts)}};
  if (insertion.annotation) {
    json["bbox_xyxy"] = box_to_json(insertion.annotation->box);
    json["area_px"] = insertion.annotation->area_px;
    json["score"] = insertion.annotation->score;
  }
  return json;
}

// Where the picture may differ from its source.
Json changed_to_json(const MadeSample& made) {
  at::Tensor changed = at::zeros({made.image.size(1), made.image.size(2)}, at::kBool);
  for (const Insertion& one : made.objects) {
    if (one.alpha.defined()) changed |= one.alpha.gt(0);
  }
  return {{"size", {changed.size(0), changed.size(1)}},
          {"counts", run_length_to_text(run_length_encode(changed))}};
}

Json source_to_json(const PlannedSample& planned, const SampleSource& source) {
  Json json{{"id", planned.source->id},
            {"image", {{"path", planned.source->image}, {"sha256", source.image_sha256}}},
            {"labels", nullptr},
            {"width", source.scene.size(2)},
            {"height", source.scene.size(1)}};
  if (source.labels.defined()) {
    json["labels"] = {{"path", planned.source->label}, {"sha256", source.labels_sha256}};
  }
  return json;
}

}  // namespace

SampleStatus status_of(const MadeSample& made) {
  InsertionStatus status = InsertionStatus::kNoRoom;
  for (const Insertion& one : made.objects) {
    if (one.status == InsertionStatus::kInserted) return SampleStatus::kInserted;
    status = one.status;
  }
  switch (status) {
    case InsertionStatus::kInserted:
      return SampleStatus::kInserted;
    case InsertionStatus::kRejected:
      return SampleStatus::kRejected;
    case InsertionStatus::kNoRoom:
      return SampleStatus::kNoRoom;
    case InsertionStatus::kFailed:
      return SampleStatus::kFailed;
  }
  throw std::invalid_argument("status_of: not a status");
}

Json sample_record(const PlannedSample& planned, const Recipe& recipe, const SampleSource& source,
                   const MadeSample& made, const std::vector<WrittenFile>& files) {
  const SampleStatus status = status_of(made);
  Json objects = Json::array();
  for (size_t k = 0; k < made.objects.size(); ++k) {
    objects.push_back(object_to_json(planned.objects.at(k), made.objects[k], recipe.plan));
  }
  Json written = Json::object();
  for (const WrittenFile& one : files) {
    written[one.kind] = {{"path", one.path}, {"sha256", one.sha256}};
  }
  const bool inserted = status == SampleStatus::kInserted;
  return {{"index", planned.index},
          {"id", planned.id},
          {"variant", planned.variant},
          {"status", enum_name(status)},
          {"reason", inserted || made.objects.empty() ? "" : made.objects.back().reason()},
          {"run_seed", recipe.plan.seed},
          {"source", source_to_json(planned, source)},
          {"objects", objects},
          {"changed", inserted ? changed_to_json(made) : Json(nullptr)},
          {"files", written}};
}

Json failure_record(const PlannedSample& planned, const std::string& reason) {
  Json objects = Json::array();
  for (const PlannedInsertion& one : planned.objects) {
    objects.push_back({{"name", one.object->name}, {"prompt", one.prompt}});
  }
  return {{"index", planned.index},
          {"id", planned.id},
          {"variant", planned.variant},
          {"status", enum_name(SampleStatus::kFailed)},
          {"reason", reason},
          {"source",
           {{"id", planned.source->id},
            {"image", {{"path", planned.source->image}}},
            {"labels", {{"path", planned.source->label}}}}},
          {"objects", objects},
          {"changed", nullptr},
          {"files", Json::object()}};
}

}  // namespace situ
