// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/check_dataset.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"

namespace situ {
namespace {

using Kind = DatasetProblem::Kind;

/// So many samples are read before anything is added up: what a check keeps is bounded.
constexpr int64_t kBlock = 64;

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// What one sample adds to the result.
struct SampleCheck {
  std::optional<std::string> size;
  std::map<int64_t, int64_t> label_pixels;
  std::vector<DatasetProblem> problems;
};

class SampleChecker {
 public:
  SampleChecker(const Dataset& dataset, const Sample& sample)
      : dataset_(dataset), sample_(sample) {}

  SampleCheck check() && {
    at::Tensor image;
    reading(sample_.image, [&] { image = read_image(dataset_, sample_); });
    if (image.defined()) result_.size = size_text(image.size(1), image.size(2));
    if (!sample_.label.empty()) {
      reading(sample_.label, [&] { check_label(image); });
    } else if (dataset_.labels_expected) {
      add(Kind::kMissingLabel, sample_.image, "no label belongs to it");
    }
    if (!sample_.instances.empty() && sample_.instances != sample_.label) {
      reading(sample_.instances,
              [&] { check_size(sample_.instances, read_instances(dataset_, sample_), image); });
    }
    return std::move(result_);
  }

 private:
  template <class Action>
  void reading(const std::string& file, const Action& action) {
    try {
      action();
    } catch (const DataError& error) {
      add(Kind::kBroken, file, error.what());
    } catch (const FileError& error) {
      add(Kind::kBroken, file, error.what());
    }
  }

  void check_label(const at::Tensor& image) {
    const at::Tensor ids = read_unchecked_label(dataset_, sample_);
    result_.label_pixels = count_ids(ids);
    try {
      check_ids(ids, dataset_.labels, sample_.label);
    } catch (const DataError& error) {
      add(Kind::kForeignIds, sample_.label, error.what());
    }
    check_size(sample_.label, ids, image);
  }

  void check_size(const std::string& file, const at::Tensor& map, const at::Tensor& image) {
    if (!image.defined()) return;
    if (map.size(0) == image.size(1) && map.size(1) == image.size(2)) return;
    add(Kind::kSizeMismatch, file,
        size_text(map.size(0), map.size(1)) + ", the image " + sample_.image + " is " +
            *result_.size);
  }

  void add(Kind kind, const std::string& file, const std::string& detail) {
    result_.problems.push_back({kind, file, detail});
  }

  const Dataset& dataset_;
  const Sample& sample_;
  SampleCheck result_;
};

void add_sample(DatasetCheck& total, SampleCheck&& sample) {
  if (sample.size) ++total.sizes[*sample.size];
  for (const auto& [id, pixels] : sample.label_pixels) total.label_pixels[id] += pixels;
  std::move(sample.problems.begin(), sample.problems.end(), std::back_inserter(total.problems));
}

}  // namespace

std::string name_of(DatasetProblem::Kind kind) {
  switch (kind) {
    case Kind::kMissingLabel:
      return "missing label";
    case Kind::kMissingImage:
      return "missing image";
    case Kind::kBroken:
      return "broken file";
    case Kind::kForeignIds:
      return "foreign ids";
    case Kind::kSizeMismatch:
      return "size mismatch";
  }
  throw std::invalid_argument("name_of: no such problem");
}

DatasetCheck check_dataset(const Dataset& dataset, const std::function<void(int64_t)>& progress) {
  DatasetCheck total;
  const auto count = static_cast<int64_t>(dataset.samples.size());
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    throw_if_interrupted();
    const int64_t end = std::min(begin + kBlock, count);
    std::vector<SampleCheck> block(static_cast<std::size_t>(end - begin));
    at::parallel_for(begin, end, 1, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        block[static_cast<std::size_t>(i - begin)] =
            SampleChecker(dataset, dataset.samples[static_cast<std::size_t>(i)]).check();
      }
    });
    for (SampleCheck& sample : block) add_sample(total, std::move(sample));
    if (progress) progress(end);
  }
  for (const Sample& sample : dataset.samples) {
    ++total.images;
    if (!sample.label.empty()) ++total.labels;
    if (!sample.instances.empty()) ++total.instances;
  }
  for (const std::string& file : dataset.unmatched) {
    total.problems.push_back({Kind::kMissingImage, file, "there is no image of it"});
  }
  return total;
}

}  // namespace situ
