// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/run_insert.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "situ/cli/command.h"
#include "situ/cli/insertion_outputs.h"
#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/io/json_file.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

std::string as_json_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::vector<InsertionRequest> requests_of(const InsertPlan& plan, const Location& location) {
  std::vector<InsertionRequest> requests;
  for (const PlannedObject& one : plan.objects) {
    requests.push_back({.object = one.object, .prompt = one.prompt, .location = location});
  }
  return requests;
}

Json problem_to_json(const PlannedImage& image, const std::string& reason) {
  return {{"path", image.input.string()}, {"reason", reason}};
}

class InsertRun {
 public:
  InsertRun(const InsertPlan& plan, const std::vector<CheckedImage>& images,
            const InsertModels& models, ResultFormat format, std::ostream& results)
      : plan_(plan),
        images_(images),
        models_(models),
        format_(format),
        results_(results),
        inserter_(models.inpainter, models.segmenter, plan.settings.insertion),
        progress_("object", usable_images() * objects_per_image()) {}

  int run() {
    progress_.update(0);
    for (const CheckedImage& checked : images_) {
      if (checked.problem.empty()) {
        insert_into(checked.image);
      } else {
        failed_.push_back(problem_to_json(checked.image, checked.problem));
      }
    }
    progress_.clear_line();
    if (format_ == ResultFormat::kJson) {
      results_ << as_json_text({{"images", records_}, {"failed", failed_}}) << "\n";
    }
    results_.flush();
    if (!failed_.empty()) return kFailed;
    return all_inserted_ ? kDone : kFinishedWithFailures;
  }

 private:
  int64_t objects_per_image() const { return static_cast<int64_t>(plan_.objects.size()); }

  int64_t usable_images() const {
    return std::count_if(images_.begin(), images_.end(),
                         [](const CheckedImage& one) { return one.problem.empty(); });
  }

  void insert_into(const PlannedImage& image) {
    throw_if_interrupted();
    const std::optional<SceneInput> input = load(image);
    if (!input) return;
    const auto seed = static_cast<uint64_t>(plan_.settings.arguments.seed);
    const SceneInsertions result = inserter_.insert_all(
        input->scene, requests_of(plan_, input->location), {.run = seed, .sample = input->sha256},
        [this](size_t number, const Insertion& one) {
          progress_.update(++done_, plan_.objects.at(number).object + ": " + enum_name(one.status));
        });
    const std::vector<std::filesystem::path> files = write_pictures(plan_, image, *input, result);
    Json record = insertion_record(plan_, image, *input, models_.identities, models_.inpainter,
                                   result, files);
    save_json(image.record, record);
    show(image, result, std::move(record));
  }

  // The image was readable when the run began, and may have changed since.
  std::optional<SceneInput> load(const PlannedImage& image) {
    std::string problem;
    try {
      return load_scene(plan_, image);
    } catch (const FileError& error) {
      problem = error.what();
    } catch (const DataError& error) {
      problem = error.what();
    }
    log_error(problem);
    failed_.push_back(problem_to_json(image, problem));
    done_ += objects_per_image();
    return std::nullopt;
  }

  void show(const PlannedImage& image, const SceneInsertions& result, Json record) {
    for (const Insertion& one : result.objects) {
      all_inserted_ = all_inserted_ && one.status == InsertionStatus::kInserted;
    }
    if (format_ == ResultFormat::kJson) {
      records_.push_back(std::move(record));
      return;
    }
    progress_.clear_line();
    results_ << image.input.string() << " -> " << image.image.string() << "\n";
    for (size_t i = 0; i < result.objects.size(); ++i) {
      results_ << "  " << i + 1 << " "
               << insertion_text(plan_.objects.at(i).object, result.objects[i]) << "\n";
    }
    results_.flush();
  }

  const InsertPlan& plan_;
  const std::vector<CheckedImage>& images_;
  const InsertModels& models_;
  ResultFormat format_;
  std::ostream& results_;
  ObjectInserter inserter_;
  Progress progress_;
  int64_t done_ = 0;
  bool all_inserted_ = true;
  Json records_ = Json::array();
  Json failed_ = Json::array();
};

void print_plan_as_json(const InsertPlan& plan, const std::vector<CheckedImage>& images,
                        const ModelIdentities& models, std::ostream& results) {
  Json usable = Json::array();
  Json failed = Json::array();
  for (const CheckedImage& one : images) {
    if (!one.problem.empty()) {
      failed.push_back(problem_to_json(one.image, one.problem));
      continue;
    }
    Json files = Json::array();
    for (const std::filesystem::path& file : outputs_of(plan, one.image)) {
      files.push_back(file.string());
    }
    usable.push_back({{"path", one.image.input.string()},
                      {"width", one.width},
                      {"height", one.height},
                      {"files", files}});
  }
  Json objects = Json::array();
  for (const PlannedObject& one : plan.objects) {
    objects.push_back({{"object", one.object}, {"prompt", one.prompt}});
  }
  results << as_json_text({{"dry_run", true},
                           {"images", usable},
                           {"failed", failed},
                           {"objects", objects},
                           {"models", identities_to_json(models)},
                           {"options", settings_to_json(plan.settings)}})
          << "\n";
}

}  // namespace

int run_insert(const InsertPlan& plan, const std::vector<CheckedImage>& images,
               const InsertModels& models, ResultFormat format, std::ostream& results) {
  return InsertRun(plan, images, models, format, results).run();
}

void print_failed(const std::vector<CheckedImage>& images, ResultFormat format,
                  std::ostream& results) {
  if (format != ResultFormat::kJson) return;
  Json failed = Json::array();
  for (const CheckedImage& one : images) failed.push_back(problem_to_json(one.image, one.problem));
  results << as_json_text({{"images", Json::array()}, {"failed", failed}}) << "\n";
}

void print_plan(const InsertPlan& plan, const std::vector<CheckedImage>& images,
                const ModelIdentities& models, ResultFormat format, std::ostream& results) {
  if (format == ResultFormat::kJson) return print_plan_as_json(plan, images, models, results);
  results << "dry run: nothing is written\n";
  for (const PlannedObject& one : plan.objects) {
    results << "object: " << one.object << ", painted as '" << one.prompt << "'\n";
  }
  results << "place: " << location_text(plan.location) << "\n";
  std::vector<std::pair<const char*, const ModelIdentity*>> all = {
      {"inpainter", &models.inpainter}, {"segmenter", &models.segmenter}};
  for (const ModelIdentity& lora : models.loras) all.emplace_back("lora", &lora);
  if (models.vae) all.emplace_back("vae", &*models.vae);
  for (const auto& [kind, model] : all) {
    results << kind << ": " << model->name << ", revision " << model->revision << ", "
            << model->folder << "\n";
  }
  const Json options = settings_to_json(plan.settings);
  results << "options:";
  for (const auto& [name, value] : options.items()) {
    if (value.is_null()) continue;  // left to situ
    results << " " << name << "=" << value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  results << "\n";
  for (const CheckedImage& one : images) {
    if (!one.problem.empty()) continue;
    results << one.image.input.string() << " (" << one.width << " x " << one.height << ") ->";
    for (const std::filesystem::path& file : outputs_of(plan, one.image)) {
      results << " " << file.string();
    }
    results << "\n";
  }
}

}  // namespace situ
