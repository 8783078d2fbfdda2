// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/original_autoencoder.h"

#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "situ/backends/model_files.h"
#include "situ/backends/original_keys.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

constexpr const char* kAutoencoder = "first_stage_model.";
constexpr const char* kTinyBlock = ".conv.0.weight";

/// A numbered layer of a sequence: a convolution or a block of three.
struct TinyLayer {
  bool is_block = false;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
};

// The layers that have weights, by their number; what has other keys is left for the network, which
// names it.
std::map<int64_t, TinyLayer> layers_of(const StateDict& state, const std::string& file) {
  const StateShapes shapes(state, file);
  std::map<int64_t, TinyLayer> layers;
  for (const auto& [key, tensor] : state) {
    int64_t number = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || number < 0 || end == key.data() + key.size() || *end != '.') {
      continue;
    }
    const std::string layer = std::to_string(number);
    const bool is_block = shapes.contains(layer + kTinyBlock);
    const std::string weight = layer + (is_block ? kTinyBlock : ".weight");
    layers[number] = {is_block, shapes.size(weight, 1), shapes.size(weight, 0)};
  }
  return layers;
}

/// What the layers of one half tell: each level begins (encoder) or ends (decoder) with a
/// convolution, and a last or first one stands alone.
struct TinyHalf {
  std::vector<int64_t> channels, blocks;
};

TinyHalf encoder_levels(const std::map<int64_t, TinyLayer>& layers) {
  TinyHalf half;
  for (auto it = layers.begin(); it != layers.end(); ++it) {
    if (it->second.is_block && !half.blocks.empty()) {
      ++half.blocks.back();
    } else if (std::next(it) != layers.end()) {
      half.channels.push_back(it->second.out_channels);
      half.blocks.push_back(0);
    }
  }
  return half;
}

TinyHalf decoder_levels(const std::map<int64_t, TinyLayer>& layers) {
  TinyHalf half;
  int64_t blocks = 0;
  for (auto it = layers.begin(); it != layers.end(); ++it) {
    if (it->second.is_block) {
      ++blocks;
    } else if (it != layers.begin()) {
      half.channels.push_back(it->second.in_channels);
      half.blocks.push_back(std::exchange(blocks, 0));
    }
  }
  return half;
}

// "4.conv.0.weight" -> "3.conv.0.weight"
StateDict without_clamp(const StateDict& decoder, const std::string& file) {
  StateDict shifted;
  for (const auto& [key, tensor] : decoder) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error == std::errc() && number < 1) {
      throw DataError(file,
                      key + ": expected no weights at 0, where TAESD's decoder has its clamp");
    }
    const std::string rest(end, key.data() + key.size());
    shifted[error == std::errc() ? std::to_string(number - 1) + rest : key] = tensor;
  }
  return shifted;
}

// Both with the numbers that diffusers gives the layers.
ConvertedPart tiny_autoencoder(const StateDict& encoder, const StateDict& decoder,
                               const std::string& file) {
  const std::map<int64_t, TinyLayer> down = layers_of(encoder, file);
  const std::map<int64_t, TinyLayer> up = layers_of(decoder, file);
  if (down.empty() || up.empty()) {
    throw DataError(file, "expected the layers of TAESD's encoder and decoder, got none of one");
  }
  const TinyHalf down_levels = encoder_levels(down);
  const TinyHalf up_levels = decoder_levels(up);
  ConvertedPart part;
  part.config = {{"_class_name", "AutoencoderTiny"},
                 {"in_channels", down.begin()->second.in_channels},
                 {"out_channels", up.rbegin()->second.out_channels},
                 {"latent_channels", up.begin()->second.in_channels},
                 {"encoder_block_out_channels", down_levels.channels},
                 {"decoder_block_out_channels", up_levels.channels},
                 {"num_encoder_blocks", down_levels.blocks},
                 {"num_decoder_blocks", up_levels.blocks},
                 {"scaling_factor", 1.0},
                 {"force_upcast", false}};
  for (const auto& [key, tensor] : encoder) part.weights["encoder.layers." + key] = tensor;
  for (const auto& [key, tensor] : decoder) part.weights["decoder.layers." + key] = tensor;
  return part;
}

}  // namespace

ConvertedPart autoencoder_from_original(const StateDict& state, double scaling_factor,
                                        const std::string& file) {
  const StateShapes shapes(state, file);
  const int64_t levels = shapes.count("encoder.down.", ".");
  std::vector<int64_t> channels;
  for (int64_t i = 0; i < levels; ++i) {
    channels.push_back(
        shapes.size("encoder.down." + std::to_string(i) + ".block.0.conv2.weight", 0));
  }
  const auto count = static_cast<std::size_t>(levels);
  ConvertedPart part;
  part.config = {{"_class_name", "AutoencoderKL"},
                 {"block_out_channels", channels},
                 {"layers_per_block", shapes.count("encoder.down.0.block.", ".")},
                 {"latent_channels", shapes.size("post_quant_conv.weight", 0)},
                 {"down_block_types", std::vector<std::string>(count, "DownEncoderBlock2D")},
                 {"up_block_types", std::vector<std::string>(count, "UpDecoderBlock2D")},
                 {"scaling_factor", scaling_factor},
                 {"force_upcast", true}};
  part.weights = autoencoder_state(renamed_all(
      state, [&](const std::string& key) { return autoencoder_key_from_original(key, levels); }));
  return part;
}

ConvertedPart tiny_autoencoder_from_original(const StateDict& encoder, const StateDict& decoder,
                                             const std::string& file) {
  return tiny_autoencoder(encoder, without_clamp(decoder, file), file);
}

bool is_tiny_encoder(const StateDict& state) {
  return state.contains("0.weight") && state.contains(std::string("1") + kTinyBlock);
}

bool is_tiny_decoder(const StateDict& state) {
  return state.contains("1.weight") && state.contains(std::string("3") + kTinyBlock);
}

std::optional<ConvertedPart> autoencoder_of_file(const StateDict& state, double scaling_factor,
                                                 const std::string& file) {
  static constexpr std::array<std::pair<const char*, const char*>, 2> kTinyPrefixes = {
      {{"taesd_encoder.", "taesd_decoder."}, {"encoder.", "decoder."}}};
  for (const auto& [encoder_prefix, decoder_prefix] : kTinyPrefixes) {
    const StateDict encoder = below(state, encoder_prefix);
    const StateDict decoder = below(state, decoder_prefix);
    if (is_tiny_encoder(encoder) || is_tiny_decoder(decoder)) {
      return tiny_autoencoder_from_original(encoder, decoder, file);
    }
  }
  if (has_prefix(state, "encoder.layers.0.") && has_prefix(state, "decoder.layers.0.")) {
    return tiny_autoencoder(below(state, "encoder.layers."), below(state, "decoder.layers."), file);
  }
  const bool among_others = has_prefix(state, kAutoencoder);
  StateDict original = among_others ? below(state, kAutoencoder) : state;
  if (!has_prefix(original, "encoder.down.")) return std::nullopt;
  // What training leaves: the discriminator, and averages of the weights.
  std::erase_if(original, [](const auto& item) {
    return item.first.starts_with("loss.") || item.first.starts_with("model_ema.");
  });
  return autoencoder_from_original(original, scaling_factor, file);
}

}  // namespace situ
