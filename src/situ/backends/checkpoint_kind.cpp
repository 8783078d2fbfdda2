// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/checkpoint_kind.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "situ/core/errors.h"

namespace situ {
namespace {

/// A part of a key that only this kind has; the first kind that fits counts.
struct Mark {
  std::string_view part;
  CheckpointKind kind;
};

constexpr std::array<Mark, 19> kMarks = {{
    {"lora_down.", CheckpointKind::kLora},
    {"lora_A.", CheckpointKind::kLora},
    {"transformer.encoder.fusion_layers.", CheckpointKind::kGroundingDino},
    {"encoder.layers.0.fusion_layer.", CheckpointKind::kGroundingDino},
    {"image_encoder.trunk.", CheckpointKind::kSegmentAnything2},
    {"vision_encoder.backbone.blocks.", CheckpointKind::kSegmentAnything2},
    {"sam_mask_decoder.", CheckpointKind::kSegmentAnything2},
    {"image_encoder.patch_embed.seq.", CheckpointKind::kMobileSam},
    {"image_encoder.blocks.", CheckpointKind::kSegmentAnything},
    {"vision_encoder.layers.", CheckpointKind::kSegmentAnything},
    {"model.diffusion_model.", CheckpointKind::kStableDiffusion},
    {"down_blocks.", CheckpointKind::kStableDiffusion},
    {"first_stage_model.", CheckpointKind::kStableDiffusion},
    {"text_model.encoder.layers.", CheckpointKind::kClip},
    {"transformer.resblocks.", CheckpointKind::kClip},
    {"bert.encoder.layer.", CheckpointKind::kBert},
    {"encoder.layer.0.attention.self.query.", CheckpointKind::kBert},
    {"cls.predictions.", CheckpointKind::kBert},
    {"embeddings.word_embeddings.", CheckpointKind::kBert},
}};

}  // namespace

CheckpointKind checkpoint_kind(const StateDict& state) {
  for (const Mark& mark : kMarks) {
    const bool found = std::any_of(state.begin(), state.end(), [&](const auto& entry) {
      return entry.first.find(mark.part) != std::string::npos;
    });
    if (found) return mark.kind;
  }
  return CheckpointKind::kOther;
}

const char* name_of(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kGroundingDino:
      return "Grounding DINO";
    case CheckpointKind::kSegmentAnything:
      return "Segment Anything";
    case CheckpointKind::kMobileSam:
      return "MobileSAM";
    case CheckpointKind::kSegmentAnything2:
      return "SAM 2";
    case CheckpointKind::kBert:
      return "BERT";
    case CheckpointKind::kClip:
      return "CLIP";
    case CheckpointKind::kStableDiffusion:
      return "Stable Diffusion";
    case CheckpointKind::kLora:
      return "a LoRA";
    case CheckpointKind::kOther:
      break;
  }
  return "none of the models that situ knows";
}

std::string look_of(const StateDict& state) {
  const CheckpointKind kind = checkpoint_kind(state);
  std::string text = name_of(kind);
  if (kind != CheckpointKind::kGroundingDino) return text;
  for (const char* patches :
       {"backbone.0.patch_embed.proj.weight",
        "model.backbone.conv_encoder.model.embeddings.patch_embeddings.projection.weight"}) {
    const auto found = state.find(patches);
    if (found == state.end() || found->second.dim() == 0) continue;
    const int64_t width = found->second.size(0);
    if (width == 96) text += " with Swin-T";
    if (width == 128) text += " with Swin-B";
  }
  return text;
}

void require_kind(const StateDict& state, CheckpointKind expected, const std::string& file) {
  if (checkpoint_kind(state) == expected) return;
  throw DataError(
      file, std::string("expected ") + name_of(expected) + "; it looks like " + look_of(state));
}

}  // namespace situ
