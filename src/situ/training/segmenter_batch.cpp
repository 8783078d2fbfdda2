// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "situ/training/autoencoder_training.h"

namespace situ {
namespace {

constexpr int64_t kReferenceSizePx = 192;
constexpr int64_t kCell = 4;

/// One thing asked for in a batch.
struct Asked {
  std::string text;
  std::optional<Location> location;
  int64_t object = -1;
};

/// For each prompt (rows) and kind of pixel (columns): is it named, and is that known.
struct Table {
  explicit Table(std::size_t rows, int64_t columns)
      : truth(at::zeros({static_cast<int64_t>(rows), columns})), known(at::zeros_like(truth)) {}
  void set(int64_t row, int64_t column, std::optional<bool> answer) {
    if (!answer) return;
    truth.mutable_data_ptr<float>()[row * truth.size(1) + column] = *answer ? 1 : 0;
    known.mutable_data_ptr<float>()[row * truth.size(1) + column] = 1;
  }
  at::Tensor truth, known;
};

std::vector<Asked> draw_prompts(const SegmenterPrompts& prompts, std::vector<int64_t> names,
                                int64_t other_names, Random& random) {
  std::vector<Asked> asked;
  for (const Location location : prompts.locations()) {
    asked.push_back({.text = prompts.location_wording(location, random), .location = location});
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<int64_t> others;
  for (int64_t name = 0; name < prompts.object_count(); ++name) {
    if (!std::binary_search(names.begin(), names.end(), name)) others.push_back(name);
  }
  for (int64_t i = 0; i < other_names && !others.empty(); ++i) {
    const auto at = others.begin() + random.integer(0, static_cast<int64_t>(others.size()));
    names.push_back(*at);
    others.erase(at);
  }
  for (const int64_t name : names) {
    asked.push_back(
        {.text = prompts.object_wording(name, random), .location = std::nullopt, .object = name});
  }
  return asked;
}

Table scene_table(const SegmenterPrompts& prompts, const std::vector<Asked>& asked) {
  const auto labels = location_labels();
  Table table(asked.size(), static_cast<int64_t>(labels.size()));
  for (std::size_t row = 0; row < asked.size(); ++row) {
    for (std::size_t label = 0; label < labels.size(); ++label) {
      const std::optional<bool> answer =
          asked[row].location ? labels[label].decides(*asked[row].location)
                              : prompts.scene_decides(labels[label], asked[row].object);
      table.set(static_cast<int64_t>(row), static_cast<int64_t>(label), answer);
    }
  }
  return table;
}

enum CropPart : int64_t { kObjectPart, kHolePart, kOutsidePart, kCropParts };

Table crop_table(const SegmenterPrompts& prompts, const std::vector<Asked>& asked, int64_t name) {
  Table table(asked.size(), kCropParts);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    if (asked[i].location) {
      // What surrounds the object is scene, whose labels a crop does not carry.
      if (name >= 0 && !prompts.may_be(name, *asked[i].location))
        table.set(row, kObjectPart, false);
      continue;
    }
    const int64_t object = asked[i].object;
    if (object == name) continue;  // has a loss of its own
    if (name < 0 || !prompts.alike(object, name)) table.set(row, kObjectPart, false);
    table.set(row, kHolePart, false);
    if (!prompts.occurs_in_scenes(object)) table.set(row, kOutsidePart, false);
  }
  return table;
}

/// bool [U]: the names that are not on the crop's object, and the one that is.
at::Tensor choices(const Table& of_crop, int64_t location_count, int64_t own_column) {
  at::Tensor allowed = of_crop.known.select(1, kObjectPart).gt(0);
  allowed.slice(0, 0, location_count).fill_(false);
  allowed[own_column].fill_(true);
  return allowed;
}

/// shares: float [P, S, S], of each pixel that is part p. Returns [U, S/4, S/4].
at::Tensor looked_up(const at::Tensor& shares, const at::Tensor& table) {
  const at::Tensor cells = at::avg_pool2d(shares, {kCell, kCell});
  return at::mm(table, cells.flatten(1)).view({table.size(0), cells.size(1), cells.size(2)});
}

at::Tensor label_shares(const at::Tensor& labels) {
  const auto count = static_cast<int64_t>(location_labels().size());
  const at::Tensor ids = at::arange(count, at::kByte).view({count, 1, 1});
  return labels.unsqueeze(0).eq(ids).to(at::kFloat);
}

at::Tensor part_shares(const CropWindow& crop) {
  const at::Tensor hole = (crop.hole - crop.object).clamp_min(0);
  return at::stack({crop.object, hole, (1 - crop.object - hole).clamp_min(0)});
}

int64_t samples_in(int64_t seeds, int64_t size) {
  const double ratio = static_cast<double>(kReferenceSizePx) / static_cast<double>(size);
  const auto fair = std::llround(static_cast<double>(seeds) * ratio * ratio);
  return std::clamp<int64_t>(fair, std::min<int64_t>(2, seeds), seeds);
}

}  // namespace

int64_t SegmenterBatches::draw_scene(Random& random) const {
  // Data sets by the root of their size: neither the large one alone, nor the few scenes of a small
  // one again and again.
  double total = 0;
  for (const auto& group : scenes_.groups()) total += std::sqrt(static_cast<double>(group.size()));
  double left = random.real(0, total);
  const std::vector<int64_t>* chosen = &scenes_.groups().back();
  for (const auto& group : scenes_.groups()) {
    left -= std::sqrt(static_cast<double>(group.size()));
    if (left < 0) {
      chosen = &group;
      break;
    }
  }
  return (
      *chosen)[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(chosen->size())))];
}

std::vector<SceneWindow> SegmenterBatches::scene_windows(std::vector<Random>& random, int64_t count,
                                                         int64_t size) const {
  std::vector<SceneWindow> windows(static_cast<std::size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t scene = draw_scene(random[i]);
      windows[i] = scene_window(scenes_.scene(scene), size, mixture_.variation, random[i]);
    }
  });
  return windows;
}

std::vector<CropWindow> SegmenterBatches::crop_windows(std::vector<Random>& random, int64_t first,
                                                       int64_t size) const {
  const int64_t count = static_cast<int64_t>(random.size()) - first;
  std::vector<ComposedCrop> crops(static_cast<std::size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) crops[i] = composer_.compose(random[first + i].bits());
  });
  std::vector<at::Tensor> images;
  std::vector<int64_t> rebuilt;
  for (int64_t i = 0; i < count; ++i) {
    images.push_back(to_model_range(crops[i].image));
    if (random[first + i].chance(mixture_.autoencoder_share)) rebuilt.push_back(i);
  }
  if (autoencoder_ != nullptr && !rebuilt.empty()) {
    std::vector<at::Tensor> chosen;
    for (const int64_t i : rebuilt) chosen.push_back(images[i]);
    const at::Tensor batch = at::stack(chosen).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor decoded = autoencoder_->decode(autoencoder_->encode(batch, std::nullopt));
    const at::Tensor clamped = decoded.to(at::kFloat).clamp(-1, 1).contiguous();
    for (std::size_t k = 0; k < rebuilt.size(); ++k) images[rebuilt[k]] = clamped[k];
  }
  std::vector<CropWindow> windows(static_cast<std::size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      windows[i] = crop_window(images[i], crops[i], size, mixture_.variation, random[first + i]);
    }
  });
  return windows;
}

SegmenterBatch SegmenterBatches::make(const std::vector<std::uint64_t>& seeds) const {
  const at::NoGradGuard no_gradients;
  Random shared(derive_seed(seeds.front(), "segmenter batch", 0, 0));
  const auto sizes = static_cast<int64_t>(mixture_.window_sizes.size());
  const int64_t size = mixture_.window_sizes[static_cast<std::size_t>(shared.integer(0, sizes))];
  const int64_t count = samples_in(static_cast<int64_t>(seeds.size()), size);
  const int64_t scene_count = std::llround(mixture_.scene_share * static_cast<double>(count));
  std::vector<Random> random;
  for (int64_t i = 0; i < count; ++i) random.emplace_back(seeds[i]);

  const std::vector<SceneWindow> scenes = scene_windows(random, scene_count, size);
  const std::vector<CropWindow> crops = crop_windows(random, scene_count, size);
  std::vector<int64_t> names;
  for (const CropWindow& crop : crops) {
    if (crop.name >= 0) names.push_back(crop.name);
  }
  const std::vector<Asked> asked = draw_prompts(prompts_, names, mixture_.other_names, shared);

  // The look-ups are exact in float32 only; autocast would round them.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  SegmenterBatch batch;
  std::vector<at::Tensor> images, truth, known, object, own_truth, own_known, own_choices;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    batch.prompts.push_back(asked[i].text);
    if (asked[i].location) ++batch.location_count;
    if (asked[i].location == Location::kRoad) batch.road = static_cast<int64_t>(i);
  }
  const Table of_scenes = scene_table(prompts_, asked);
  for (const SceneWindow& scene : scenes) {
    const at::Tensor shares = label_shares(scene.labels);
    images.push_back(scene.image);
    truth.push_back(looked_up(shares, of_scenes.truth));
    known.push_back(looked_up(shares, of_scenes.known));
    object.push_back(at::zeros_like(known.back().slice(0, 0, 1)));
  }
  for (const CropWindow& crop : crops) {
    const at::Tensor shares = part_shares(crop);
    const Table of_crop = crop_table(prompts_, asked, crop.name);
    if (crop.name >= 0) {
      const auto own = std::find_if(asked.begin(), asked.end(),
                                    [&](const Asked& one) { return one.object == crop.name; });
      batch.own_rows.push_back(static_cast<int64_t>(images.size()));
      batch.own_columns.push_back(own - asked.begin());
      own_choices.push_back(choices(of_crop, batch.location_count, batch.own_columns.back()));
      own_truth.push_back(crop.object.unsqueeze(0));
      own_known.push_back(prompts_.occurs_in_scenes(crop.name)
                              ? at::maximum(crop.object, crop.hole).unsqueeze(0)
                              : at::ones_like(own_truth.back()));
    }
    images.push_back(crop.image);
    truth.push_back(looked_up(shares, of_crop.truth));
    known.push_back(looked_up(shares, of_crop.known));
    object.push_back(at::avg_pool2d(crop.object.unsqueeze(0), {kCell, kCell}));
  }
  batch.images = at::stack(images).contiguous(at::MemoryFormat::ChannelsLast);
  batch.known = at::stack(known);
  batch.object = at::stack(object);
  batch.truth = (at::stack(truth) / batch.known.clamp_min(1e-6)).clamp(0, 1);
  if (!own_truth.empty()) {
    batch.own_truth = at::stack(own_truth);
    batch.own_known = at::stack(own_known);
    batch.own_choices = at::stack(own_choices);
  }
  return batch;
}

}  // namespace situ
