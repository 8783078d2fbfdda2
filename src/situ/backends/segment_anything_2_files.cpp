// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/segment_anything_2_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "situ/backends/key_table.h"

namespace situ {
namespace {

constexpr std::array<std::string_view, 5> kImageParts = {"vision_encoder.", "prompt_encoder.",
                                                         "mask_decoder.", "shared_image_embedding.",
                                                         "no_memory_embedding"};

const KeyTable& table() {
  static const KeyTable all(
      {
          {"mask_decoder.transformer.layers.*.self_attn.o_proj",
           "mask_decoder.transformer.layers.*.self_attn.out_proj"},
          {"mask_decoder.transformer.layers.*.cross_attn_token_to_image.o_proj",
           "mask_decoder.transformer.layers.*.cross_attn_token_to_image.out_proj"},
          {"mask_decoder.transformer.layers.*.cross_attn_image_to_token.o_proj",
           "mask_decoder.transformer.layers.*.cross_attn_image_to_token.out_proj"},
          {"mask_decoder.transformer.final_attn_token_to_image.o_proj",
           "mask_decoder.transformer.final_attn_token_to_image.out_proj"},
          {"mask_decoder.transformer.layers.*.mlp.proj_in",
           "mask_decoder.transformer.layers.*.mlp.lin1"},
          {"mask_decoder.transformer.layers.*.mlp.proj_out",
           "mask_decoder.transformer.layers.*.mlp.lin2"},
      },
      {});
  return all;
}

bool is_of_image_part(const std::string& key) {
  return !key.starts_with("prompt_encoder.shared_embedding.") &&
         std::any_of(kImageParts.begin(), kImageParts.end(),
                     [&](std::string_view part) { return key.starts_with(part); });
}

}  // namespace

StateDict segment_anything_2_state(const StateDict& file) {
  constexpr const char* kPoints = "prompt_encoder.point_embed.weight";
  StateDict image;
  for (const auto& [key, tensor] : file) {
    if (!is_of_image_part(key)) continue;
    if (key == kPoints && tensor.dim() == 2) {  // one table rather than four of one row
      for (int64_t i = 0; i < tensor.size(0); ++i) {
        image["prompt_encoder.point_embed." + std::to_string(i) + ".weight"] =
            tensor.narrow(0, i, 1);
      }
      continue;
    }
    image[key] = tensor;
  }
  return table().to_canonical(image);
}

}  // namespace situ
