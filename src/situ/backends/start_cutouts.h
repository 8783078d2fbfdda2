// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "situ/backends/prompt_vocabulary.h"

namespace situ {

/// Pictures of the objects that a small inpainter knows. Painting may start from one of them in the
/// hole instead of pure noise (image to image, strength below 1; Meng et al., SDEdit, 2022), which
/// keeps the object's shape where the model is too small to invent it.
class StartCutouts {
 public:
  StartCutouts() = default;
  /// Reads the pictures of the names that have some. Throws DataError or FileError for one that
  /// cannot be read.
  explicit StartCutouts(std::span<const PromptName> names);

  /// The picture with a cut-out of what the prompt names standing in the hole, or the picture
  /// itself where it names nothing with cut-outs. picture: uint8 [3, H, W]; hole: bool [H, W]. The
  /// seed decides which cut-out, its side and its place.
  at::Tensor start(const at::Tensor& picture, const at::Tensor& hole, std::string_view prompt,
                   uint64_t seed) const;

  /// True where `start` would put something into the hole.
  bool know(std::string_view prompt) const { return find(prompt) != nullptr; }

 private:
  struct Object {
    std::vector<std::string> phrases;
    std::vector<at::Tensor> premultiplied;  // uint8 [4, h, w]
    bool airborne = false;
  };
  const Object* find(std::string_view prompt) const;

  std::vector<Object> objects_;
};

}  // namespace situ
