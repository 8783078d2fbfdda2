// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "situ/core/options.h"
#include "situ/tasks/unknown_prompt.h"

namespace situ {

/// How noise is removed; kAuto takes what the model was published with.
enum class InpaintingScheduler {
  kAuto,
  kDdim,
  kDdpm,
  kDpm,
  kDpm2m,
  kDpm2mKarras,
  kDpm2mSde,
  kDpm2mSdeKarras,
  kEuler,
  kEulerAncestral,
  kLcm,
  kPndm,
  kUniPc
};

template <>
struct EnumNames<InpaintingScheduler> {
  static constexpr std::array<std::pair<InpaintingScheduler, const char*>, 13> table{{
      {InpaintingScheduler::kAuto, "auto"},
      {InpaintingScheduler::kDdim, "ddim"},
      {InpaintingScheduler::kDdpm, "ddpm"},
      {InpaintingScheduler::kDpm, "dpm++"},
      {InpaintingScheduler::kDpm2m, "dpm++-2m"},
      {InpaintingScheduler::kDpm2mKarras, "dpm++-2m-karras"},
      {InpaintingScheduler::kDpm2mSde, "dpm++-2m-sde"},
      {InpaintingScheduler::kDpm2mSdeKarras, "dpm++-2m-sde-karras"},
      {InpaintingScheduler::kEuler, "euler"},
      {InpaintingScheduler::kEulerAncestral, "euler-ancestral"},
      {InpaintingScheduler::kLcm, "lcm"},
      {InpaintingScheduler::kPndm, "pndm"},
      {InpaintingScheduler::kUniPc, "unipc"},
  }};
};

struct InpaintingOptions {
  // Half of upstream's 50: twice as fast, and the object's shape is settled in the first steps.
  int64_t steps = 25;
  double guidance_scale = 7.5;
  InpaintingScheduler scheduler = InpaintingScheduler::kAuto;
  std::string negative_prompt = {};
  double strength = 1.0;

  static constexpr auto fields() {
    return std::tuple{
        field("steps", &InpaintingOptions::steps, "denoising steps [1 to 1000]"),
        field("guidance_scale", &InpaintingOptions::guidance_scale,
              "how strongly the prompt steers the painting; 1 = no guidance [0 to 100]"),
        field("scheduler", &InpaintingOptions::scheduler, "noise scheduler; auto: the model's own"),
        field("negative_prompt", &InpaintingOptions::negative_prompt,
              "what the painting should not show"),
        field("strength", &InpaintingOptions::strength,
              "share of the noise schedule that is run; 1 forgets the hole's content (0 to 1]"),
    };
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// What painting starts from.
enum class PaintingStart {
  kNoise,
  kPicture,  ///< what is in the hole, under noise (strength below 1)
  kCutout,   ///< the same with a picture of the object put into the hole first
};

template <>
struct EnumNames<PaintingStart> {
  static constexpr std::array<std::pair<PaintingStart, const char*>, 3> table{{
      {PaintingStart::kNoise, "noise"},
      {PaintingStart::kPicture, "picture"},
      {PaintingStart::kCutout, "cut-out"},
  }};
};

/// Paints what a prompt says into the hole of an image.
class Inpainter {
 public:
  virtual ~Inpainter() = default;

  /// Throws UnknownPrompt where the vocabulary is closed and the prompt outside it, so that a long
  /// run can ask before it begins.
  virtual void require_known(const std::string& /*prompt*/) const {}

  /// What `inpaint` would start from.
  virtual PaintingStart start_of(const std::string& /*prompt*/,
                                 const InpaintingOptions& options) const {
    return options.strength == 1 ? PaintingStart::kNoise : PaintingStart::kPicture;
  }

  /// Returns the painted image, uint8 [3, H, W] of the same size; the implementation resizes to its
  /// own resolution and back, and pixels outside the hole may change. image: uint8 [3, H, W]. mask:
  /// bool [H, W], true = paint. The same seed gives the same bytes. Throws UnknownPrompt where the
  /// vocabulary is closed; whatever else it throws ends one attempt only.
  virtual at::Tensor inpaint(const at::Tensor& image, const at::Tensor& mask,
                             const std::string& prompt, const InpaintingOptions& options,
                             uint64_t seed) = 0;
};

}  // namespace situ
