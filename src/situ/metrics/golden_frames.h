// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

/// Four small frames made from whole numbers alone, whose figures were computed with scikit-learn
/// and the published benchmarks' own functions.
namespace situ::testing {

struct GoldenFrame {
  at::Tensor scores;   // float32 [60, 80], multiples of 1/1024
  at::Tensor targets;  // uint8 [60, 80]: 0, 1, 255
};

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::int64_t next(std::int64_t n) {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return static_cast<std::int64_t>((z >> 33) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

inline std::vector<GoldenFrame> golden_frames() {
  constexpr std::int64_t kHeight = 60;
  constexpr std::int64_t kWidth = 80;
  constexpr std::int64_t kValidRows = 54;
  std::vector<GoldenFrame> frames;
  for (std::uint64_t f = 0; f < 4; ++f) {
    SplitMix random(1000 + f);
    at::Tensor targets = at::zeros({kHeight, kWidth}, at::kByte);
    targets.slice(0, kValidRows).fill_(255);
    const std::int64_t objects = 2 + random.next(3);
    for (std::int64_t i = 0; i < objects; ++i) {
      const std::int64_t h = 4 + random.next(14);
      const std::int64_t w = 4 + random.next(18);
      const std::int64_t y = random.next(kValidRows - h);
      const std::int64_t x = random.next(kWidth - w);
      targets.slice(0, y, y + h).slice(1, x, x + w).fill_(1);
    }
    at::Tensor scores = at::empty({kHeight, kWidth});
    const auto* target = targets.const_data_ptr<std::uint8_t>();
    auto* score = scores.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < kHeight * kWidth; ++i) {
      score[i] = static_cast<float>(random.next(700) + (target[i] == 1 ? 450 : 0)) / 1024.0F;
    }
    frames.push_back({scores, targets});
  }
  return frames;
}

}  // namespace situ::testing
