// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/object_insertion.h"

#include <ATen/ATen.h>

#include <chrono>
#include <limits>
#include <new>
#include <stdexcept>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/random.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// A device's allocator has an exception of its own; the CPU's has words only.
bool is_out_of_memory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  return std::string_view(error.what_without_backtrace()).find("can't allocate memory") !=
         std::string_view::npos;
}

// Calls a model and returns what it threw. What the next attempt cannot change passes: a word that
// the model does not know, the user's wish to stop, and memory that is gone.
template <class Call>
std::optional<std::string> failure_of(Call&& call) {
  try {
    call();
    return std::nullopt;
  } catch (const UnknownPrompt&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
}

Outcome outcome_of(Rejection rejection) {
  switch (rejection) {
    case Rejection::kNotDetected:
      return Outcome::kNotDetected;
    case Rejection::kOutsideRegion:
      return Outcome::kOutsideRegion;
    case Rejection::kTooSmall:
      return Outcome::kTooSmall;
    case Rejection::kAlreadyThere:
      return Outcome::kAlreadyThere;
  }
  throw std::invalid_argument("outcome_of: not a rejection");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string prompt_of(const InsertionRequest& request) {
  return request.prompt.empty() ? photo_prompt(request.object) : request.prompt;
}

void check_request(const at::Tensor& scene, const InsertionRequest& request,
                   const at::Tensor& occupied) {
  check_image(scene, "ObjectInserter: scene");
  if (request.object.empty()) {
    throw std::invalid_argument("ObjectInserter: expected the object's name, got an empty one");
  }
  if (!occupied.defined()) return;
  check_mask(occupied, "ObjectInserter: occupied");
  check_shape(occupied, {std::to_string(scene.size(1)), std::to_string(scene.size(2))},
              "ObjectInserter: occupied");
}

}  // namespace

Insertion ObjectInserter::insert(const at::Tensor& scene, const InsertionRequest& request,
                                 const InsertionSeed& seed, const at::Tensor& occupied) const {
  require_known_prompts(std::span(&request, 1));
  LocationAreas areas(scene, segmenter_);
  return insert_in(areas, scene, request, seed, occupied);
}

Insertion ObjectInserter::insert_in(LocationAreas& areas, const at::Tensor& scene,
                                    const InsertionRequest& request, const InsertionSeed& seed,
                                    const at::Tensor& occupied) const {
  check_request(scene, request, occupied);
  throw_if_interrupted();
  Insertion insertion;
  insertion.image = scene;
  LocationArea area;
  std::optional<std::string> failure;
  const auto start = std::chrono::steady_clock::now();
  if (std::holds_alternative<LocationPrompt>(request.location)) {
    failure = failure_of([&] { area = areas.area(request.location); });
  } else {
    area = areas.area(request.location);
  }
  insertion.valid_area = area.valid_area;
  if (failure || area.empty()) {
    insertion.attempts = {{.outcome = failure ? Outcome::kFailed : Outcome::kNoRoom,
                           .reason = failure ? "location: " + *failure : area.empty_reason,
                           .seconds = seconds_since(start)}};
    insertion.status = status_of(insertion.attempts.back().outcome);
    return insertion;
  }

  const Task task{scene, occupied, area.valid_area, request, seed};
  for (int64_t i = 0; i < options_.max_attempts; ++i) {
    throw_if_interrupted();
    const auto attempt_start = std::chrono::steady_clock::now();
    const uint64_t number = attempt_seed(seed, i, options_.compat);
    Attempt attempt = attempt_once(task, number, insertion);
    attempt.seed = number;
    attempt.seconds = seconds_since(attempt_start);
    insertion.status = status_of(attempt.outcome);
    insertion.attempts.push_back(std::move(attempt));
    if (insertion.status == InsertionStatus::kInserted) break;
  }
  return insertion;
}

Attempt ObjectInserter::attempt_once(const Task& task, uint64_t seed, Insertion& insertion) const {
  const std::optional<Box> region = choose_region(task, seed);
  if (!region) {
    return {.outcome = Outcome::kNoRoom,
            .reason = "no region of an allowed size fits the location"};
  }
  insertion.region = region;
  insertion.crop = crop_around(task.scene, *region, options_.crop);
  insertion.painted = at::Tensor();
  Attempt attempt;
  const auto failure = failure_of([&] { attempt = paint(task, seed, *region, insertion); });
  if (failure) attempt = {.outcome = Outcome::kFailed, .reason = *failure};
  attempt.region = region;
  return attempt;
}

Attempt ObjectInserter::paint(const Task& task, uint64_t seed, const Box& region,
                              Insertion& insertion) const {
  const InsertionRequest& request = task.request;
  const Crop& crop = *insertion.crop;
  const at::Tensor painted =
      inpainter_.inpaint(crop.image, crop.hole_mask, prompt_of(request), options_.inpainting, seed);
  insertion.painted = painted;

  std::vector<at::Tensor> parts;
  AnnotationResult found = find_object(task, painted, crop, parts);
  if (!found.object) return {.outcome = outcome_of(found.rejection), .reason = found.reason};

  const PaintedPlace place{.region = region, .crop = crop.box};
  const at::Tensor alpha = alpha_of(task, found.object->mask, place);
  insertion.image = options_.compat == Compat::kPoc
                        ? blend_compat_poc(task.scene, painted, crop.box, alpha)
                        : blend(task.scene, painted, crop.box, alpha);
  insertion.alpha = alpha;
  if (options_.harmonize > 0) harmonize(task, crop.box, seed, insertion);
  insertion.annotation = std::move(found.object);
  insertion.parts = std::move(parts);
  return {.outcome = Outcome::kInserted};
}

std::optional<Box> ObjectInserter::choose_region(const Task& task, uint64_t seed) const {
  if (options_.compat == Compat::kNone) {
    Random random(seed);
    return select_region(task.valid_area, task.occupied, options_.region, random);
  }
  const at::Tensor area =
      task.occupied.defined() ? task.valid_area & ~task.occupied : task.valid_area;
  return select_region_compat_poc(area, options_.region, static_cast<uint32_t>(seed)).box;
}

AnnotationResult ObjectInserter::find_object(const Task& task, const at::Tensor& painted,
                                             const Crop& crop,
                                             std::vector<at::Tensor>& parts) const {
  Crop seen = crop;
  if (options_.compat == Compat::kPoc) seen.hole_mask = hole_compat_poc(crop.hole_mask);
  const auto find = [&](const std::string& name) {
    return annotate(segmenter_, painted, seen, name, task.scene.size(1), task.scene.size(2),
                    options_.annotation);
  };
  // The few pixels that an object may have outside its hole can lie on another object, which stays.
  const auto free_part = [&](const at::Tensor& mask) {
    return task.occupied.defined() ? mask & ~task.occupied : mask;
  };
  AnnotationResult found = find(task.request.object);
  if (!found.object) return found;
  Annotation& object = *found.object;
  parts = {free_part(object.mask)};
  if (!parts.front().any().item<bool>()) {
    return {.object = std::nullopt,
            .rejection = Rejection::kOutsideRegion,
            .reason = "the object lies on others"};
  }
  object.mask = parts.front();
  for (const std::string& companion : task.request.companions) {
    const AnnotationResult other = find(companion);
    parts.push_back(other.object ? free_part(other.object->mask) : at::Tensor());
    if (other.object) object.mask = object.mask | parts.back();
  }
  object.area_px = object.mask.sum().item<int64_t>();
  object.box = *bounding_box(object.mask);
  return found;
}

// Paints over the whole crop, starting from what is there (paper, appendix F). Objects that were
// there before keep their pixels.
void ObjectInserter::harmonize(const Task& task, const Box& crop, uint64_t seed,
                               Insertion& insertion) const {
  const at::Tensor before =
      insertion.image.slice(1, crop.y0, crop.y1).slice(2, crop.x0, crop.x1).contiguous();
  InpaintingOptions inpainting = options_.inpainting;
  inpainting.strength = options_.harmonize;
  const at::Tensor everything = at::ones({crop.height(), crop.width()}, at::kBool);
  const at::Tensor after = inpainter_.inpaint(before, everything, "", inpainting, seed);
  at::Tensor alpha = at::zeros_like(insertion.alpha);
  alpha.slice(0, crop.y0, crop.y1).slice(1, crop.x0, crop.x1).fill_(1);
  if (task.occupied.defined()) alpha.masked_fill_(task.occupied, 0);
  insertion.image = blend(insertion.image, after, crop, alpha);
  insertion.alpha = at::maximum(insertion.alpha, alpha);
}

at::Tensor ObjectInserter::alpha_of(const Task& task, const at::Tensor& mask,
                                    const PaintedPlace& place) const {
  at::Tensor alpha = options_.compat == Compat::kPoc
                         ? blending_alpha_compat_poc(mask, place, options_.blending)
                         : blending_alpha(mask, place, options_.blending);
  if (task.occupied.defined()) alpha.masked_fill_(task.occupied, 0);
  return alpha;
}

SceneInsertions ObjectInserter::insert_all(const at::Tensor& scene,
                                           std::span<const InsertionRequest> requests,
                                           const InsertionSeed& seed,
                                           const ObjectDone& done) const {
  require_known_prompts(requests);
  LocationAreas areas(scene, segmenter_);
  SceneInsertions result;
  result.image = scene;
  result.instances = at::zeros({scene.size(1), scene.size(2)}, at::kInt);
  InsertionSeed object_seed = seed;
  for (const InsertionRequest& request : requests) {
    at::Tensor occupied = result.instances.gt(0);
    if (!occupied.any().item<bool>()) occupied = at::Tensor();
    Insertion insertion = insert_in(areas, result.image, request, object_seed, occupied);
    result.image = insertion.image;
    const size_t object_number = result.objects.size();
    if (insertion.annotation)
      result.instances.masked_fill_(insertion.annotation->mask,
                                    static_cast<int64_t>(object_number) + 1);
    result.objects.push_back(std::move(insertion));
    if (done) done(object_number, result.objects.back());
    ++object_seed.object;
  }
  return result;
}

void ObjectInserter::require_known_prompts(std::span<const InsertionRequest> requests) const {
  for (const InsertionRequest& request : requests) {
    if (const auto* location = std::get_if<LocationPrompt>(&request.location)) {
      segmenter_.require_known(location->prompt);
    }
    segmenter_.require_known(request.object);
    for (const std::string& companion : request.companions) segmenter_.require_known(companion);
    inpainter_.require_known(prompt_of(request));
  }
}

ObjectInserter::ObjectInserter(Inpainter& inpainter, OpenVocabularySegmenter& segmenter,
                               InsertionOptions options)
    : inpainter_(inpainter), segmenter_(segmenter), options_(std::move(options)) {
  options_.validate();
}

void InsertionOptions::validate() const {
  require_option(max_attempts >= 1 && max_attempts <= 1000, "attempts", max_attempts,
                 "in [1, 1000]");
  require_option(harmonize >= 0 && harmonize <= 1, "harmonize", harmonize, "in [0, 1]");
  if (compat == Compat::kPoc && region.horizon) {
    throw std::invalid_argument("horizon: the original code, compat = poc, knows no perspective");
  }
  region.validate();
  crop.validate();
  inpainting.validate();
  annotation.validate();
  blending.validate();
}

std::string photo_prompt(const std::string& object) { return "A good photo of a " + object; }

uint64_t attempt_seed(const InsertionSeed& seed, int64_t attempt, Compat compat) {
  if (compat == Compat::kNone) {
    return derive_seed(seed.run, seed.sample, seed.object, static_cast<uint64_t>(attempt));
  }
  constexpr uint64_t kLargest = std::numeric_limits<uint32_t>::max();
  const uint64_t offset = seed.object + static_cast<uint64_t>(attempt);
  if (seed.run > kLargest || seed.object > kLargest || seed.run + offset > kLargest) {
    throw std::invalid_argument("attempt_seed: expected run + object + attempt below 2^32, got " +
                                std::to_string(seed.run) + " + " + std::to_string(seed.object) +
                                " + " + std::to_string(attempt));
  }
  return seed.run + offset;
}

InsertionStatus status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kInserted:
      return InsertionStatus::kInserted;
    case Outcome::kNoRoom:
      return InsertionStatus::kNoRoom;
    case Outcome::kFailed:
      return InsertionStatus::kFailed;
    case Outcome::kNotDetected:
    case Outcome::kOutsideRegion:
    case Outcome::kTooSmall:
    case Outcome::kAlreadyThere:
      return InsertionStatus::kRejected;
  }
  throw std::invalid_argument("status_of: not an outcome");
}

}  // namespace situ
