// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "fuzz/fuzz_input.h"
#include "situ/datasets/coco_annotations.h"
#include "situ/datasets/label_set.h"

namespace {

// What is larger is sound, and would only take long.
constexpr std::int64_t kPaintedPixels = 1 << 20;

void paint(const situ::CocoAnnotations& annotations) {
  for (const auto& [id, image] : annotations.images()) {
    if (image.height * image.width > kPaintedPixels) continue;
    situ::read_or_refuse([&, &id = id] { annotations.class_ids(id, ""); });
  }
}

}  // namespace

// Label sets as YAML and as JSON, and COCO's annotations.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const std::string_view text = text_of(data, size);
  const auto yaml = put_file("input.yaml", text);
  const auto json = put_file("input.json", text);
  read_or_refuse([&] { load_label_set(yaml); });
  read_or_refuse([&] { load_label_set(json); });
  read_or_refuse([&] { paint(CocoAnnotations(json, false)); });
  read_or_refuse([&] { CocoAnnotations(json, true); });
  return 0;
}
