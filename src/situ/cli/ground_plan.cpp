// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/ground_plan.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "situ/cli/output_check.h"
#include "situ/core/device.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

bool is_image_name(const fs::path& file) {
  std::string extension = file.extension().string();
  for (char& sign : extension) sign = static_cast<char>(std::tolower(static_cast<uint8_t>(sign)));
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".webp";
}

std::vector<fs::path> images_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (is_image_name(entry.path())) files.push_back(entry.path());
  }
  if (error) throw FileError(folder.string() + ": cannot be read: " + error.message());
  if (files.empty()) throw FileError(folder.string() + ": holds no PNG, JPEG or WebP file");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> files_of(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    std::error_code ignored;
    if (fs::is_directory(input, ignored)) {
      const std::vector<fs::path> found = images_in(input);
      files.insert(files.end(), found.begin(), found.end());
    } else {
      files.push_back(input);
    }
  }
  return files;
}

GroundImage plan_image(const fs::path& input, const fs::path& output) {
  const std::string stem = input.stem().string();
  if (stem.empty() || stem == "." || stem == "..") {
    throw std::invalid_argument("'" + input.string() + "' names no image");
  }
  return {.input = input,
          .stem = stem,
          .record = output / (stem + ".json"),
          .masks = output / (stem + "_masks"),
          .overlay = output / (stem + "_overlay.png")};
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n.") == std::string::npos;
}

}  // namespace

void GroundArguments::validate() const {
  if (!prompt && !boxes && !points) {
    throw std::invalid_argument("prompt: expected what to find (or boxes, or points), got nothing");
  }
  if (prompt && (boxes || points)) {
    throw std::invalid_argument("prompt: expected a prompt, or boxes and points, got both");
  }
  if (prompt && is_blank(*prompt)) {
    throw std::invalid_argument("prompt: expected words, got '" + *prompt + "'");
  }
  if (boxes_only && !prompt) {
    throw std::invalid_argument("boxes_only: expected a prompt for the detector");
  }
  require_option(threads >= 0, "threads", threads, "0 or more");
  parse_device(device);
  parse_dtype(dtype);
}

nlohmann::ordered_json settings_to_json(const GroundSettings& settings) {
  nlohmann::ordered_json all = options_to_json(settings.arguments);
  all.update(options_to_json(settings.detection));
  return all;
}

GroundPlan make_ground_plan(const std::vector<fs::path>& inputs, const GroundSettings& settings,
                            const fs::path& output) {
  if (inputs.empty()) throw std::invalid_argument("image: there is none: name one, or a folder");
  if (output.empty()) throw std::invalid_argument("output: expected a folder, got an empty path");
  const GroundArguments& arguments = settings.arguments;
  arguments.validate();
  settings.detection.validate();
  GroundPlan plan{.settings = settings, .images = {}, .given = std::nullopt, .output = output};
  if (!arguments.prompt) plan.given = parse_prompts(arguments.boxes, arguments.points);
  for (const fs::path& file : files_of(inputs)) plan.images.push_back(plan_image(file, output));
  std::vector<FileOutputs> written;
  for (const GroundImage& image : plan.images) {
    written.push_back({image.input, {image.record, image.masks, image.overlay}});
  }
  check_outputs(written);
  return plan;
}

}  // namespace situ
