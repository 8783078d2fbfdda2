// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "situ/backends/diffusion_model_files.h"
#include "situ/backends/model_identity.h"
#include "situ/core/device.h"
#include "situ/tasks/inpainter.h"
#include "situ/tasks/open_vocabulary_segmenter.h"
#include "situ/tasks/promptable_segmenter.h"
#include "situ/tasks/text_detector.h"
#include "situ/tasks/text_to_image.h"

namespace situ {

// The models that are known by name: "mini", which ships with situ. Any other inpainter is named by
// its folder in the layout of diffusers, its single file in the original layout, or by what
// resolve_model takes (a published model, which is fetched at its first use unless HF_HUB_OFFLINE
// is set); any other segmenter by its folder in situ's layout. A known name wins over a folder of
// that name in the working folder, which is named
// "./mini".

/// The folder of a model. Throws std::invalid_argument, with the nearest known name, for text that
/// is neither a name nor an existing folder, FileError where a known model is not installed.
/// variant: the weights that are fetched where the model is not here yet.
std::filesystem::path inpainter_folder(const std::string& name_or_folder,
                                       const std::string& variant = "");
std::filesystem::path segmenter_folder(const std::string& name_or_folder);

/// Which weights make_inpainter and make_segmenter would load; no network is made.
/// Throws as the folders' functions do, and as identify_model.
ModelIdentity identify_inpainter(const std::string& name_or_folder,
                                 const std::string& variant = "");
ModelIdentity identify_segmenter(const std::string& name_or_folder);

/// The inpainting options that an inpainter works best with: those that `defaults.json` of its
/// folder names ({"format": 1, "guidance_scale": 3}), and otherwise situ's. Throws as the folders'
/// functions do, and DataError for a malformed file.
InpaintingOptions inpainting_defaults(const std::string& name_or_folder,
                                      const std::string& variant = "");

/// Loads a model. Throws as the folders' functions do; FileError or DataError, naming the file and
/// the tensor, for a folder that is incomplete or broken.
std::unique_ptr<Inpainter> make_inpainter(const std::string& name_or_folder, const Compute& compute,
                                          const DiffusionModelOptions& reading = {});
/// detection: of a grounded segmenter; throws as require_detector, and for values out of range.
std::unique_ptr<OpenVocabularySegmenter> make_segmenter(const std::string& name_or_folder,
                                                        const Compute& compute,
                                                        const DetectionOptions& detection = {});
/// Throws std::invalid_argument for a detector's options that the segmenter would not follow: any
/// that differ from the defaults, for one that is not a detector with a promptable segmenter. Loads
/// nothing.
void require_detector(const std::string& name_or_folder, const DetectionOptions& detection);

/// A model that makes pictures from text: an existing folder or single file, or a model of the hub.
/// Throws as the functions for detectors do.
ModelIdentity identify_text_to_image(const std::string& name_or_path);
std::unique_ptr<TextToImage> make_text_to_image(const std::string& name_or_path,
                                                const Compute& compute);

/// A detector (Grounding DINO) or promptable segmenter (Segment Anything): an existing folder or
/// checkpoint, or a model of the hub, which is fetched where it is not here. Throws
/// std::invalid_argument, with the nearest known name, for other text, and as the loaders do.
ModelIdentity identify_detector(const std::string& name_or_path);
ModelIdentity identify_promptable_segmenter(const std::string& name_or_path);
std::unique_ptr<TextDetector> make_detector(const std::string& name_or_path,
                                            const Compute& compute);
std::unique_ptr<PromptableSegmenter> make_promptable_segmenter(const std::string& name_or_path,
                                                               const Compute& compute);

}  // namespace situ
