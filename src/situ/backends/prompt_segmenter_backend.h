// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <tuple>

#include "situ/core/device.h"
#include "situ/core/options.h"
#include "situ/tasks/open_vocabulary_segmenter.h"

namespace situ {

/// How the small segmenter looks at an image.
struct PromptSegmenterOptions {
  int64_t max_side_px = 512;
  int64_t min_side_px = 160;
  double min_component = 0.002;

  static constexpr auto fields() {
    using T = PromptSegmenterOptions;
    return std::tuple{
        field("max_side", &T::max_side_px, "a longer image is shrunk to this longer side [px]"),
        field("min_side", &T::min_side_px, "a smaller image is enlarged to this longer side [px]"),
        field("min_component", &T::min_component,
              "parts of an object below this share of the image are dropped [0, 1]")};
  }
  /// Throws std::invalid_argument naming the option and its bound.
  void validate() const;
};

/// The small segmenter of a folder with config.json, model.safetensors, tokenizer/ and
/// vocabulary.json.
///
/// A prompt is one phrase or several, "a dog. a cat."; each gives at most one detection, of all
/// pixels that it names: for an object without the smallest parts, for a location all. The phrase
/// is given normalised, "dog". A phrase outside the vocabulary, or an empty prompt, throws
/// UnknownPrompt. Images below 4 x 4 pixels throw std::invalid_argument.
///
/// Throws FileError or DataError naming the file when the folder is incomplete or broken.
std::unique_ptr<OpenVocabularySegmenter> load_prompt_segmenter(
    const std::filesystem::path& folder, const Compute& compute,
    const PromptSegmenterOptions& options = {});

}  // namespace situ
