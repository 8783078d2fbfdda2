// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insertion_outputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <system_error>

#include "situ/cli/insertion_record.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_failure.h"
#include "situ/io/image_file.h"
#include "situ/reports/contact_sheet.h"

namespace situ {
namespace {

constexpr size_t kMost8BitLabels = 255;

at::Tensor black_and_white(const at::Tensor& mask) { return mask.to(at::kByte).mul_(255); }

at::Tensor gray(const at::Tensor& share) { return share.mul(255).round_().to(at::kByte); }

at::Tensor instance_map(const SceneInsertions& result) {
  const bool fits = result.objects.size() <= kMost8BitLabels;
  return fits ? result.instances.to(at::kByte) : result.instances;
}

at::Tensor sheet_of(const InsertPlan& plan, const at::Tensor& scene,
                    const SceneInsertions& result) {
  constexpr int64_t kHighest = 16384;
  std::vector<SheetRow> rows;
  at::Tensor before = scene;
  for (size_t i = 0; i < result.objects.size(); ++i) {
    const Insertion& one = result.objects[i];
    SheetRow row{
        .title = std::to_string(i + 1) + " " + insertion_text(plan.objects.at(i).object, one),
        .before = before,
        .region = one.region,
        .painted = one.painted};
    if (one.annotation) {
      row.mask = one.annotation->mask;
      row.after = one.image;
    }
    rows.push_back(std::move(row));
    before = one.image;
  }
  const auto count = static_cast<int64_t>(std::max<size_t>(1, rows.size()));
  return contact_sheet(rows, std::clamp<int64_t>(kHighest / count, 48, 256));
}

class Writer {
 public:
  void save(const std::filesystem::path& path, const at::Tensor& image) {
    save_png(path, image);
    files_.push_back(path);
  }
  std::vector<std::filesystem::path> files() && { return std::move(files_); }

 private:
  std::vector<std::filesystem::path> files_;
};

void save_objects(const Kept& keep, const PlannedImage& image, const SceneInsertions& result,
                  Writer& writer) {
  for (size_t i = 0; i < result.objects.size(); ++i) {
    const Insertion& one = result.objects[i];
    const size_t number = i + 1;
    if (keep.crop && one.painted.defined())
      writer.save(image.of_object(number, "crop"), one.painted);
    if (!one.annotation) continue;
    if (keep.alpha) writer.save(image.of_object(number, "alpha"), gray(one.alpha));
    if (keep.mask) {
      writer.save(image.of_object(number, "mask"), black_and_white(one.annotation->mask));
    }
  }
}

}  // namespace

void prepare_output_folder(const InsertPlan& plan) {
  std::error_code error;
  std::filesystem::create_directories(plan.output, error);
  if (error) throw file_failure(plan.output, "used as the output folder", error.value());
  AtomicFile(plan.images.front().record).write("");
}

std::vector<std::filesystem::path> write_pictures(const InsertPlan& plan, const PlannedImage& image,
                                                  const SceneInput& input,
                                                  const SceneInsertions& result) {
  std::error_code ignored;
  std::filesystem::remove(image.record, ignored);
  Writer writer;
  writer.save(image.image, result.image);
  writer.save(image.objects, instance_map(result));
  save_objects(plan.keep, image, result, writer);
  if (plan.keep.valid && !result.objects.empty() && result.objects.front().valid_area.defined()) {
    writer.save(image.valid, black_and_white(result.objects.front().valid_area));
  }
  if (plan.keep.sheet) writer.save(image.sheet, sheet_of(plan, input.scene, result));
  return std::move(writer).files();
}

}  // namespace situ
