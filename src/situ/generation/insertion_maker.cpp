// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/insertion_maker.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/imaging/label_pixels.h"
#include "situ/pipeline/perspective_region.h"
#include "situ/pipeline/prompt_template.h"
#include "situ/tasks/unknown_prompt.h"

namespace situ {
namespace {

Location location_of(const Place& place, const SampleSource& source) {
  struct Resolved {
    const SampleSource& source;
    Location operator()(const Everywhere& one) const { return one; }
    Location operator()(const LocationPrompt& one) const { return one; }
    Location operator()(const PlaceLabels& one) const {
      if (!source.labels.defined()) throw std::runtime_error("the image has no labels to place by");
      return LocationMask{pixels_with(source.labels, one.ids)};
    }
  };
  return std::visit(Resolved{source}, place);
}

// Nothing, so that sizes are the same everywhere, for an image that shows no such ground.
std::optional<double> horizon_of(const SampleSource& source, const std::vector<int64_t>& ground) {
  if (!source.labels.defined()) throw std::runtime_error("the image has no labels with the ground");
  return horizon_above(pixels_with(source.labels, ground));
}

}  // namespace

void require_known(const RecipeObject& object, const RecipePlan& plan, const Inpainter& inpainter,
                   const OpenVocabularySegmenter& segmenter) {
  if (const auto* place = std::get_if<LocationPrompt>(&object.place)) {
    segmenter.require_known(place->prompt);
  }
  for (const ObjectPart& part : object.parts) segmenter.require_known(part.find);
  for (const std::string& prompt : object.prompts) {
    inpainter.require_known(prompt_of(plan.prompt_template, prompt, object.insertion.compat));
  }
}

std::vector<std::string> drop_unknown_objects(Recipe& recipe, const Inpainter& inpainter,
                                              const OpenVocabularySegmenter& segmenter) {
  std::vector<std::string> dropped;
  std::erase_if(recipe.objects, [&](const RecipeObject& object) {
    try {
      require_known(object, recipe.plan, inpainter, segmenter);
      return false;
    } catch (const UnknownPrompt&) {
      if (!recipe.plan.skip_unknown) throw;
      dropped.push_back(object.name);
      return true;
    }
  });
  if (recipe.objects.empty()) {
    throw std::invalid_argument(recipe.name + ": the models know none of its objects");
  }
  return dropped;
}

LocationAreas& InsertionMaker::areas_of(const PlannedSample& planned, const SampleSource& source) {
  const std::string image = planned.source->id + source.image_sha256;
  if (!areas_ || areas_image_ != image) {
    areas_.emplace(source.scene, segmenter_);
    areas_image_ = image;
  }
  return *areas_;
}

Insertion InsertionMaker::insert(const PlannedSample& planned, const SampleSource& source,
                                 size_t number, const at::Tensor& picture,
                                 const at::Tensor& occupied) {
  const PlannedInsertion& one = planned.objects[number];
  const RecipeObject& object = *one.object;
  const LocationArea area = areas_of(planned, source).area(location_of(object.place, source));
  if (area.empty()) {
    Insertion nothing;
    nothing.image = picture;
    nothing.status = InsertionStatus::kNoRoom;
    nothing.attempts = {{.outcome = Outcome::kNoRoom, .reason = area.empty_reason}};
    return nothing;
  }
  InsertionRequest request{.object = object.parts.front().find,
                           .prompt = one.prompt,
                           .location = LocationMask{area.valid_area}};
  for (size_t i = 1; i < object.parts.size(); ++i) {
    request.companions.push_back(object.parts[i].find);
  }
  InsertionOptions options = object.insertion;
  if (!recipe_.ground.empty()) options.region.horizon = horizon_of(source, recipe_.ground);
  const InsertionSeed seed{
      .run = static_cast<uint64_t>(recipe_.plan.seed), .sample = planned.id, .object = number};
  return ObjectInserter(inpainter_, segmenter_, options).insert(picture, request, seed, occupied);
}

MadeSample InsertionMaker::make(const PlannedSample& planned, const SampleSource& source) {
  MadeSample made{.image = source.scene, .objects = {}};
  at::Tensor occupied = at::zeros({source.scene.size(1), source.scene.size(2)}, at::kBool);
  if (!recipe_.avoid.empty() && source.labels.defined()) {
    occupied |= pixels_with(source.labels, recipe_.avoid);
  }
  bool any_occupied = occupied.any().item<bool>();
  for (size_t k = 0; k < planned.objects.size(); ++k) {
    Insertion one = insert(planned, source, k, made.image, any_occupied ? occupied : at::Tensor());
    made.image = one.image;
    if (one.annotation) {
      occupied |= one.annotation->mask;
      any_occupied = true;
    }
    // What was painted is in the picture; the rest would only fill memory.
    one.image = one.painted = one.valid_area = at::Tensor();
    one.crop.reset();
    made.objects.push_back(std::move(one));
  }
  return made;
}

}  // namespace situ
