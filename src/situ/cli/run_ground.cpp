// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/run_ground.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <system_error>

#include "situ/cli/command.h"
#include "situ/cli/grounding_record.h"
#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/sha256.h"
#include "situ/reports/detection_overlay.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

FloatBox box_of(const at::Tensor& boxes, int64_t i) {
  const auto at = [&](int64_t k) { return boxes[i][k].item<double>(); };
  return {at(0), at(1), at(2), at(3)};
}

// The masks of one thing, the likeliest first. masks: bool [M, H, W]; ious: float [M].
std::vector<GroundedMask> masks_of(const at::Tensor& masks, const at::Tensor& ious) {
  std::vector<GroundedMask> all;
  for (int64_t k = 0; k < masks.size(0); ++k) {
    all.push_back({.mask = masks[k].contiguous(), .predicted_iou = ious[k].item<double>()});
  }
  std::stable_sort(all.begin(), all.end(), [](const GroundedMask& a, const GroundedMask& b) {
    return a.predicted_iou > b.predicted_iou;
  });
  return all;
}

class Grounding {
 public:
  Grounding(const GroundPlan& plan, const GroundModels& models, const GroundRun& run,
            std::ostream& results)
      : plan_(plan),
        models_(models),
        run_(run),
        results_(results),
        progress_("image", static_cast<int64_t>(plan.images.size())) {}

  int run() {
    progress_.update(0);
    for (const GroundImage& image : plan_.images) {
      throw_if_interrupted();
      // A model that cannot be loaded or a disk that is full ends the run: no other image would
      // fare better.
      if (const std::optional<ReadImage> read = read_image(image)) ground(image, *read);
      progress_.update(++done_, image.stem, skipped_);
    }
    progress_.clear_line();
    if (run_.json) {
      results_ << Json{{"images", records_}, {"failed", failed_}}.dump(
                      2, ' ', false, Json::error_handler_t::replace)
               << "\n";
    }
    results_.flush();
    return failed_.empty() ? kDone : kFailed;
  }

 private:
  struct ReadImage {
    at::Tensor picture;  // uint8 [3, H, W]
    GroundedImage input;
  };

  // Nothing for an image that cannot be read, which is reported.
  std::optional<ReadImage> read_image(const GroundImage& image) {
    std::string problem;
    try {
      at::Tensor picture = load_image(image.input);
      return ReadImage{.picture = picture,
                       .input = {.sha256 = sha256_of_file(image.input),
                                 .height = picture.size(1),
                                 .width = picture.size(2)}};
    } catch (const FileError& error) {
      problem = error.what();
    } catch (const DataError& error) {
      problem = error.what();
    }
    log_error(problem);
    failed_.push_back({{"path", image.input.string()}, {"reason", problem}});
    return std::nullopt;
  }

  void ground(const GroundImage& image, const ReadImage& read) {
    const Json header = grounding_header(plan_, image, read.input, models_);
    if (!run_.overwrite) {
      if (Json finished = finished_record(image.record, header); !finished.is_null()) {
        ++skipped_;
        return show(image, std::move(finished), "was there");
      }
    }
    std::vector<GroundedThing> things = plan_.given ? given_things() : found_things(read.picture);
    if (plan_.needs_segmenter()) outline(read.picture, things);
    show(image, write(image, read.picture, header, things), "");
  }

  std::vector<GroundedThing> given_things() const {
    const bool boxes = plan_.given->boxes.defined();
    const int64_t count = (boxes ? plan_.given->boxes : plan_.given->points).size(0);
    std::vector<GroundedThing> things(static_cast<std::size_t>(count));
    for (int64_t i = 0; boxes && i < count; ++i) {
      things[static_cast<std::size_t>(i)].box = box_of(plan_.given->boxes, i);
    }
    return things;
  }

  std::vector<GroundedThing> found_things(const at::Tensor& picture) {
    if (!detector_) detector_ = models_.load_detector();
    std::vector<GroundedThing> things;
    const GroundSettings& settings = plan_.settings;
    for (const DetectedBox& one :
         detect_all(*detector_, picture, *settings.arguments.prompt, settings.detection)) {
      things.push_back({.phrase = one.phrase, .score = one.score, .box = one.box});
    }
    return things;
  }

  void outline(const at::Tensor& picture, std::vector<GroundedThing>& things) {
    if (things.empty()) return;
    if (!segmenter_) segmenter_ = models_.load_segmenter();
    segmenter_->set_image(picture);
    const PromptedMasks outlined = segmenter_->predict(
        plan_.given ? *plan_.given : boxes_of(things), plan_.settings.arguments.multimask);
    for (std::size_t i = 0; i < things.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      things[i].masks = masks_of(outlined.masks[row], outlined.predicted_iou[row]);
    }
  }

  static SegmentPrompts boxes_of(const std::vector<GroundedThing>& things) {
    std::vector<FloatBox> boxes;
    for (const GroundedThing& thing : things) boxes.push_back(*thing.box);
    return {.boxes = corners(boxes)};
  }

  // Everything else first: a record says that the files beside it are complete.
  Json write(const GroundImage& image, const at::Tensor& picture, const Json& header,
             std::vector<GroundedThing>& things) {
    make_folder(plan_.output);
    std::error_code ignored;
    fs::remove(image.record, ignored);
    fs::remove_all(image.masks, ignored);
    std::vector<fs::path> files{image.overlay.filename()};
    std::vector<OverlayItem> items;
    for (std::size_t i = 0; i < things.size(); ++i) {
      write_masks(image, i, things[i], files);
      const at::Tensor mask = things[i].masks.empty() ? at::Tensor() : things[i].masks[0].mask;
      items.push_back({things[i].caption(), things[i].box.value_or(FloatBox{}), mask});
    }
    save_png(image.overlay, detection_overlay(picture, items));
    Json record = grounding_record(header, things, files);
    save_json(image.record, record);
    return record;
  }

  void write_masks(const GroundImage& image, std::size_t number, GroundedThing& thing,
                   std::vector<fs::path>& files) const {
    if (plan_.settings.arguments.masks != MaskFormat::kPng) return;
    for (std::size_t k = 0; k < thing.masks.size(); ++k) {
      make_folder(image.masks);
      const std::string name =
          std::to_string(number) + (k == 0 ? "" : "_" + std::to_string(k)) + ".png";
      thing.masks[k].file = image.masks.filename() / name;
      save_png(image.masks / name, thing.masks[k].mask.to(at::kByte).mul(255));
      files.push_back(thing.masks[k].file);
    }
  }

  static void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw FileError(folder.string() + ": cannot be made: " + error.message());
  }

  void show(const GroundImage& image, Json record, const std::string& remark) {
    if (run_.json) {
      records_.push_back(std::move(record));
      return;
    }
    progress_.clear_line();
    const Json& found = record["detections"];
    results_ << image.input.string() << " -> " << image.record.string() << ": " << found.size()
             << (found.size() == 1 ? " thing" : " things") << (remark.empty() ? "" : ", " + remark)
             << "\n";
    for (const Json& one : found) results_ << "  " << line_of(one) << "\n";
    results_.flush();
  }

  static std::string line_of(const Json& thing) {
    std::string line = thing["phrase"].is_string() ? thing["phrase"].get<std::string>() : "given";
    if (thing["score"].is_number()) line += ", score " + thing["score"].dump().substr(0, 5);
    if (thing["box_xyxy"].is_array()) {
      line += ", box";
      for (const Json& side : thing["box_xyxy"]) {
        line += " " + std::to_string(std::lround(side.get<double>()));
      }
    }
    return line;
  }

  const GroundPlan& plan_;
  const GroundModels& models_;
  const GroundRun& run_;
  std::ostream& results_;
  Progress progress_;
  std::unique_ptr<TextDetector> detector_;
  std::unique_ptr<PromptableSegmenter> segmenter_;
  int64_t done_ = 0;
  int64_t skipped_ = 0;
  Json records_ = Json::array();
  Json failed_ = Json::array();
};

}  // namespace

int run_ground(const GroundPlan& plan, const GroundModels& models, const GroundRun& run,
               std::ostream& results) {
  return Grounding(plan, models, run, results).run();
}

}  // namespace situ
