// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "situ/core/device.h"
#include "situ/tasks/text_detector.h"

namespace situ {

/// Grounding DINO from a folder of transformers (`config.json` of model_type grounding-dino,
/// weights, BERT's tokenizer), or from an original checkpoint (`groundingdino_swint_ogc.pth` and
/// its like), whose sizes are read from its shapes and beside which lies BERT's tokenizer
/// (`vocab.txt` or `tokenizer.json`).
///
/// What the network makes of an image is kept until another one comes, and what it makes of a
/// prompt for the next images. Prompts are lower-cased, and end with a full stop. One that is
/// longer than the network takes is asked in parts, cut between phrases; a phrase that is too long
/// for itself is an std::invalid_argument. Phrases of the negative prompt are asked along with the
/// others: a box counts only where some word of the prompt scores as high as every word of them.
///
/// Throws FileError or DataError naming the file and what is wrong with it; a checkpoint of another
/// model is called by its name.
std::unique_ptr<TextDetector> load_grounding_dino(const std::filesystem::path& path,
                                                  const Compute& compute);

}  // namespace situ
