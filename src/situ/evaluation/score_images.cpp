// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/score_images.h"

#include <ATen/ATen.h>

#include <array>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/evaluation/paired_files.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

constexpr std::array<std::string_view, 4> kImageExtensions = {".png", ".jpg", ".jpeg", ".webp"};
constexpr std::array<std::string_view, 1> kLabelExtensions = {".png"};

std::int64_t strided(std::int64_t side, std::int64_t stride) {
  return (side + stride - 1) / stride;
}

}  // namespace

void score_images(AnomalyScorer& scorer, const ImageFolders& folders,
                  const AnomalyProtocol& protocol, const std::filesystem::path& output) {
  const auto pairs = paired_files(
      files_by_stem(folders.images, kImageExtensions), folders.images,
      files_by_stem(folders.labels, kLabelExtensions, protocol.label_suffix), folders.labels);
  for (const FilePair& pair : pairs) {
    throw_if_interrupted();
    const at::Tensor labels = load_labels(pair.second);
    const at::Tensor scores =
        scorer.scores(load_image(pair.first), strided(labels.size(0), folders.label_stride),
                      strided(labels.size(1), folders.label_stride));
    const std::filesystem::path file = output / (pair.stem + ".npy");
    std::filesystem::create_directories(file.parent_path());
    save_npy(file, scores);
  }
}

MaxLogitStatistics max_logit_statistics(SemanticSegmenter& segmenter,
                                        const std::filesystem::path& images) {
  MaxLogitStatistics statistics(segmenter.classes());
  const auto files = files_by_stem(images, kImageExtensions);
  if (files.empty()) throw DataError(images.string(), "there are no images");
  for (const auto& [stem, file] : files) {
    throw_if_interrupted();
    const at::Tensor image = load_image(file);
    statistics.add(segmenter.logits(image, image.size(1), image.size(2)));
  }
  return statistics;
}

}  // namespace situ
