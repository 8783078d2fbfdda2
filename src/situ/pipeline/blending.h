// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "situ/core/options.h"
#include "situ/imaging/box.h"

namespace situ {

/// What is taken over from the painted crop: the object with a soft edge, or the whole crop.
enum class Stitch { kObject, kCrop };

template <>
struct EnumNames<Stitch> {
  static constexpr std::array<std::pair<Stitch, const char*>, 2> table{{
      {Stitch::kObject, "object"},
      {Stitch::kCrop, "crop"},
  }};
};

struct BlendingOptions {
  std::optional<int64_t> blur = std::nullopt;
  Stitch stitch = Stitch::kObject;

  static constexpr auto fields() {
    return std::tuple{
        field(
            "blur", &BlendingOptions::blur,
            "standard deviation of the soft edge [px, 0 to 1000; 0 = hard edge]; auto = 0.2 of the "
            "region's longer side, 50 at most"),
        field("stitch", &BlendingOptions::stitch,
              "what is taken from the painted crop: object or crop"),
    };
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// The standard deviation that `options` mean for a region [px].
int64_t blur_px(const BlendingOptions& options, const Box& region);

/// Where an object was painted.
struct PaintedPlace {
  Box region;  ///< the hole, in the image
  Box crop;    ///< in the image
};

/// Returns the share of the painted crop in each pixel: double [H, W] in [0, 1], 0 outside the
/// crop.
///
/// Object: 1 on the mask; outside it min(1, 2 G) with the mask blurred to G by a Gaussian over
/// three standard deviations. The factor makes the edge continuous (G is 1/2 at a straight one; the
/// original jumps from 1 to 1/2 there). From the hole to the crop's border it falls to 0, since
/// nothing was painted beyond; not where the crop ends with the image. Crop: 1 inside, falling to 0
/// at the crop's border over twice the standard deviation, or from the hole where that is nearer.
/// object_mask: bool [H, W]. Throws std::invalid_argument for boxes that are not inside each other.
at::Tensor blending_alpha(const at::Tensor& object_mask, const PaintedPlace& place,
                          const BlendingOptions& options);

/// Returns alpha * painted + (1 - alpha) * scene, rounded; where alpha is 0 the scene's pixels
/// unchanged. scene: uint8 [3, H, W]. painted: uint8 [3, h, w] of the crop's size. alpha: double
/// [H, W] in [0, 1], 0 outside the crop.
at::Tensor blend(const at::Tensor& scene, const at::Tensor& painted, const Box& crop,
                 const at::Tensor& alpha);

/// As the original code: the kernel is cut at one standard deviation, and alpha = max(mask, G), in
/// the crop and beyond it. With Stitch::kCrop the mask is the region, as in the original despite
/// the name, and alpha = G.
at::Tensor blending_alpha_compat_poc(const at::Tensor& object_mask, const PaintedPlace& place,
                                     const BlendingOptions& options);

/// As the original code: truncated instead of rounded, which leaves some equal pixels one level
/// darker. Equal to it up to one level in the soft edge, where its last bits depend on the
/// processor.
at::Tensor blend_compat_poc(const at::Tensor& scene, const at::Tensor& painted, const Box& crop,
                            const at::Tensor& alpha);

}  // namespace situ
