// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "situ/exports/export_sample.h"
#include "situ/io/image_file.h"
#include "situ/io/test_files.h"

namespace situ::testing {

/// Two images of 4 rows and 6 columns with Cityscapes' train ids and two new classes: a dog (19) of
/// six pixels with a hole's worth of road in it, and on the second image, partly over a dog, a car
/// (13), which is no anomaly.
class MadeExport {
 public:
  MadeExport() {
    save_png(inputs_ / "one.png", at::arange(72, at::kByte).view({3, 4, 6}));
    save_png(inputs_ / "two.png", at::arange(100, 172, at::kByte).view({3, 4, 6}));
    save_png(inputs_ / "clean.png", at::zeros({3, 4, 6}, at::kByte));
  }

  ExportSource source() const {
    return {.name = "made",
            .split = "val",
            .labels = known_label_set("cityscapes-train-ids")
                          .with({{.id = 19,
                                  .name = "dog",
                                  .train_id = 19,
                                  .color = {1, 2, 3},
                                  .is_thing = true},
                                 {.id = 20, .name = "llama", .train_id = 20, .is_thing = true}}),
            .count = 2,
            .sample = [this](std::size_t place) { return sample(place); }};
  }

  ExportSample sample(std::size_t place) const {
    ExportSample made;
    made.id = place == 0 ? "ulm/ulm_000001_000019-dog" : "ulm/ulm_000002_000019-dog";
    made.image = inputs_ / (place == 0 ? "one.png" : "two.png");
    made.clean_image = inputs_ / "clean.png";
    made.height = 4;
    made.width = 6;
    made.label = at::zeros({4, 6}, at::kByte);  // road
    made.label[3].fill_(255);
    // Cars that were there already: one at the upper right.
    made.label.slice(0, 0, 2).slice(1, 5).fill_(13);
    add(made,
        {.class_id = 19, .class_name = "dog", .prompt = "a dog", .is_ood = true, .mask = dog()});
    if (place == 1) {
      const at::Tensor car = at::zeros({4, 6}, at::kBool);
      car[1].slice(0, 3, 5).fill_(true);
      made.objects[0].mask = made.objects[0].mask.logical_and(car.logical_not());
      add(made, {.class_id = 13, .class_name = "car", .prompt = "a car", .mask = car});
    }
    return made;
  }

  /// Rows 0 to 2, columns 1 to 3, but for the middle one, and the pixel (0, 1).
  static at::Tensor dog() {
    const at::Tensor mask = at::zeros({4, 6}, at::kBool);
    mask.slice(0, 0, 3).slice(1, 1, 4).fill_(true);
    mask[1][2].fill_(false);
    mask[0][1].fill_(false);
    return mask;
  }

  std::filesystem::path output() const { return outputs_ / "export"; }

 private:
  static void add(ExportSample& made, ExportObject object) {
    made.label.masked_fill_(object.mask, object.class_id);
    made.objects.push_back(std::move(object));
  }

  TemporaryFolder inputs_;
  TemporaryFolder outputs_;
};

inline std::vector<int64_t> export_numbers(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kLong).contiguous();
  const auto* const begin = wide.const_data_ptr<int64_t>();
  return {begin, begin + wide.numel()};
}

}  // namespace situ::testing
