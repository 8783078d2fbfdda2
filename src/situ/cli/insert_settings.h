// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "situ/core/options.h"
#include "situ/pipeline/object_insertion.h"
#include "situ/tasks/text_detector.h"

namespace situ {

/// What `situ insert` is asked for besides the options of the pipeline.
struct InsertArguments {
  std::vector<std::string> object = {};
  std::string prompt_template = "A good photo of {}";
  std::optional<std::string> location = std::nullopt;
  std::optional<std::string> valid_mask = std::nullopt;
  std::optional<std::string> valid_labels = std::nullopt;
  bool anywhere = false;
  int64_t seed = 0;
  std::string inpainter = "mini";
  std::optional<std::string> variant = std::nullopt;
  std::vector<std::string> lora = {};
  std::optional<std::string> vae = std::nullopt;
  std::string segmenter = "mini";
  std::string device = "auto";
  std::string dtype = "float32";
  int64_t threads = 0;
  std::vector<std::string> keep = {};

  static constexpr auto fields() {
    using T = InsertArguments;
    return std::tuple{
        field("object", &T::object, "what to insert; repeat it for several, which do not overlap"),
        field("prompt_template", &T::prompt_template,
              "what is painted; {} = the object with its article, {object} = as it was given"),
        field("location", &T::location,
              "what the objects stand on, as text (\"the road\" unless a place is given)"),
        field("valid_mask", &T::valid_mask,
              "picture that is not black where objects may be; {stem} = the image's name"),
        field("valid_labels", &T::valid_labels,
              "FILE:IDS, a label PNG and where objects may be: labels/{stem}.png:7,8 or 1-3"),
        field("anywhere", &T::anywhere, "objects may be anywhere"),
        field("seed", &T::seed, "another seed gives other places and objects [0 or more]"),
        field("inpainter", &T::inpainter,
              "mini, a folder in the layout of diffusers, a single file, a name of 'situ models "
              "list' or org/name[@revision]"),
        field("variant", &T::variant,
              "read these weights of the inpainter where it has them, such as fp16"),
        field("lora", &T::lora,
              "merge a LoRA into the inpainter: FILE or FILE:SCALE; may be repeated"),
        field("vae", &T::vae, "another autoencoder for the inpainter: folder, file or model"),
        field("segmenter", &T::segmenter, "mini, or a folder with a segmenter"),
        field("device", &T::device, "auto, cpu, cuda or cuda:N"),
        field("dtype", &T::dtype, "float32, float16 or bfloat16"),
        field("threads", &T::threads, "threads; 0 = one a core"),
        field(
            "keep", &T::keep,
            "also write, for each object or image: alpha, crop, mask, valid, sheet (with commas)"),
    };
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// How `situ insert` runs; not part of what it makes, and so neither in records nor configurations.
struct InsertRunArguments {
  std::string output = "out";
  bool dry_run = false;
  bool json = false;

  static constexpr auto fields() {
    using T = InsertRunArguments;
    return std::tuple{
        field("output", &T::output, "folder for the results, made where it does not exist"),
        field("dry_run", &T::dry_run, "check the inputs and print what would be done"),
        field("json", &T::json, "print the records instead of one line an object"),
    };
  }
};

/// Before the names of DetectionOptions, as some of the inpainter's are the same: negative_prompt.
constexpr const char* kDetectionPrefix = "detect_";

/// Everything that decides what the results are. Written and read as one flat table.
struct InsertSettings {
  InsertArguments arguments;
  InsertionOptions insertion;
  DetectionOptions detection = {};  ///< of a grounded segmenter; others have none

  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// How many of location, valid_mask, valid_labels and anywhere are set.
int location_count(const InsertArguments& arguments);

/// All options by their names, as a configuration file has them.
nlohmann::ordered_json settings_to_json(const InsertSettings& settings);

/// Overwrites what `json` names; one object, or one thing to keep, need not be a list. Throws
/// std::invalid_argument for an unknown key, with the nearest known one, a value of the wrong type
/// or more than one location. where: "insert.yaml".
void settings_from_json(const nlohmann::json& json, InsertSettings& settings,
                        const std::string& where);

}  // namespace situ
