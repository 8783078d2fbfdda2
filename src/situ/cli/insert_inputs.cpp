// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_inputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/io/image_file.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

constexpr int64_t kSmallestSide = 16;

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

std::string with_stem(const std::string& path, const std::string& stem) {
  constexpr const char* kPlace = "{stem}";
  const size_t found = path.find(kPlace);
  if (found == std::string::npos) return path;
  return path.substr(0, found) + stem + with_stem(path.substr(found + 6), stem);
}

void check_size(const std::string& file, const at::Tensor& plane, const at::Tensor& scene) {
  if (plane.size(0) == scene.size(1) && plane.size(1) == scene.size(2)) return;
  throw DataError(file, "expected the image's size, " + size_text(scene.size(1), scene.size(2)) +
                            ", got " + size_text(plane.size(0), plane.size(1)));
}

struct LoadedLocation {
  const PlannedImage& image;
  const at::Tensor& scene;

  Location operator()(const Everywhere& everywhere) const { return everywhere; }
  Location operator()(const LocationPrompt& prompt) const { return prompt; }

  Location operator()(const MaskFile& file) const {
    const std::string path = with_stem(file.path, image.stem);
    const at::Tensor mask = load_image(path).amax(0).gt(0);
    check_size(path, mask, scene);
    return LocationMask{mask};
  }

  Location operator()(const LabelFile& file) const {
    const std::string path = with_stem(file.path, image.stem);
    const at::Tensor labels = load_labels(path);
    check_size(path, labels, scene);
    if (labels.scalar_type() == at::kByte) {
      const auto largest = std::max_element(file.ids.begin(), file.ids.end());
      if (*largest > 255) {
        throw DataError(path, "has 8-bit labels, which cannot be " + std::to_string(*largest));
      }
      return LocationLabels{labels, file.ids};
    }
    return LocationMask{at::isin(labels, at::tensor(file.ids, at::kLong).to(at::kInt))};
  }
};

// Limits that were asked for and do not fit are the user's mistake, not the image's.
void check_region_limits(const InsertPlan& plan, const CheckedImage& checked) {
  const InsertionOptions& options = plan.settings.insertion;
  try {
    const SideLimits limits = side_limits(options.region, checked.height, checked.width);
    if (options.compat == Compat::kPoc && limits.min_side >= limits.max_side) {
      throw std::invalid_argument(
          "region: expected min_side below max_side with --compat poc, got " +
          std::to_string(limits.min_side) + " and " + std::to_string(limits.max_side));
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(checked.image.input.string() + ": " + error.what());
  }
}

}  // namespace

SceneInput load_scene(const InsertPlan& plan, const PlannedImage& image) {
  SceneInput input{.scene = load_image(image.input),
                   .sha256 = sha256_of_file(image.input),
                   .location = Everywhere{}};
  if (std::min(input.scene.size(1), input.scene.size(2)) < kSmallestSide) {
    throw DataError(image.input.string(),
                    "is " + size_text(input.scene.size(1), input.scene.size(2)) +
                        " pixels; an object needs an image of 16 or more a side");
  }
  input.location = std::visit(LoadedLocation{image, input.scene}, plan.location);
  return input;
}

std::vector<CheckedImage> check_inputs(const InsertPlan& plan) {
  std::vector<CheckedImage> all;
  for (const PlannedImage& image : plan.images) {
    throw_if_interrupted();
    CheckedImage checked{.image = image, .problem = ""};
    try {
      const SceneInput input = load_scene(plan, image);
      checked.height = input.scene.size(1);
      checked.width = input.scene.size(2);
    } catch (const FileError& error) {
      checked.problem = error.what();
    } catch (const DataError& error) {
      checked.problem = error.what();
    }
    if (checked.problem.empty()) check_region_limits(plan, checked);
    all.push_back(std::move(checked));
  }
  return all;
}

}  // namespace situ
