// SPDX-License-Identifier: Apache-2.0
// Which tensor of the original checkpoints is which of transformers'. Many have the same shape, so
// that neither shapes nor a round trip would notice two that are exchanged: the pairs are written
// out here by hand, as transformers' conversion script has them (repository huggingface/
// transformers, models/grounding_dino/convert_grounding_dino_to_hf.py, commit 033d9039). The lists
// of transformers' keys are made by tools/make_grounding_dino_fixture.py. No tensor is held: each
// is one number, seen in its shape.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "situ/backends/checkpoint_kind.h"
#include "situ/backends/grounding_dino_keys.h"
#include "situ/core/errors.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

struct Pair {
  const char* original;
  const char* canonical;
};

constexpr Pair kNames[] = {
    {"transformer.level_embed", "model.level_embed"},
    {"transformer.tgt_embed.weight", "model.query_position_embeddings.weight"},
    {"transformer.enc_output.weight", "model.enc_output.weight"},
    {"transformer.enc_output_norm.weight", "model.enc_output_norm.weight"},
    {"transformer.enc_out_bbox_embed.layers.1.weight",
     "model.encoder_output_bbox_embed.layers.1.weight"},
    {"transformer.decoder.norm.weight", "model.decoder.layer_norm.weight"},
    {"transformer.decoder.ref_point_head.layers.0.bias",
     "model.decoder.reference_points_head.layers.0.bias"},
    {"bbox_embed.0.layers.1.weight", "bbox_embed.0.layers.1.weight"},
    {"feat_map.bias", "model.text_projection.bias"},
    {"input_proj.3.1.weight", "model.input_proj_vision.3.1.weight"},
    {"bert.embeddings.LayerNorm.weight", "model.text_backbone.embeddings.LayerNorm.weight"},
    {"bert.encoder.layer.7.attention.self.key.bias",
     "model.text_backbone.encoder.layer.7.attention.self.key.bias"},
    {"backbone.0.patch_embed.proj.bias",
     "model.backbone.conv_encoder.model.embeddings.patch_embeddings.projection.bias"},
    {"backbone.0.patch_embed.norm.bias", "model.backbone.conv_encoder.model.embeddings.norm.bias"},
    {"backbone.0.norm1.bias", "model.backbone.conv_encoder.model.hidden_states_norms.stage2.bias"},
    {"backbone.0.norm2.bias", "model.backbone.conv_encoder.model.hidden_states_norms.stage3.bias"},
    {"backbone.0.norm3.bias", "model.backbone.conv_encoder.model.hidden_states_norms.stage4.bias"},
    {"backbone.0.layers.1.downsample.norm.bias",
     "model.backbone.conv_encoder.model.encoder.layers.1.downsample.norm.bias"},
    {"backbone.0.layers.1.downsample.reduction.weight",
     "model.backbone.conv_encoder.model.encoder.layers.1.downsample.reduction.weight"},
};

// Below `original` and `canonical` of one layer.
constexpr Pair kSwinBlock[] = {
    {"norm1.weight", "layernorm_before.weight"},
    {"norm2.weight", "layernorm_after.weight"},
    {"attn.relative_position_bias_table", "attention.self.relative_position_bias_table"},
    {"attn.proj.bias", "attention.output.dense.bias"},
    {"mlp.fc1.weight", "intermediate.dense.weight"},
    {"mlp.fc2.weight", "output.dense.weight"},
};
constexpr Pair kDeformableLayer[] = {
    {"self_attn.sampling_offsets.bias", "deformable_layer.self_attn.sampling_offsets.bias"},
    {"self_attn.attention_weights.bias", "deformable_layer.self_attn.attention_weights.bias"},
    {"self_attn.value_proj.weight", "deformable_layer.self_attn.value_proj.weight"},
    {"self_attn.output_proj.weight", "deformable_layer.self_attn.output_proj.weight"},
    {"norm1.bias", "deformable_layer.self_attn_layer_norm.bias"},
    {"linear1.weight", "deformable_layer.fc1.weight"},
    {"linear2.weight", "deformable_layer.fc2.weight"},
    {"norm2.bias", "deformable_layer.final_layer_norm.bias"},
};
constexpr Pair kTextLayer[] = {
    {"self_attn.out_proj.weight", "text_enhancer_layer.self_attn.out_proj.weight"},
    {"linear1.weight", "text_enhancer_layer.fc1.weight"},
    {"linear2.weight", "text_enhancer_layer.fc2.weight"},
    {"norm1.weight", "text_enhancer_layer.layer_norm_before.weight"},
    {"norm2.weight", "text_enhancer_layer.layer_norm_after.weight"},
};
constexpr Pair kFusionLayer[] = {
    {"gamma_v", "fusion_layer.vision_param"},
    {"gamma_l", "fusion_layer.text_param"},
    {"layer_norm_v.bias", "fusion_layer.layer_norm_vision.bias"},
    {"layer_norm_l.bias", "fusion_layer.layer_norm_text.bias"},
    {"attn.v_proj.weight", "fusion_layer.attn.vision_proj.weight"},
    {"attn.l_proj.weight", "fusion_layer.attn.text_proj.weight"},
    {"attn.values_v_proj.weight", "fusion_layer.attn.values_vision_proj.weight"},
    {"attn.values_l_proj.weight", "fusion_layer.attn.values_text_proj.weight"},
    {"attn.out_v_proj.weight", "fusion_layer.attn.out_vision_proj.weight"},
    {"attn.out_l_proj.weight", "fusion_layer.attn.out_text_proj.weight"},
};
constexpr Pair kDecoderLayer[] = {
    {"cross_attn.sampling_offsets.weight", "encoder_attn.sampling_offsets.weight"},
    {"cross_attn.value_proj.weight", "encoder_attn.value_proj.weight"},
    {"norm1.weight", "encoder_attn_layer_norm.weight"},
    {"ca_text.out_proj.weight", "encoder_attn_text.out_proj.weight"},
    {"catext_norm.weight", "encoder_attn_text_layer_norm.weight"},
    {"self_attn.out_proj.weight", "self_attn.out_proj.weight"},
    {"norm2.weight", "self_attn_layer_norm.weight"},
    {"linear1.bias", "fc1.bias"},
    {"linear2.bias", "fc2.bias"},
    {"norm3.weight", "final_layer_norm.weight"},
};
// Three tensors in one: query, key and value, each behind a dot and the word.
constexpr Pair kFused[] = {
    {"backbone.0.layers.3.blocks.1.attn.qkv.bias",
     "model.backbone.conv_encoder.model.encoder.layers.3.blocks.1.attention.self.*.bias"},
    {"transformer.encoder.text_layers.2.self_attn.in_proj_bias",
     "model.encoder.layers.2.text_enhancer_layer.self_attn.*.bias"},
    {"transformer.decoder.layers.2.self_attn.in_proj_weight",
     "model.decoder.layers.2.self_attn.*.weight"},
    {"transformer.decoder.layers.2.ca_text.in_proj_weight",
     "model.decoder.layers.2.encoder_attn_text.*.weight"},
};

using Names = std::vector<std::pair<std::string, std::string>>;

template <std::size_t N>
void append(const Pair (&pairs)[N], const std::string& original, const std::string& canonical,
            Names& names) {
  for (const Pair& pair : pairs) {
    names.emplace_back(original + pair.original, canonical + pair.canonical);
  }
}

Names all_names() {
  Names names;
  append(kNames, "", "", names);
  append(kSwinBlock, "backbone.0.layers.2.blocks.17.",
         "model.backbone.conv_encoder.model.encoder.layers.2.blocks.17.", names);
  append(kDeformableLayer, "transformer.encoder.layers.4.", "model.encoder.layers.4.", names);
  append(kTextLayer, "transformer.encoder.text_layers.4.", "model.encoder.layers.4.", names);
  append(kFusionLayer, "transformer.encoder.fusion_layers.4.", "model.encoder.layers.4.", names);
  append(kDecoderLayer, "transformer.decoder.layers.5.", "model.decoder.layers.5.", names);
  return names;
}

TEST(OriginalGroundingDinoKeys, NameWhatTransformersReads) {
  const Names names = all_names();
  for (const char* prefix : {"", "module."}) {
    StateDict original;
    for (const auto& [key, unused] : names) {
      original[prefix + key] = at::full({1}, static_cast<int64_t>(original.size()), at::kLong);
    }
    const StateDict canonical = grounding_dino_from_original(original);
    EXPECT_EQ(canonical.size(), names.size());
    for (const auto& [from, to] : names) {
      ASSERT_TRUE(canonical.contains(to)) << to;
      EXPECT_TRUE(canonical.at(to).equal(original.at(prefix + from))) << to << " is not " << from;
    }
    const StateDict back = grounding_dino_to_original(canonical);
    for (const auto& [from, to] : names) EXPECT_TRUE(back.contains(from)) << from;
  }
}

TEST(OriginalGroundingDinoKeys, HoldQueryKeyAndValueInThisOrder) {
  StateDict original;
  for (const Pair& pair : kFused) original[pair.original] = at::arange(6, at::kLong).view({6, 1});
  const StateDict canonical = grounding_dino_from_original(original);
  for (const Pair& pair : kFused) {
    const std::string name = pair.canonical;
    const std::size_t star = name.find('*');
    int64_t first = 0;
    for (const char* part : {"query", "key", "value"}) {
      const std::string key = name.substr(0, star) + part + name.substr(star + 1);
      ASSERT_TRUE(canonical.contains(key)) << key;
      EXPECT_TRUE(canonical.at(key).equal(at::arange(first, first + 2, at::kLong).view({2, 1})))
          << key;
      first += 2;
    }
  }
  EXPECT_EQ(canonical.size(), 12U);
}

std::string text_of(const at::Tensor& bytes) {
  const at::Tensor dense = bytes.contiguous();
  return {reinterpret_cast<const char*>(dense.const_data_ptr<uint8_t>()),
          static_cast<std::size_t>(dense.numel())};
}

// transformers' tensors of a published size, in alphabetical order, each filled with its place.
StateDict published(const std::string& name) {
  const auto arrays = load_npz(SITU_SOURCE_DIR "/tests/parity/grounding_dino/published_keys.npz");
  std::istringstream lines(text_of(arrays.at(name)));
  StateDict state;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    std::vector<int64_t> shape;
    std::istringstream numbers(line.substr(tab + 1));
    for (std::string one; std::getline(numbers, one, 'x');) shape.push_back(std::stoll(one));
    state[line.substr(0, tab)] =
        at::full({}, static_cast<int64_t>(state.size()), at::kShort).expand(shape);
  }
  return state;
}

class PublishedGroundingDino : public testing::TestWithParam<const char*> {};

TEST_P(PublishedGroundingDino, IsTheSameAfterTheOriginalLayout) {
  const StateDict state = published(GetParam());
  ASSERT_GT(state.size(), 900U);
  EXPECT_EQ(checkpoint_kind(state), CheckpointKind::kGroundingDino);
  const StateDict original = grounding_dino_to_original(state);
  EXPECT_EQ(checkpoint_kind(original), CheckpointKind::kGroundingDino);
  for (const auto& [key, tensor] : original) EXPECT_FALSE(key.starts_with("model.")) << key;
  const StateDict back = grounding_dino_from_original(original);
  EXPECT_EQ(back.size(), state.size());
  for (const auto& [key, tensor] : state) {
    ASSERT_TRUE(back.contains(key)) << key;
    EXPECT_EQ(back.at(key).sizes(), tensor.sizes()) << key;
    EXPECT_TRUE(back.at(key).eq(tensor.flatten()[0]).all().item<bool>()) << key;
  }
}

TEST_P(PublishedGroundingDino, HoldsTheTensorsOfItsDepthsInTheOriginalLayout) {
  const StateDict original = grounding_dino_to_original(published(GetParam()));
  const bool base = GetParam() == std::string("base");
  const int64_t width = base ? 128 : 96, blocks = base ? 24 : 12;
  int64_t fused = 0, heads = 0, tables = 0;
  for (const auto& [key, tensor] : original) {
    fused += key.ends_with("attn.qkv.weight") ? 1 : 0;
    tables += key.ends_with("relative_position_bias_table") ? 1 : 0;
    heads += key.find("bbox_embed.") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(fused, blocks);
  EXPECT_EQ(tables, blocks);
  EXPECT_EQ(heads, 6 + 2 * 6 * 6) << "the encoder's, and the decoder's six times under two names";
  EXPECT_EQ(original.at("backbone.0.layers.3.blocks.1.attn.qkv.weight").sizes(),
            (at::IntArrayRef{3 * 8 * width, 8 * width}));
  EXPECT_EQ(original.at("backbone.0.layers.2.downsample.reduction.weight").sizes(),
            (at::IntArrayRef{8 * width, 16 * width}));
}

TEST_P(PublishedGroundingDino, TellsItsConfigurationByItsShapes) {
  const StateDict original = grounding_dino_to_original(published(GetParam()));
  const GroundingDinoConfig config =
      grounding_dino_config_of(grounding_dino_from_original(original), "file");
  const bool base = GetParam() == std::string("base");
  EXPECT_EQ(config.backbone.embed_dim, base ? 128 : 96);
  EXPECT_EQ(config.backbone.window_size, base ? 12 : 7);
  EXPECT_THAT(config.backbone.depths, testing::ElementsAre(2, 2, base ? 18 : 6, 2));
  EXPECT_THAT(config.backbone.num_heads,
              base ? testing::ElementsAre(4, 8, 16, 32) : testing::ElementsAre(3, 6, 12, 24));
  EXPECT_THAT(config.backbone.out_indices, testing::ElementsAre(2, 3, 4));
  EXPECT_EQ(config.text.num_hidden_layers, 12);
  EXPECT_EQ(config.encoder_layers, 6);
  EXPECT_EQ(config.decoder_layers, 6);
  EXPECT_EQ(config.num_queries, 900);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PublishedGroundingDino, testing::Values("tiny", "base"),
                         [](const auto& info) { return std::string(info.param); });

TEST(OriginalGroundingDinoKeys, AreRefusedByNameWhereAPartIsMissing) {
  StateDict state = published("tiny");
  state.erase("model.query_position_embeddings.weight");
  EXPECT_THROW(grounding_dino_config_of(state, "file"), DataError);
  EXPECT_THROW(grounding_dino_config_of({}, "file"), DataError);
}

}  // namespace
}  // namespace situ
