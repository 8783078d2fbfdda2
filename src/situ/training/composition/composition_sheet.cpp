// SPDX-License-Identifier: Apache-2.0
// Writes a picture of composed crops, to be looked at: for each the crop, the crop with its hole
// outlined, and the object mask. With "cutouts" in place of the seed: each name's cut-outs, a row a
// name.
//   situ_composition_sheet DATA_FOLDER VOCABULARY_YAML OUT_PNG [FIRST_SEED [NAME]]
//   situ_composition_sheet DATA_FOLDER VOCABULARY_YAML OUT_PNG cutouts
#include <ATen/ATen.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "situ/imaging/box.h"
#include "situ/imaging/paste.h"
#include "situ/io/image_file.h"
#include "situ/training/composition/crop_composer.h"

namespace {

constexpr int64_t kRows = 11, kColumns = 6;

void outline_(at::Tensor& image, const situ::Box& box) {
  at::Tensor part = image.slice(1, box.y0, box.y1).slice(2, box.x0, box.x1);
  for (const int64_t at : {int64_t{0}, box.height() - 1}) part.select(1, at).fill_(255);
  for (const int64_t at : {int64_t{0}, box.width() - 1}) part.select(2, at).fill_(255);
}

at::Tensor tile(const situ::ComposedCrop& crop) {
  at::Tensor outlined = crop.image.clone();
  if (const auto hole = situ::bounding_box(crop.hole)) outline_(outlined, *hole);
  const at::Tensor mask = crop.object.to(at::kByte).mul(255).unsqueeze(0).expand({3, -1, -1});
  return at::cat({crop.image, outlined, mask}, 2);
}

/// The cut-out on gray, fitted into a square.
at::Tensor thumbnail(const situ::Cutout& cutout, int64_t side) {
  at::Tensor picture = at::full({3, side, side}, 128, at::kByte);
  at::Tensor mask = at::zeros({side, side}, at::kBool);
  const at::Tensor object =
      situ::posed(cutout.premultiplied, {.max_height_px = side, .max_width_px = side});
  if (object.dim() == 3) situ::paste_(picture, mask, object, 0, side - object.size(1));
  return picture;
}

at::Tensor cutout_sheet(const situ::CutoutSource& cutouts) {
  constexpr int64_t kSide = 64, kAcross = 26;
  at::Tensor sheet = at::zeros({3, kSide * cutouts.size(), kSide * kAcross}, at::kByte);
  for (int64_t name = 0; name < cutouts.size(); ++name) {
    int64_t column = 0;
    for (const auto* pool : {&cutouts.rendered(name), &cutouts.photos(name)}) {
      for (const situ::Cutout& cutout : *pool) {
        if (column == kAcross) break;
        sheet.slice(1, name * kSide, (name + 1) * kSide)
            .slice(2, column * kSide, (column + 1) * kSide)
            .copy_(thumbnail(cutout, kSide));
        ++column;
      }
    }
  }
  return sheet;
}

int run(int count, char** arguments) {
  if (count < 4) {
    std::cerr << "usage: situ_composition_sheet DATA_FOLDER VOCABULARY_YAML OUT_PNG [FIRST_SEED "
                 "[NAME]]\n";
    return 2;
  }
  const situ::Vocabulary vocabulary = situ::load_vocabulary(arguments[2]);
  const situ::SceneSource scenes = situ::SceneSource::load(arguments[1], situ::SceneSplit::kTrain);
  const situ::CutoutSource cutouts =
      situ::CutoutSource::load(arguments[1], vocabulary, situ::CutoutSplit::kTrain);
  for (int64_t i = 0; i < cutouts.size(); ++i) {
    std::cerr << vocabulary.names[static_cast<std::size_t>(i)].name << ": "
              << cutouts.rendered(i).size() << " rendered, " << cutouts.photos(i).size()
              << " photos\n";
  }
  if (count > 4 && std::string(arguments[4]) == "cutouts") {
    situ::save_png(arguments[3], cutout_sheet(cutouts));
    return 0;
  }
  const situ::CropComposer composer(scenes, cutouts, {});
  uint64_t seed = count > 4 ? std::strtoull(arguments[4], nullptr, 10) : 0;
  const auto wanted = count > 5 ? vocabulary.find(arguments[5]) : std::nullopt;
  std::vector<at::Tensor> rows;
  double seconds = 0.0;
  int64_t composed = 0;
  for (int64_t row = 0; row < kRows; ++row) {
    std::vector<at::Tensor> tiles;
    while (static_cast<int64_t>(tiles.size()) < kColumns) {
      const auto start = std::chrono::steady_clock::now();
      const situ::ComposedCrop crop = composer.compose(seed++);
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      ++composed;
      if (!wanted || crop.name == *wanted) tiles.push_back(tile(crop));
    }
    rows.push_back(at::cat(tiles, 2));
  }
  situ::save_png(arguments[3], at::cat(rows, 1));
  std::cerr << 1000.0 * seconds / static_cast<double>(composed)
            << " ms a crop (scenes read included)\n";
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    std::cerr << "situ_composition_sheet: " << error.what() << '\n';
    return 1;
  }
}
