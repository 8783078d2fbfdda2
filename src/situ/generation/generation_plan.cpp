// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/generation_plan.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "situ/core/random.h"
#include "situ/generation/output_names.h"
#include "situ/io/digest.h"
#include "situ/pipeline/prompt_template.h"

namespace situ {
namespace {

// What a planned number is drawn for; each has a stream of its own.
enum Stream : uint64_t { kObjectStream, kPromptStream, kSubsetStream };

Random random_for(const Recipe& recipe, const std::string& what, Stream stream) {
  return Random(derive_seed(static_cast<uint64_t>(recipe.plan.seed), "plan " + what, stream, 0));
}

void shuffle(std::vector<uint32_t>& values, Random& random) {
  for (size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1],
              values[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i)))]);
  }
}

}  // namespace

GenerationPlan::GenerationPlan(const Recipe& recipe, const Dataset& dataset)
    : recipe_(recipe), dataset_(dataset) {
  choose_images();
  if (slots_per_image() > static_cast<int64_t>(recipe.objects.size())) {
    throw std::invalid_argument(recipe.name + ": " + std::to_string(recipe.plan.variants) +
                                " variants with " +
                                std::to_string(recipe.plan.objects_per_picture) + " objects need " +
                                std::to_string(slots_per_image()) + " different objects, got " +
                                std::to_string(recipe.objects.size()));
  }
  objects_.reserve(chosen_.size() * static_cast<size_t>(slots_per_image()));
  switch (recipe.plan.assignment) {
    case Assignment::kIndependent:
      assign_independently();
      break;
    case Assignment::kBalanced:
      assign_balanced();
      break;
    case Assignment::kPoc:
      assign_as_original();
      break;
  }
  prompts_.reserve(objects_.size());
  for (size_t i = 0; i < chosen_.size(); ++i) {
    Random random = random_for(recipe_, dataset_.samples[chosen_[i]].id, kPromptStream);
    for (int64_t k = 0; k < slots_per_image(); ++k) {
      const auto count =
          static_cast<int64_t>(recipe_.objects[objects_[prompts_.size()]].prompts.size());
      prompts_.push_back(static_cast<uint16_t>(random.integer(0, count)));
    }
  }
}

void GenerationPlan::choose_images() {
  const auto all = static_cast<int64_t>(dataset_.samples.size());
  const int64_t count = recipe_.source.count == 0 ? all : recipe_.source.count;
  if (count > all) {
    throw std::invalid_argument(recipe_.name + ": source: count = " + std::to_string(count) +
                                " is more than the " + std::to_string(all) + " images of " +
                                dataset_.root.string());
  }
  chosen_.resize(static_cast<size_t>(all));
  std::iota(chosen_.begin(), chosen_.end(), 0U);
  if (recipe_.source.choice == SubsetChoice::kRandom) {
    Random random = random_for(recipe_, "", kSubsetStream);
    shuffle(chosen_, random);
  } else if (recipe_.source.choice == SubsetChoice::kPoc) {
    const std::vector<int32_t> order = NumpyLegacyRandom(0).permutation(static_cast<int32_t>(all));
    chosen_.assign(order.begin(), order.end());
  }
  chosen_.resize(static_cast<size_t>(count));
  std::sort(chosen_.begin(), chosen_.end());
}

// Weighted, without replacement: one object after the other is drawn from those left.
void GenerationPlan::assign_independently() {
  std::vector<double> left;
  for (const uint32_t image : chosen_) {
    Random random = random_for(recipe_, dataset_.samples[image].id, kObjectStream);
    left.clear();
    double total = 0;
    for (const RecipeObject& one : recipe_.objects) total += left.emplace_back(one.weight);
    for (int64_t k = 0; k < slots_per_image(); ++k) {
      double at = random.real(0, total);
      size_t chosen = left.size();
      for (size_t i = 0; i < left.size(); ++i) {
        if (left[i] == 0) continue;
        chosen = i;  // the last one left takes what rounding leaves over
        if (at < left[i]) break;
        at -= left[i];
      }
      objects_.push_back(static_cast<uint16_t>(chosen));
      total -= left[chosen];
      left[chosen] = 0;
    }
  }
}

// Those furthest behind their weight, ties by lot.
void GenerationPlan::assign_balanced() {
  std::vector<double> count(recipe_.objects.size(), 0);
  for (const uint32_t image : chosen_) {
    Random random = random_for(recipe_, dataset_.samples[image].id, kObjectStream);
    std::vector<uint32_t> order(count.size());
    std::iota(order.begin(), order.end(), 0U);
    shuffle(order, random);
    const auto progress = [&](uint32_t i) { return count[i] / recipe_.objects[i].weight; };
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return progress(a) < progress(b); });
    for (size_t k = 0; k < static_cast<size_t>(slots_per_image()); ++k) {
      objects_.push_back(static_cast<uint16_t>(order[k]));
      ++count[order[k]];
    }
  }
}

// numpy.random.seed(1) for each folder, then for each of its images
// numpy.random.choice(objects, k, replace=False).
void GenerationPlan::assign_as_original() {
  std::string folder;
  NumpyLegacyRandom random(1);
  for (const uint32_t image : chosen_) {
    const std::string of_image = folder_of(dataset_.samples[image].image);
    if (of_image != folder || objects_.empty()) {
      random = NumpyLegacyRandom(1);
      folder = of_image;
    }
    const std::vector<int32_t> order =
        random.permutation(static_cast<int32_t>(recipe_.objects.size()));
    for (size_t k = 0; k < static_cast<size_t>(slots_per_image()); ++k) {
      objects_.push_back(static_cast<uint16_t>(order[k]));
    }
  }
}

PlannedSample GenerationPlan::sample(int64_t index) const {
  if (index < 0 || index >= size()) {
    throw std::out_of_range("GenerationPlan::sample: expected an index below " +
                            std::to_string(size()) + ", got " + std::to_string(index));
  }
  const int64_t image = index / recipe_.plan.variants;
  PlannedSample sample;
  sample.index = index;
  sample.variant = index % recipe_.plan.variants;
  sample.source = &dataset_.samples[chosen_[static_cast<size_t>(image)]];
  sample.id = sample.source->id + "#" + std::to_string(sample.variant);
  const int64_t count = recipe_.plan.objects_per_picture;
  std::vector<std::string> phrases;
  for (int64_t k = 0; k < count; ++k) {
    const auto slot = static_cast<size_t>(index * count + k);
    const RecipeObject& object = recipe_.objects[objects_[slot]];
    phrases.push_back(prompt_of(recipe_.plan.prompt_template, object.prompts[prompts_[slot]],
                                object.insertion.compat));
    sample.objects.push_back({&object, phrases.back()});
  }
  name_outputs(sample, phrases);
  return sample;
}

std::vector<int64_t> GenerationPlan::object_counts() const {
  std::vector<int64_t> counts(recipe_.objects.size(), 0);
  for (const uint16_t object : objects_) ++counts[object];
  return counts;
}

std::string GenerationPlan::listing_sha256() const {
  return situ::listing_sha256(dataset_, chosen_);
}

std::string listing_sha256(const Dataset& dataset, std::span<const uint32_t> samples) {
  Digest digest(Digest::Kind::kSha256);
  for (const uint32_t index : samples) {
    const Sample& one = dataset.samples[index];
    digest.add(one.id + "\t" + one.image + "\t" + one.label + "\n");
  }
  return digest.hex();
}

}  // namespace situ
