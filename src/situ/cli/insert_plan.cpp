// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_plan.h"

#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "situ/cli/model_options.h"
#include "situ/cli/output_check.h"
#include "situ/cli/split.h"
#include "situ/core/nearest_name.h"

namespace situ {
namespace {

constexpr int64_t kLargestLabel = 65535;

struct KeptName {
  const char* name;
  bool Kept::*member;
};
constexpr std::array<KeptName, 5> kKeptNames{{
    {"alpha", &Kept::alpha},
    {"crop", &Kept::crop},
    {"mask", &Kept::mask},
    {"valid", &Kept::valid},
    {"sheet", &Kept::sheet},
}};

Kept parse_kept(const std::vector<std::string>& given) {
  std::vector<std::string> known;
  for (const KeptName& one : kKeptNames) known.emplace_back(one.name);
  Kept kept;
  for (const std::string& list : given) {
    for (const std::string& name : split(list, ',')) {
      bool found = false;
      for (const KeptName& one : kKeptNames) {
        if (name == one.name) found = kept.*one.member = true;
      }
      if (!found) throw std::invalid_argument(unknown_name_message("--keep", name, known));
    }
  }
  return kept;
}

[[noreturn]] void throw_labels(const std::string& given) {
  throw std::invalid_argument(
      "valid_labels: expected FILE:IDS such as labels.png:7,8 or "
      "labels.png:1-3, ids in [0, 65535], got '" +
      given + "'");
}

int64_t parse_label(std::string_view text, const std::string& given) {
  int64_t id = -1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  if (!whole || id < 0 || id > kLargestLabel) throw_labels(given);
  return id;
}

LabelFile parse_labels(const std::string& given) {
  const size_t colon = given.rfind(':');
  if (colon == std::string::npos || colon == 0) throw_labels(given);
  LabelFile labels{.path = given.substr(0, colon), .ids = {}};
  for (const std::string& range : split(given.substr(colon + 1), ',')) {
    const size_t dash = range.find('-');
    const int64_t first = parse_label(std::string_view(range).substr(0, dash), given);
    const int64_t last =
        dash == std::string::npos ? first : parse_label(range.substr(dash + 1), given);
    if (last < first) throw_labels(given);
    for (int64_t id = first; id <= last; ++id) labels.ids.push_back(id);
  }
  return labels;
}

PlannedLocation parse_location(const InsertArguments& arguments) {
  if (arguments.anywhere) return Everywhere{};
  if (arguments.valid_mask) return MaskFile{*arguments.valid_mask};
  if (arguments.valid_labels) return parse_labels(*arguments.valid_labels);
  std::string prompt = arguments.location.value_or("the road");
  if (prompt.empty()) throw std::invalid_argument("location: expected a place, got an empty text");
  return LocationPrompt{std::move(prompt)};
}

void check_text(const char* what, const std::string& text) {
  try {
    nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw std::invalid_argument(std::string(what) + ": the text is not UTF-8");
  }
}

std::vector<PlannedObject> plan_objects(const InsertSettings& settings) {
  std::vector<PlannedObject> objects;
  const std::string& prompt_template = settings.arguments.prompt_template;
  check_text("prompt_template", prompt_template);
  for (const std::string& object : settings.arguments.object) {
    check_text("object", object);
    if (object.find_first_not_of(" \t\n") == std::string::npos) {
      throw std::invalid_argument("object: expected a name, got an empty text");
    }
    objects.push_back({object, prompt_of(prompt_template, object, settings.insertion.compat)});
  }
  return objects;
}

PlannedImage plan_image(std::filesystem::path input, const std::filesystem::path& output) {
  if (!input.has_filename()) input = input.parent_path();  // "photos/"
  const std::string stem = input.stem().string();
  if (stem.empty() || stem == "." || stem == "..") {
    throw std::invalid_argument("'" + input.string() + "' names no image");
  }
  const auto place = [&](const std::string& end) { return output / (stem + end); };
  return {.input = input,
          .stem = stem,
          .image = place(".png"),
          .objects = place("_objects.png"),
          .record = place(".json"),
          .valid = place("_valid.png"),
          .sheet = place("_sheet.png")};
}

void check_compat(const InsertPlan& plan) {
  if (plan.settings.insertion.compat != Compat::kPoc) return;
  // NumPy's generator takes 32 bits; see attempt_seed.
  const auto used =
      static_cast<int64_t>(plan.objects.size()) + plan.settings.insertion.max_attempts;
  const int64_t most = std::numeric_limits<uint32_t>::max() - used;
  require_option(plan.settings.arguments.seed <= most, "seed", plan.settings.arguments.seed,
                 ("at most " + std::to_string(most) + " with --compat poc").c_str());
}

}  // namespace

std::filesystem::path PlannedImage::of_object(size_t number, const char* what) const {
  return image.parent_path() / (stem + "_" + std::to_string(number) + "_" + what + ".png");
}

std::vector<std::filesystem::path> outputs_of(const InsertPlan& plan, const PlannedImage& image) {
  std::vector<std::filesystem::path> files{image.image, image.objects, image.record};
  for (size_t number = 1; number <= plan.objects.size(); ++number) {
    if (plan.keep.alpha) files.push_back(image.of_object(number, "alpha"));
    if (plan.keep.crop) files.push_back(image.of_object(number, "crop"));
    if (plan.keep.mask) files.push_back(image.of_object(number, "mask"));
  }
  if (plan.keep.valid) files.push_back(image.valid);
  if (plan.keep.sheet) files.push_back(image.sheet);
  return files;
}

std::string location_text(const PlannedLocation& location) {
  struct Text {
    std::string operator()(const Everywhere&) const { return "anywhere"; }
    std::string operator()(const LocationPrompt& one) const { return "'" + one.prompt + "'"; }
    std::string operator()(const MaskFile& one) const { return "the mask " + one.path; }
    std::string operator()(const LabelFile& one) const {
      return std::to_string(one.ids.size()) + " label ids of " + one.path;
    }
  };
  return std::visit(Text{}, location);
}

InsertPlan make_insert_plan(const std::vector<std::filesystem::path>& inputs,
                            const InsertSettings& settings, const std::filesystem::path& output) {
  if (inputs.empty()) throw std::invalid_argument("there is no image to insert into: name one");
  if (output.empty()) throw std::invalid_argument("output: expected a folder, got an empty path");
  settings.validate();
  parse_device(settings.arguments.device);
  parse_dtype(settings.arguments.dtype);
  for (const std::string& lora : settings.arguments.lora) lora_from(lora);
  InsertPlan plan{.settings = settings,
                  .images = {},
                  .objects = plan_objects(settings),
                  .location = parse_location(settings.arguments),
                  .keep = parse_kept(settings.arguments.keep),
                  .output = output};
  // The record says where the objects were put, also where nobody asked.
  if (const auto* prompt = std::get_if<LocationPrompt>(&plan.location)) {
    plan.settings.arguments.location = prompt->prompt;
  }
  check_text("location", location_text(plan.location));
  for (const std::filesystem::path& input : inputs) {
    plan.images.push_back(plan_image(input, output));
  }
  std::vector<FileOutputs> files;
  for (const PlannedImage& image : plan.images)
    files.push_back({image.input, outputs_of(plan, image)});
  check_outputs(files);
  check_compat(plan);
  return plan;
}

}  // namespace situ
