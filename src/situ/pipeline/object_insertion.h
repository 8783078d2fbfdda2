// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "situ/core/options.h"
#include "situ/imaging/box.h"
#include "situ/pipeline/annotation.h"
#include "situ/pipeline/blending.h"
#include "situ/pipeline/crop.h"
#include "situ/pipeline/location_area.h"
#include "situ/pipeline/region_selection.h"
#include "situ/tasks/inpainter.h"
#include "situ/tasks/open_vocabulary_segmenter.h"

namespace situ {

/// Which code to follow where situ does better than the original: the seeds and the search for the
/// region, the hole that containment is measured with, and the blending.
enum class Compat { kNone, kPoc };

template <>
struct EnumNames<Compat> {
  static constexpr std::array<std::pair<Compat, const char*>, 2> table{{
      {Compat::kNone, "none"},
      {Compat::kPoc, "poc"},
  }};
};

struct InsertionOptions {
  int64_t max_attempts = 5;
  Compat compat = Compat::kNone;
  double harmonize = 0;
  RegionOptions region = {};
  CropOptions crop = {};
  InpaintingOptions inpainting = {};
  AnnotationOptions annotation = {};
  BlendingOptions blending = {};

  /// Its own fields; the groups have theirs.
  static constexpr auto fields() {
    return std::tuple{
        field("attempts", &InsertionOptions::max_attempts,
              "attempts before an object is given up [1 to 1000]"),
        field("compat", &InsertionOptions::compat,
              "none, or poc: number for number what the original code does"),
        field(
            "harmonize", &InsertionOptions::harmonize,
            "strength of an image-to-image pass without a prompt over the finished crop; 0 = none "
            "[0, 1]"),
    };
  }
  /// Itself and its groups, whose fields make one flat table.
  auto tables() { return std::tie(*this, region, crop, inpainting, annotation, blending); }
  auto tables() const { return std::tie(*this, region, crop, inpainting, annotation, blending); }

  /// Validates the groups too. Throws std::invalid_argument naming the option, its value and its
  /// bound.
  void validate() const;
};

/// One object to insert.
struct InsertionRequest {
  std::string object;       ///< what the segmenter looks for: "dog"
  std::string prompt = {};  ///< what the inpainter paints; empty = photo_prompt(object)
  Location location = Everywhere{};
  /// What may come with it, such as the rider of a bicycle: looked for in the painting under the
  /// same rules, and no reason to reject where it is missing.
  std::vector<std::string> companions = {};
};

/// "A good photo of a dog", as the original code asks for it.
std::string photo_prompt(const std::string& object);

/// What identifies an insertion, and so its random numbers.
struct InsertionSeed {
  uint64_t run = 0;         ///< of the whole run
  std::string sample = {};  ///< of the scene, such as the sha256 of its file
  uint64_t object = 0;      ///< index among the scene's objects
};

/// The seed of one attempt: derive_seed of its identity, or run + object + attempt in compat mode,
/// as the original counts. Throws std::invalid_argument where that leaves NumPy's 32 bits.
uint64_t attempt_seed(const InsertionSeed& seed, int64_t attempt, Compat compat);

/// How one attempt ended.
enum class Outcome {
  kInserted,
  kNotDetected,
  kOutsideRegion,
  kTooSmall,
  kAlreadyThere,
  kNoRoom,
  kFailed,  ///< a model threw
};

template <>
struct EnumNames<Outcome> {
  static constexpr std::array<std::pair<Outcome, const char*>, 7> table{{
      {Outcome::kInserted, "inserted"},
      {Outcome::kNotDetected, "not_detected"},
      {Outcome::kOutsideRegion, "outside_region"},
      {Outcome::kTooSmall, "too_small"},
      {Outcome::kAlreadyThere, "already_there"},
      {Outcome::kNoRoom, "no_room"},
      {Outcome::kFailed, "failed"},
  }};
};

/// How an insertion ended: as its last attempt did.
enum class InsertionStatus { kInserted, kRejected, kNoRoom, kFailed };

template <>
struct EnumNames<InsertionStatus> {
  static constexpr std::array<std::pair<InsertionStatus, const char*>, 4> table{{
      {InsertionStatus::kInserted, "inserted"},
      {InsertionStatus::kRejected, "rejected"},
      {InsertionStatus::kNoRoom, "no_room"},
      {InsertionStatus::kFailed, "failed"},
  }};
};

InsertionStatus status_of(Outcome outcome);

/// The record of one attempt.
struct Attempt {
  Outcome outcome = Outcome::kFailed;
  std::string reason = {};  ///< empty when inserted
  uint64_t seed = 0;
  std::optional<Box> region = std::nullopt;
  double seconds = 0;
};

/// One object in a scene, or why it is not there.
struct Insertion {
  InsertionStatus status = InsertionStatus::kFailed;
  at::Tensor image;                      ///< uint8 [3, H, W]; the scene itself unless inserted
  std::optional<Annotation> annotation;  ///< if inserted: the object with its companions
  std::vector<at::Tensor> parts;  ///< bool [H, W] of the object, then of each companion (undefined
                                  ///< where not found); they may overlap. Empty unless inserted
  std::optional<Box> region;      ///< of the last attempt that had one
  std::optional<Crop> crop;       ///< of the last attempt that had one
  at::Tensor painted;     ///< uint8 [3, h, w] of the last attempt that painted, or undefined
  at::Tensor alpha;       ///< double [H, W] if inserted, or undefined
  at::Tensor valid_area;  ///< bool [H, W] of the location; undefined where looking it up failed
  std::vector<Attempt> attempts;

  /// The last attempt's reason.
  std::string reason() const { return attempts.empty() ? "" : attempts.back().reason; }
};

/// Several objects in a scene.
struct SceneInsertions {
  at::Tensor image;  ///< uint8 [3, H, W] with all inserted objects
  at::Tensor
      instances;  ///< int32 [H, W]: k where the k-th requested object is (from 1), 0 elsewhere
  std::vector<Insertion> objects;  ///< one for each request; their images show the scene up to then
};

/// Called when an object is done, inserted or not, with its number from 0.
using ObjectDone = std::function<void(size_t, const Insertion&)>;

/// Inserts objects into scenes: region, crop, inpainting, annotation, blending (paper §3, fig. 2).
class ObjectInserter {
 public:
  /// The models are used during insert(), and are the caller's. Throws std::invalid_argument for
  /// options out of bounds.
  ObjectInserter(Inpainter& inpainter, OpenVocabularySegmenter& segmenter,
                 InsertionOptions options);

  /// Inserts one object, in as many attempts as the options allow.
  ///
  /// scene: uint8 [3, H, W]. occupied: bool [H, W], pixels that stay as they are, such as the
  /// objects already inserted; undefined = none. What a model throws becomes the outcome `failed`,
  /// except UnknownPrompt, Interrupted and std::bad_alloc, which pass. Throws std::invalid_argument
  /// for limits that the scene cannot meet.
  Insertion insert(const at::Tensor& scene, const InsertionRequest& request,
                   const InsertionSeed& seed, const at::Tensor& occupied = {}) const;

  /// Inserts objects one after the other so that none covers another. Locations are looked up in
  /// the scene as it was given, each prompt once. seed.object is that of the first object. Throws
  /// as above; UnknownPrompt before anything is painted.
  SceneInsertions insert_all(const at::Tensor& scene, std::span<const InsertionRequest> requests,
                             const InsertionSeed& seed, const ObjectDone& done = {}) const;

 private:
  void require_known_prompts(std::span<const InsertionRequest> requests) const;

  // What one insertion works on.
  struct Task {
    const at::Tensor& scene;
    const at::Tensor& occupied;
    const at::Tensor& valid_area;
    const InsertionRequest& request;
    const InsertionSeed& seed;
  };

  Insertion insert_in(LocationAreas& areas, const at::Tensor& scene,
                      const InsertionRequest& request, const InsertionSeed& seed,
                      const at::Tensor& occupied) const;
  Attempt attempt_once(const Task& task, uint64_t seed, Insertion& insertion) const;
  Attempt paint(const Task& task, uint64_t seed, const Box& region, Insertion& insertion) const;

  std::optional<Box> choose_region(const Task& task, uint64_t seed) const;
  AnnotationResult find_object(const Task& task, const at::Tensor& painted, const Crop& crop,
                               std::vector<at::Tensor>& parts) const;
  void harmonize(const Task& task, const Box& crop, uint64_t seed, Insertion& insertion) const;
  at::Tensor alpha_of(const Task& task, const at::Tensor& mask, const PaintedPlace& place) const;

  Inpainter& inpainter_;
  OpenVocabularySegmenter& segmenter_;
  InsertionOptions options_;
};

}  // namespace situ
