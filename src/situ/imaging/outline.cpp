// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/outline.h"

#include <ATen/ATen.h>

#include <array>

#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

// Directions in clockwise order on a screen: a turn to the right is the next one.
enum Direction : int { kEast, kSouth, kWest, kNorth };
constexpr std::array<OutlineCorner, 4> kSteps = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};

/// The edges between true and false pixels, each leaving a corner with the true pixel on its right.
class EdgeField {
 public:
  explicit EdgeField(const at::Tensor& mask)
      : height_(mask.size(0)), width_(mask.size(1)), pixels_(mask.const_data_ptr<bool>()) {
    edges_.resize(static_cast<size_t>((height_ + 1) * (width_ + 1)));
    for (int64_t y = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; ++x) {
        if (!is_true(x, y)) continue;
        if (!is_true(x, y - 1)) add({x, y}, kEast);
        if (!is_true(x + 1, y)) add({x + 1, y}, kSouth);
        if (!is_true(x, y + 1)) add({x + 1, y + 1}, kWest);
        if (!is_true(x - 1, y)) add({x, y + 1}, kNorth);
      }
    }
    open_ = edges_;
  }

  std::vector<std::vector<OutlineCorner>> lines() && {
    std::vector<std::vector<OutlineCorner>> lines;
    for (int64_t y = 0; y <= height_; ++y) {
      for (int64_t x = 0; x <= width_; ++x) {
        // Every closed line goes east somewhere.
        if (open_[index({x, y})] & (1 << kEast)) lines.push_back(follow({x, y}));
      }
    }
    return lines;
  }

 private:
  bool is_true(int64_t x, int64_t y) const {
    return x >= 0 && y >= 0 && x < width_ && y < height_ && pixels_[y * width_ + x];
  }
  size_t index(OutlineCorner corner) const {
    return static_cast<size_t>(corner.y * (width_ + 1) + corner.x);
  }
  void add(OutlineCorner corner, Direction direction) {
    edges_[index(corner)] = static_cast<uint8_t>(edges_[index(corner)] | (1 << direction));
  }

  /// Where two components touch at a corner, turning right stays with the one that the line is of.
  int next_direction(OutlineCorner corner, int direction) const {
    for (const int turn : {1, 0, 3}) {
      const int candidate = (direction + turn) % 4;
      if (edges_[index(corner)] & (1 << candidate)) return candidate;
    }
    return direction;  // not reached: edges enter and leave a corner in equal numbers
  }

  std::vector<OutlineCorner> follow(OutlineCorner start) {
    std::vector<OutlineCorner> corners;
    OutlineCorner at = start;
    int direction = kEast;
    do {
      open_[index(at)] = static_cast<uint8_t>(open_[index(at)] & ~(1 << direction));
      at = {at.x + kSteps[static_cast<size_t>(direction)].x,
            at.y + kSteps[static_cast<size_t>(direction)].y};
      const int next = next_direction(at, direction);
      if (next != direction) corners.push_back(at);
      direction = next;
    } while (at != start || direction != kEast);
    return corners;
  }

  int64_t height_;
  int64_t width_;
  const bool* pixels_;
  std::vector<uint8_t> edges_;  // by corner: a bit for each direction
  std::vector<uint8_t> open_;   // those that no line has taken
};

}  // namespace

std::vector<std::vector<OutlineCorner>> mask_outlines(const at::Tensor& mask) {
  const at::Tensor pixels = contiguous_host_mask(mask, "mask_outlines: mask");
  return EdgeField(pixels).lines();
}

std::vector<OutlineCorner> joined_outline(const at::Tensor& mask) {
  std::vector<OutlineCorner> joined;
  for (const std::vector<OutlineCorner>& line : mask_outlines(mask)) {
    const bool is_first = joined.empty();
    joined.insert(joined.end(), line.begin(), line.end());
    joined.push_back(line.front());
    if (!is_first) joined.push_back(joined.front());
  }
  if (!joined.empty()) joined.pop_back();  // the last line closes by itself
  return joined;
}

}  // namespace situ
