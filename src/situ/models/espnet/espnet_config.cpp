// SPDX-License-Identifier: Apache-2.0
#include "situ/models/espnet/espnet_config.h"

#include <ATen/core/Tensor.h>

#include <stdexcept>

#include "situ/core/errors.h"

namespace situ {
namespace {

constexpr std::int64_t kMaxChannels = 1 << 14;
constexpr std::int64_t kMaxRepeats = 64;

class Sizes {
 public:
  Sizes(const StateDict& weights, const std::string& file) : weights_(weights), file_(file) {}

  /// The first size of a tensor: what a layer gives out.
  std::int64_t outputs(const std::string& key) const {
    const auto found = weights_.find(key);
    if (found == weights_.end() || found->second.dim() == 0) {
      throw DataError(file_, "not an ESPNetv2 for segmentation: it lacks the tensor " + key);
    }
    const std::int64_t size = found->second.size(0);
    if (size < 1 || size > kMaxChannels) {
      throw DataError(file_, key + ": expected 1 to " + std::to_string(kMaxChannels) +
                                 " channels, got " + std::to_string(size));
    }
    return size;
  }

  std::int64_t repeats(const std::string& list) const {
    std::int64_t count = 0;
    while (count < kMaxRepeats &&
           weights_.contains(list + "." + std::to_string(count) + ".module_act.weight")) {
      ++count;
    }
    return count;
  }

 private:
  const StateDict& weights_;
  const std::string& file_;
};

}  // namespace

void EspnetConfig::validate() const {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("EspnetConfig: ") + what);
  };
  // What each stage adds to the one before goes through four branches in four groups.
  for (std::size_t i = 0; i < channels.size(); ++i) {
    require(channels[i] > 0 && channels[i] % 16 == 0, "channels must be multiples of 16");
    require(i == 0 || channels[i] > channels[i - 1], "channels must grow from stage to stage");
  }
  for (const std::int64_t count : repeats) require(count >= 1, "repeats must be 1 or more");
  for (const std::int64_t width : decoder_channels) require(width > 0, "decoder_channels");
  require(pyramid_channels > 0, "pyramid_channels must be 1 or more");
  require(classes > 0, "classes must be 1 or more");
}

EspnetConfig EspnetConfig::from_weights(const StateDict& weights, const std::string& file) {
  const Sizes sizes(weights, file);
  EspnetConfig config;
  config.channels = {
      sizes.outputs("base_net.level1.act.weight"), sizes.outputs("base_net.level2_0.act.weight"),
      sizes.outputs("base_net.level3_0.act.weight"), sizes.outputs("base_net.level4_0.act.weight")};
  config.repeats = {sizes.repeats("base_net.level3"), sizes.repeats("base_net.level4")};
  config.decoder_channels = {sizes.outputs("bu_dec_l1.merge_layer.3.weight"),
                             sizes.outputs("bu_dec_l2.merge_layer.3.weight"),
                             sizes.outputs("bu_dec_l3.merge_layer.3.weight")};
  config.pyramid_channels = sizes.outputs("bu_dec_l1.projection_layer.cbr.0.weight");
  config.classes = sizes.outputs("bu_dec_l4.merge_layer.3.weight");
  try {
    config.validate();
  } catch (const std::invalid_argument& error) {
    throw DataError(file, error.what());
  }
  return config;
}

}  // namespace situ
