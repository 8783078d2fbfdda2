// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/registry.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "situ/backends/grounding_dino_detector.h"
#include "situ/backends/model_folder.h"
#include "situ/backends/prompt_segmenter_backend.h"
#include "situ/backends/segment_anything_predictor.h"
#include "situ/backends/stable_diffusion_inpainter.h"
#include "situ/backends/stable_diffusion_text_to_image.h"
#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/core/options.h"
#include "situ/hub/resolve_model.h"
#include "situ/io/json_file.h"
#include "situ/tasks/grounded_segmenter.h"

namespace situ {
namespace {

using InpainterFactory = std::unique_ptr<Inpainter> (*)(const std::filesystem::path&,
                                                        const Compute&,
                                                        const DiffusionModelOptions&);
using SegmenterFactory = std::unique_ptr<OpenVocabularySegmenter> (*)(const std::filesystem::path&,
                                                                      const Compute&);

template <class Factory>
struct Entry {
  const char* name;
  const char* folder;  // for model_folder
  Factory load;
};

std::unique_ptr<OpenVocabularySegmenter> load_segmenter(const std::filesystem::path& folder,
                                                        const Compute& compute) {
  return load_prompt_segmenter(folder, compute);
}

// Grounded-SAM as POC uses it, in the sizes that are published first.
constexpr const char* kGrounded = "grounded-sam";
constexpr const char* kGroundedDetector = "grounding-dino-tiny";
constexpr const char* kGroundedOutliner = "sam-vit-huge";

// The first entry's factory also loads any folder that is named.
constexpr std::array<Entry<InpainterFactory>, 1> kInpainters{{
    {"mini", "mini-inpainter", &load_stable_diffusion_inpainter},
}};
constexpr std::array<Entry<SegmenterFactory>, 1> kSegmenters{{
    {"mini", "mini-segmenter", &load_segmenter},
}};

template <class Factory>
struct Model {
  std::filesystem::path folder;
  Factory load;
};

template <class Factory>
Model<Factory> find_model(std::string_view kind, const std::string& name,
                          std::span<const Entry<Factory>> table) {
  std::vector<std::string> known;
  for (const Entry<Factory>& entry : table) {
    if (name == entry.name) return {model_folder(entry.folder), entry.load};
    known.emplace_back(entry.name);
  }
  if (kind == "segmenter") known.emplace_back(kGrounded);
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored)) return {name, table.front().load};
  throw std::invalid_argument(
      unknown_name_message(kind, name, known) +
      " (a model that does not ship with situ is named by its folder or file)");
}

Model<InpainterFactory> find_inpainter(const std::string& name, const std::string& variant) {
  const bool ships = name == kInpainters.front().name;
  std::error_code ignored;
  if (!ships && std::filesystem::is_regular_file(name, ignored)) {
    return {name, kInpainters.front().load};
  }
  if (!ships && !std::filesystem::exists(name, ignored) && find_named_model(name)) {
    return {resolve_model(name, {.variant = variant}), kInpainters.front().load};
  }
  return find_model<InpainterFactory>("inpainter", name, kInpainters);
}

Model<SegmenterFactory> find_segmenter(const std::string& name) {
  return find_model<SegmenterFactory>("segmenter", name, kSegmenters);
}

// The two models of a grounded segmenter: those of the hub, or `detector` and `segmenter` of a
// folder.
struct GroundedModels {
  std::string detector, outliner;
};

std::optional<GroundedModels> grounded_models(const std::string& name) {
  if (name == kGrounded) return GroundedModels{kGroundedDetector, kGroundedOutliner};
  const std::filesystem::path folder = name;
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder / "detector", ignored) ||
      !std::filesystem::is_directory(folder / "segmenter", ignored)) {
    return std::nullopt;
  }
  return GroundedModels{(folder / "detector").string(), (folder / "segmenter").string()};
}

std::filesystem::path path_of(std::string_view kind, const std::string& name) {
  std::error_code ignored;
  if (std::filesystem::exists(name, ignored)) return name;
  const auto named = find_named_model(name);
  if (named && (named->known == nullptr || named->known->kind == kind)) return resolve_model(name);
  if (named) {
    throw std::invalid_argument(name + " is a model of the kind " + named->known->kind +
                                ": expected a " + std::string(kind));
  }
  std::vector<std::string> known;
  for (const KnownModel& model : known_models()) {
    if (model.kind == kind) known.push_back(model.name);
  }
  throw std::invalid_argument(unknown_name_message(kind, name, known) +
                              " (or name a folder, a checkpoint or org/name[@revision])");
}

ModelIdentity identity_of(const std::string& name, const std::filesystem::path& folder) {
  ModelIdentity identity = identify_model(folder);
  identity.name = name;
  return identity;
}

ModelIdentity joined_identity(const std::string& name, const ModelIdentity& detector,
                              const ModelIdentity& outliner) {
  ModelIdentity both{.name = name,
                     .folder = detector.folder + ", " + outliner.folder,
                     .revision = detector.revision + "+" + outliner.revision};
  for (const auto& [part, identity] :
       {std::pair{"detector/", &detector}, {"segmenter/", &outliner}}) {
    for (const WeightFile& one : identity->weights) {
      both.weights.push_back({part + one.file, one.sha256});
    }
  }
  return both;
}

}  // namespace

std::filesystem::path inpainter_folder(const std::string& name_or_folder,
                                       const std::string& variant) {
  return find_inpainter(name_or_folder, variant).folder;
}

std::filesystem::path segmenter_folder(const std::string& name_or_folder) {
  return find_segmenter(name_or_folder).folder;
}

ModelIdentity identify_inpainter(const std::string& name_or_folder, const std::string& variant) {
  return identity_of(name_or_folder, inpainter_folder(name_or_folder, variant));
}

ModelIdentity identify_segmenter(const std::string& name_or_folder) {
  if (const auto both = grounded_models(name_or_folder)) {
    return joined_identity(name_or_folder, identify_detector(both->detector),
                           identify_promptable_segmenter(both->outliner));
  }
  return identity_of(name_or_folder, segmenter_folder(name_or_folder));
}

InpaintingOptions inpainting_defaults(const std::string& name_or_folder,
                                      const std::string& variant) {
  InpaintingOptions options;
  const std::filesystem::path path = inpainter_folder(name_or_folder, variant) / "defaults.json";
  if (!std::filesystem::exists(path)) return options;
  nlohmann::json json = load_json(path);
  if (!json.is_object() || json.value("format", nlohmann::json()) != 1) {
    throw DataError(path, "expected a table of format 1");
  }
  json.erase("format");
  try {
    options_from_json(json, options, path.string());
    options.validate();
  } catch (const std::invalid_argument& error) {
    throw DataError(path, error.what());
  }
  return options;
}

std::unique_ptr<Inpainter> make_inpainter(const std::string& name_or_folder, const Compute& compute,
                                          const DiffusionModelOptions& reading) {
  const Model<InpainterFactory> model = find_inpainter(name_or_folder, reading.variant);
  return model.load(model.folder, compute, reading);
}

void require_detector(const std::string& name_or_folder, const DetectionOptions& detection) {
  if (options_to_json(detection) == options_to_json(DetectionOptions{}) ||
      grounded_models(name_or_folder)) {
    return;
  }
  throw std::invalid_argument(
      "the options of detection are those of a grounded segmenter, such as grounded-sam; " +
      name_or_folder + " has no detector");
}

std::unique_ptr<OpenVocabularySegmenter> make_segmenter(const std::string& name_or_folder,
                                                        const Compute& compute,
                                                        const DetectionOptions& detection) {
  require_detector(name_or_folder, detection);
  if (const auto both = grounded_models(name_or_folder)) {
    detection.validate();
    return std::make_unique<GroundedSegmenter>(make_detector(both->detector, compute),
                                               make_promptable_segmenter(both->outliner, compute),
                                               detection);
  }
  const Model<SegmenterFactory> model = find_segmenter(name_or_folder);
  return model.load(model.folder, compute);
}

ModelIdentity identify_text_to_image(const std::string& name_or_path) {
  return identity_of(name_or_path, path_of("text-to-image", name_or_path));
}

std::unique_ptr<TextToImage> make_text_to_image(const std::string& name_or_path,
                                                const Compute& compute) {
  return std::make_unique<StableDiffusionTextToImage>(path_of("text-to-image", name_or_path),
                                                      compute);
}

ModelIdentity identify_detector(const std::string& name_or_path) {
  return identity_of(name_or_path, path_of("detector", name_or_path));
}

ModelIdentity identify_promptable_segmenter(const std::string& name_or_path) {
  return identity_of(name_or_path, path_of("segmenter", name_or_path));
}

std::unique_ptr<TextDetector> make_detector(const std::string& name_or_path,
                                            const Compute& compute) {
  return load_grounding_dino(path_of("detector", name_or_path), compute);
}

std::unique_ptr<PromptableSegmenter> make_promptable_segmenter(const std::string& name_or_path,
                                                               const Compute& compute) {
  return load_segment_anything(path_of("segmenter", name_or_path), compute);
}

}  // namespace situ
