// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/autoencoder_tiny.h"

#include <ATen/ATen.h>

#include "situ/nn/config_reader.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;

Conv2dOptions conv3x3(int64_t in, int64_t out) { return Conv2dOptions(in, out, 3).padding(1); }

}  // namespace

AutoencoderTinyConfig AutoencoderTinyConfig::from_json(const nlohmann::json& json,
                                                       const std::string& file) {
  const ConfigReader reader(json, file);
  reader.require("act_fn", "relu");
  reader.require("upsample_fn", "nearest");
  reader.require("upsampling_scaling_factor", 2);
  reader.require("shift_factor", 0.0);
  AutoencoderTinyConfig config;
  config.in_channels = reader.integer("in_channels", config.in_channels, 1, 1 << 12);
  config.out_channels = reader.integer("out_channels", config.out_channels, 1, 1 << 12);
  config.latent_channels = reader.integer("latent_channels", config.latent_channels, 1, 1 << 12);
  config.encoder_block_out_channels =
      reader.integers("encoder_block_out_channels", config.encoder_block_out_channels, 0);
  config.decoder_block_out_channels =
      reader.integers("decoder_block_out_channels", config.decoder_block_out_channels, 0);
  const std::size_t levels = config.encoder_block_out_channels.size();
  if (levels < 1 || levels > 8) reader.fail("encoder_block_out_channels", "1 to 8 levels");
  if (config.decoder_block_out_channels.size() != levels) {
    reader.fail("decoder_block_out_channels", "as many levels as the encoder has");
  }
  config.num_encoder_blocks = reader.integers("num_encoder_blocks", {1, 3, 3, 3}, levels);
  config.num_decoder_blocks = reader.integers("num_decoder_blocks", {3, 3, 3, 1}, levels);
  if (config.num_encoder_blocks.size() != levels) reader.fail("num_encoder_blocks", "one a level");
  if (config.num_decoder_blocks.size() != levels) reader.fail("num_decoder_blocks", "one a level");
  config.scaling_factor = reader.real("scaling_factor", config.scaling_factor);
  return config;
}

AutoencoderTinyBlockImpl::AutoencoderTinyBlockImpl(int64_t in, int64_t out) {
  conv0_ = Conv2d(conv3x3(in, out));
  conv2_ = Conv2d(conv3x3(out, out));
  conv4_ = Conv2d(conv3x3(out, out));
  torch::nn::ModuleList conv = register_module("conv", torch::nn::ModuleList());
  for (const auto& step : {conv0_.ptr(), conv2_.ptr(), conv4_.ptr()}) {
    if (!conv->is_empty()) conv->push_back(std::make_shared<torch::nn::Module>());  // the ReLU
    conv->push_back(step);
  }
  if (in != out) {
    skip_ = register_module("skip", Conv2d(Conv2dOptions(in, out, 1).bias(false)));
  }
}

at::Tensor AutoencoderTinyBlockImpl::forward(const at::Tensor& x) {
  const at::Tensor h = conv4_(at::relu(conv2_(at::relu(conv0_(x)))));
  return at::relu(h + (skip_ ? skip_(x) : x));
}

AutoencoderTinyImpl::AutoencoderTinyImpl(const AutoencoderTinyConfig& config) : config_(config) {
  add_encoder();
  add_decoder();
  for (const auto& [name, layers] : {std::pair{"encoder", &encoder_}, {"decoder", &decoder_}}) {
    auto scope = register_module(name, std::make_shared<torch::nn::Module>());
    auto list = scope->register_module("layers", torch::nn::ModuleList());
    for (const Layer& layer : *layers) {
      if (layer.conv) {
        list->push_back(layer.conv.ptr());
      } else if (layer.block) {
        list->push_back(layer.block.ptr());
      } else {
        list->push_back(std::make_shared<torch::nn::Module>());
      }
    }
  }
}

void AutoencoderTinyImpl::add_encoder() {
  const std::vector<int64_t>& channels = config_.encoder_block_out_channels;
  for (std::size_t level = 0; level < channels.size(); ++level) {
    const int64_t c = channels[level];
    encoder_.push_back({.conv = level == 0 ? Conv2d(conv3x3(config_.in_channels, c))
                                           : Conv2d(conv3x3(c, c).stride(2).bias(false))});
    for (int64_t i = 0; i < config_.num_encoder_blocks[level]; ++i) {
      encoder_.push_back({.block = AutoencoderTinyBlock(c, c)});
    }
  }
  encoder_.push_back({.conv = Conv2d(conv3x3(channels.back(), config_.latent_channels))});
}

void AutoencoderTinyImpl::add_decoder() {
  const std::vector<int64_t>& channels = config_.decoder_block_out_channels;
  decoder_.push_back({.conv = Conv2d(conv3x3(config_.latent_channels, channels.front()))});
  decoder_.push_back({.relu = true});
  for (std::size_t level = 0; level < channels.size(); ++level) {
    const int64_t c = channels[level];
    const bool last = level + 1 == channels.size();
    for (int64_t i = 0; i < config_.num_decoder_blocks[level]; ++i) {
      decoder_.push_back({.block = AutoencoderTinyBlock(c, c)});
    }
    if (!last) decoder_.push_back({.upsample = true});
    decoder_.push_back({.conv = Conv2d(conv3x3(c, last ? config_.out_channels : c).bias(last))});
  }
}

at::Tensor AutoencoderTinyImpl::run(std::vector<Layer>& layers, at::Tensor x) {
  for (Layer& layer : layers) {
    if (layer.conv) {
      x = layer.conv(x);
    } else if (layer.block) {
      x = layer.block(x);
    } else if (layer.upsample) {
      x = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    } else if (layer.relu) {
      x = at::relu(x);
    }
  }
  return x;
}

at::Tensor AutoencoderTinyImpl::encode(const at::Tensor& image) {
  return run(encoder_, image.add(1).div(2));  // the layout works on [0, 1]
}

at::Tensor AutoencoderTinyImpl::decode(const at::Tensor& latents) {
  return run(decoder_, at::tanh(latents / 3) * 3).mul(2).sub(1);
}

}  // namespace situ
