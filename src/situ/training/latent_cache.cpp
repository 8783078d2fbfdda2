// SPDX-License-Identifier: Apache-2.0
#include "situ/training/latent_cache.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/progress.h"
#include "situ/core/random.h"
#include "situ/io/safetensors.h"
#include "situ/nn/state_dict.h"
#include "situ/training/autoencoder_training.h"

namespace situ {
namespace {

constexpr int64_t kEncodingBatch = 32;

std::vector<ComposedCrop> composed(const CropComposer& composer, int64_t first, int64_t count) {
  std::vector<ComposedCrop> crops(static_cast<std::size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      crops[i] = composer.compose(derive_seed(0, "latent cache", first + i, 0));
    }
  });
  return crops;
}

template <class Member>
at::Tensor stacked(const std::vector<ComposedCrop>& crops, Member member) {
  std::vector<at::Tensor> tensors;
  for (const ComposedCrop& crop : crops) tensors.push_back(crop.*member);
  return at::stack(tensors);
}

StateDict encoded(const CropComposer& composer, Autoencoder& autoencoder, int64_t size) {
  const at::NoGradGuard no_gradients;
  std::map<std::string, std::vector<at::Tensor>> parts;
  Progress progress("encoding crops", size);
  for (int64_t first = 0; first < size; first += kEncodingBatch) {
    throw_if_interrupted();
    const std::vector<ComposedCrop> crops =
        composed(composer, first, std::min(kEncodingBatch, size - first));
    const at::Tensor image = to_model_range(stacked(crops, &ComposedCrop::image));
    const at::Tensor hole = stacked(crops, &ComposedCrop::hole).unsqueeze(1).to(at::kFloat);
    const at::Tensor object = stacked(crops, &ComposedCrop::object).unsqueeze(1).to(at::kFloat);
    const at::Tensor both =
        at::cat({image, image * (1 - hole)}).contiguous(at::MemoryFormat::ChannelsLast);
    const std::vector<at::Tensor> latents =
        autoencoder.encode(both, std::nullopt).to(at::kHalf).chunk(2);
    const int64_t f = autoencoder.factor();
    std::vector<int64_t> names;
    for (const ComposedCrop& crop : crops) names.push_back(crop.name);
    parts["latents"].push_back(latents[0].contiguous());
    parts["masked_latents"].push_back(latents[1].contiguous());
    parts["mask"].push_back(
        hole.slice(2, 0, hole.size(2), f).slice(3, 0, hole.size(3), f).to(at::kByte));
    parts["object"].push_back(at::avg_pool2d(object, {f, f}).mul(255).round().to(at::kByte));
    parts["names"].push_back(at::tensor(names, at::kLong));
    progress.update(first + static_cast<int64_t>(crops.size()));
  }
  StateDict tensors;
  for (const auto& [name, list] : parts) tensors[name] = at::cat(list).contiguous();
  return tensors;
}

}  // namespace

LatentCache::LatentCache(const CropComposer& composer, Autoencoder& autoencoder, int64_t size,
                         const std::filesystem::path& path, const std::string& identity) {
  const std::string wanted = identity + " size " + std::to_string(size);
  const auto made_for = [&] {
    const SafetensorsFile file(path);
    const auto found = file.metadata().find("identity");
    return found == file.metadata().end() ? std::string() : found->second;
  };
  if (!std::filesystem::exists(path) || made_for() != wanted) {
    save_safetensors(path, encoded(composer, autoencoder, size), {{"identity", wanted}});
  }
  const SafetensorsFile file(path);
  latents_ = file.tensor("latents");
  masked_latents_ = file.tensor("masked_latents");
  mask_ = file.tensor("mask");
  object_ = file.tensor("object");
  names_ = file.tensor("names");
}

LatentBatch LatentCache::batch(const std::vector<int64_t>& indices) const {
  const at::Tensor index = at::tensor(indices, at::kLong);
  const at::Tensor names = names_.index_select(0, index);
  return {
      .latents = latents_.index_select(0, index).to(at::kFloat),
      .masked_latents = masked_latents_.index_select(0, index).to(at::kFloat),
      .mask = mask_.index_select(0, index).to(at::kFloat),
      .object = object_.index_select(0, index).to(at::kFloat).div(255),
      .names = {names.const_data_ptr<int64_t>(), names.const_data_ptr<int64_t>() + names.numel()}};
}

}  // namespace situ
