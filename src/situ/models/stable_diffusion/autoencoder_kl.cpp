// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/autoencoder_kl.h"

#include <ATen/ATen.h>

#include "situ/models/stable_diffusion/tiles.h"
#include "situ/nn/attention.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;
using torch::nn::GroupNorm;
using torch::nn::GroupNormOptions;

constexpr double kEps = 1e-6;  // of every group norm in this network

Conv2d conv3x3(int64_t in, int64_t out) { return Conv2d(Conv2dOptions(in, out, 3).padding(1)); }

GroupNorm group_norm(int64_t groups, int64_t channels) {
  return GroupNorm(GroupNormOptions(groups, channels).eps(kEps));
}

ResnetBlock resnet(int64_t in, int64_t out, int64_t groups) {
  return ResnetBlock(
      ResnetBlockOptions{.in_channels = in, .out_channels = out, .groups = groups, .eps = kEps});
}

}  // namespace

AutoencoderKlConfig AutoencoderKlConfig::from_json(const nlohmann::json& json,
                                                   const std::string& file) {
  const ConfigReader reader(json, file);
  reader.require("act_fn", "silu");
  reader.require("mid_block_add_attention", true);
  reader.require("use_quant_conv", true);
  reader.require("use_post_quant_conv", true);
  AutoencoderKlConfig config;
  config.in_channels = reader.integer("in_channels", config.in_channels, 1, 1 << 12);
  config.out_channels = reader.integer("out_channels", config.out_channels, 1, 1 << 12);
  config.latent_channels = reader.integer("latent_channels", config.latent_channels, 1, 1 << 12);
  config.block_out_channels = reader.integers("block_out_channels", config.block_out_channels, 0);
  const std::size_t levels = config.block_out_channels.size();
  if (levels < 1 || levels > 8) reader.fail("block_out_channels", "1 to 8 levels");
  for (const std::string& type : reader.texts("down_block_types", {})) {
    if (type != "DownEncoderBlock2D") reader.fail("down_block_types", "DownEncoderBlock2D");
  }
  for (const std::string& type : reader.texts("up_block_types", {})) {
    if (type != "UpDecoderBlock2D") reader.fail("up_block_types", "UpDecoderBlock2D");
  }
  config.layers_per_block = reader.integer("layers_per_block", config.layers_per_block, 1, 64);
  config.norm_num_groups = reader.integer("norm_num_groups", config.norm_num_groups, 1, 1 << 12);
  for (const int64_t channels : config.block_out_channels) {
    if (channels % config.norm_num_groups != 0) {
      reader.fail("norm_num_groups", "a divisor of every entry of block_out_channels");
    }
  }
  // A list of height and width counts by its height, as in diffusers.
  config.sample_size = reader.integers("sample_size", {config.sample_size}, 2).front();
  config.scaling_factor = reader.real("scaling_factor", config.scaling_factor);
  return config;
}

at::Tensor LatentDistribution::sample(at::Generator generator) const {
  return mean + standard_deviation * at::randn(mean.sizes(), generator, mean.options());
}

PixelAttentionImpl::PixelAttentionImpl(int64_t channels, int64_t groups)
    : group_norm_(register_module("group_norm", group_norm(groups, channels))),
      to_q_(register_module("to_q", Linear(channels, channels))),
      to_k_(register_module("to_k", Linear(channels, channels))),
      to_v_(register_module("to_v", Linear(channels, channels))) {
  to_out_ = Linear(channels, channels);
  register_module("to_out", torch::nn::ModuleList())->push_back(to_out_.ptr());
}

at::Tensor PixelAttentionImpl::forward(const at::Tensor& x) {
  const at::Tensor tokens = group_norm_(x).flatten(2).transpose(1, 2).contiguous();  // [B, H*W, C]
  const at::Tensor attended =
      to_out_(multi_head_attention(to_q_(tokens), to_k_(tokens), to_v_(tokens), 1));
  return attended.transpose(1, 2).reshape(x.sizes()) + x;
}

AutoencoderLevelImpl::AutoencoderLevelImpl(int64_t in_channels, int64_t out_channels,
                                           int64_t layers, int64_t groups, Resampling resampling)
    : resnets_(*this, "resnets") {
  for (int64_t i = 0; i < layers; ++i) {
    resnets_.append(resnet(i == 0 ? in_channels : out_channels, out_channels, groups));
  }
  if (resampling == Resampling::kDown) {
    downsample_ = Downsample(out_channels, DownsamplePadding::kRightAndBottom);
    register_module("downsamplers", torch::nn::ModuleList())->push_back(downsample_.ptr());
  } else if (resampling == Resampling::kUp) {
    upsample_ = Upsample(out_channels);
    register_module("upsamplers", torch::nn::ModuleList())->push_back(upsample_.ptr());
  }
}

at::Tensor AutoencoderLevelImpl::forward(at::Tensor x) {
  for (ResnetBlock& block : resnets_) x = block(x, at::Tensor());
  if (downsample_) x = downsample_(x);
  if (upsample_) x = upsample_(x, 2 * x.size(2), 2 * x.size(3));
  return x;
}

AutoencoderMidBlockImpl::AutoencoderMidBlockImpl(int64_t channels, int64_t groups)
    : attentions_(*this, "attentions"), resnets_(*this, "resnets") {
  attentions_.append(PixelAttention(channels, groups));
  resnets_.append(resnet(channels, channels, groups));
  resnets_.append(resnet(channels, channels, groups));
}

at::Tensor AutoencoderMidBlockImpl::forward(at::Tensor x) {
  x = resnets_[0](x, at::Tensor());
  x = attentions_[0](x);
  return resnets_[1](x, at::Tensor());
}

AutoencoderKlImpl::Half::Half(torch::nn::Module& owner, const std::string& name,
                              const std::string& levels_name)
    : scope(owner.register_module(name, std::make_shared<torch::nn::Module>())),
      levels(*scope, levels_name) {}

AutoencoderKlImpl::AutoencoderKlImpl(const AutoencoderKlConfig& config)
    : config_(config),
      encoder_(*this, "encoder", "down_blocks"),
      decoder_(*this, "decoder", "up_blocks") {
  add_encoder();
  add_decoder();
  const int64_t moments = 2 * config.latent_channels;
  quant_conv_ = register_module("quant_conv", Conv2d(Conv2dOptions(moments, moments, 1)));
  post_quant_conv_ = register_module(
      "post_quant_conv", Conv2d(Conv2dOptions(config.latent_channels, config.latent_channels, 1)));
}

void AutoencoderKlImpl::add_encoder() {
  const std::vector<int64_t>& channels = config_.block_out_channels;
  const int64_t groups = config_.norm_num_groups;
  torch::nn::Module& scope = *encoder_.scope;
  encoder_.conv_in =
      scope.register_module("conv_in", conv3x3(config_.in_channels, channels.front()));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool last = i + 1 == channels.size();
    encoder_.levels.append(AutoencoderLevel(
        channels[i == 0 ? 0 : i - 1], channels[i], config_.layers_per_block, groups,
        last ? AutoencoderLevelImpl::Resampling::kNone : AutoencoderLevelImpl::Resampling::kDown));
  }
  encoder_.mid_block =
      scope.register_module("mid_block", AutoencoderMidBlock(channels.back(), groups));
  encoder_.conv_norm_out =
      scope.register_module("conv_norm_out", group_norm(groups, channels.back()));
  encoder_.conv_out =
      scope.register_module("conv_out", conv3x3(channels.back(), 2 * config_.latent_channels));
}

void AutoencoderKlImpl::add_decoder() {
  const std::vector<int64_t> channels(config_.block_out_channels.rbegin(),
                                      config_.block_out_channels.rend());  // coarsest first
  const int64_t groups = config_.norm_num_groups;
  torch::nn::Module& scope = *decoder_.scope;
  decoder_.conv_in =
      scope.register_module("conv_in", conv3x3(config_.latent_channels, channels.front()));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool last = i + 1 == channels.size();
    decoder_.levels.append(AutoencoderLevel(
        channels[i == 0 ? 0 : i - 1], channels[i], config_.layers_per_block + 1, groups,
        last ? AutoencoderLevelImpl::Resampling::kNone : AutoencoderLevelImpl::Resampling::kUp));
  }
  decoder_.mid_block =
      scope.register_module("mid_block", AutoencoderMidBlock(channels.front(), groups));
  decoder_.conv_norm_out =
      scope.register_module("conv_norm_out", group_norm(groups, channels.back()));
  decoder_.conv_out =
      scope.register_module("conv_out", conv3x3(channels.back(), config_.out_channels));
}

int64_t AutoencoderKlImpl::factor() const {
  return int64_t{1} << (config_.block_out_channels.size() - 1);
}

LatentDistribution AutoencoderKlImpl::encode(const at::Tensor& image) {
  const int64_t tile = config_.sample_size;
  const bool large = image.size(2) > tile || image.size(3) > tile;
  const at::Tensor both =
      tiled_ && large ? applied_in_tiles(image, {.input = tile, .output = tile / factor()},
                                         [&](const at::Tensor& part) { return moments(part); })
                      : moments(image);
  const std::vector<at::Tensor> half = both.chunk(2, 1);  // 2 x [B, C, h, w]
  return {.mean = half[0], .standard_deviation = at::exp(0.5 * at::clamp(half[1], -30.0, 20.0))};
}

at::Tensor AutoencoderKlImpl::moments(const at::Tensor& image) {
  at::Tensor x = encoder_.conv_in(image);
  for (AutoencoderLevel& level : encoder_.levels) x = level(x);
  x = encoder_.conv_out(at::silu(encoder_.conv_norm_out(encoder_.mid_block(x))));
  return quant_conv_(x);
}

at::Tensor AutoencoderKlImpl::decode(const at::Tensor& latents) {
  const int64_t tile = config_.sample_size / factor();
  const bool large = latents.size(2) > tile || latents.size(3) > tile;
  if (!tiled_ || !large) return decode_whole(latents);
  return applied_in_tiles(latents, {.input = tile, .output = config_.sample_size},
                          [&](const at::Tensor& part) { return decode_whole(part); });
}

at::Tensor AutoencoderKlImpl::decode_whole(const at::Tensor& latents) {
  at::Tensor x = decoder_.mid_block(decoder_.conv_in(post_quant_conv_(latents)));
  for (AutoencoderLevel& level : decoder_.levels) x = level(x);
  return decoder_.conv_out(at::silu(decoder_.conv_norm_out(x)));
}

}  // namespace situ
