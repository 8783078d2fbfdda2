// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>

#include "situ/core/options.h"
#include "situ/core/random.h"
#include "situ/imaging/box.h"

namespace situ {

/// How large the region for one object is and where it may lie.
struct RegionOptions {
  std::optional<int64_t> min_side = std::nullopt;
  std::optional<int64_t> max_side = std::nullopt;
  double min_overlap = 0.5;
  int64_t margin = 0;
  bool bottom_overlap = false;
  std::optional<double> horizon = std::nullopt;

  static constexpr auto fields() {
    return std::tuple{
        field("min_side", &RegionOptions::min_side,
              "smallest side of the region [px of the full image]; auto = 0.1 of the longer image "
              "side"),
        field("max_side", &RegionOptions::max_side,
              "largest side of the region [px of the full image]; auto = 0.3 of the longer image "
              "side"),
        field("min_overlap", &RegionOptions::min_overlap,
              "least share of the region inside the valid area [0, 1]"),
        field("margin", &RegionOptions::margin,
              "least distance of the region from the image border [px]"),
        field("bottom_overlap", &RegionOptions::bottom_overlap,
              "measure the overlap on the lower half of the region only"),
        field("horizon", &RegionOptions::horizon,
              "sizes are those at the image's lower edge and shrink to nothing at this height, "
              "as a share of the image's from its top [0, 1); auto = the same size everywhere"),
    };
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// The sides that `options` mean in an image of the size; both ends are possible sides.
struct SideLimits {
  int64_t min_side = 1;
  int64_t max_side = 1;
};

/// Fills in the defaults: 0.1 and 0.3 of the longer image side, rounded down, the second no more
/// than fits between the margins. Throws std::invalid_argument where the limits exclude each other
/// or do not fit into the image, naming them.
SideLimits side_limits(const RegionOptions& options, int64_t height, int64_t width);

/// Returns a random region for an object, or nothing where no region of an allowed size fits.
///
/// The size is drawn first: the height in [min_side, max_side], the width in [0.8, 1.2] of it
/// within the same limits. Then all positions with the overlap are equally likely. Where the drawn
/// size has none, smaller sizes are drawn until one has, so nothing means that no drawn size down
/// to the smallest square found a place. With a horizon see select_region_in_perspective.
///
/// valid_area: bool [H, W]. forbidden: bool [H, W] that no pixel of the region may touch, such as
/// the objects already inserted; undefined = none. Throws std::invalid_argument for impossible
/// limits (see side_limits).
std::optional<Box> select_region(const at::Tensor& valid_area, const at::Tensor& forbidden,
                                 const RegionOptions& options, Random& random);

/// What the original code's search found.
struct CompatRegion {
  std::optional<Box> box;
  int64_t candidate_count = 0;  ///< positions in the search area of the drawn size
};

/// As the original code selects (`get_random_mask` of POC), bit for bit: max_side is excluded,
/// candidates lie in the bounding boxes of the valid area's components, the last admissible row and
/// column are left out, and `bottom_overlap` asks for a lower part that is valid throughout.
/// Slower than select_region, some tenths of a second for a 2048 x 1024 scene: the million
/// candidates have to be listed and shuffled as the original does before the first may be tried.
/// valid_area: bool [H, W]. seed: of NumPy's generator.
/// Throws std::invalid_argument where the original raises for its limits.
CompatRegion select_region_compat_poc(const at::Tensor& valid_area, const RegionOptions& options,
                                      uint32_t seed);

}  // namespace situ
