#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/segment_anything_2: a folder as transformers writes it of a tiny random Sam2Model, and what that
network makes of random numbers.

    pip install torch==2.13.0 transformers==5.23.* safetensors
    tools/make_segment_anything_2_fixture.py tests/parity/segment_anything_2
"""
import json
import pathlib
import sys

import torch
from transformers import Sam2Config, Sam2Model

from parity_fixture import inputs, save

STEADY = 0.35
CONFIG = dict(
    vision_config=dict(
        backbone_config=dict(model_type="sam2_hiera_det_model", hidden_size=4, num_attention_heads=1, image_size=[64, 64],
                             blocks_per_stage=[1, 2, 2, 1], embed_dim_per_stage=[4, 8, 16, 32],
                             num_attention_heads_per_stage=[1, 1, 2, 4], window_size_per_stage=[4, 2, 3, 2],
                             global_attention_blocks=[4], window_positional_embedding_background_size=[3, 3]),
        backbone_channel_list=[32, 16, 8, 4], backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=16),
    prompt_encoder_config=dict(hidden_size=16, image_size=64, patch_size=16, mask_input_channels=8),
    # A threshold between the steadiness of these masks, so that both ways of choosing one are taken.
    mask_decoder_config=dict(hidden_size=16, mlp_dim=24, num_attention_heads=2, iou_head_hidden_dim=12,
                             dynamic_multimask_stability_thresh=STEADY))


def randomised(network):
    for index, (key, tensor) in enumerate(sorted(network.state_dict().items())):
        values = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(index))
        many = tensor.dim() > 1
        scale = values[0].numel() ** -0.5 if many else 0.1
        tensor.copy_(values * scale + (0 if many or not key.endswith("weight") else 1))
    own = network.shared_image_embedding.positional_embedding
    network.prompt_encoder.shared_embedding.positional_embedding.copy_(own)
    return network.eval()


def main():
    folder = pathlib.Path(sys.argv[1])
    config = Sam2Config(**CONFIG)
    config._attn_implementation = "eager"
    with torch.no_grad():
        network = randomised(Sam2Model(config))
        network.save_pretrained(folder)
        pixels = inputs(1, 1, 3, 64, 64)
        boxes = torch.tensor([[3.0, 4, 40, 60], [10, 2, 63, 30.5], [-4, -2, 70, 66]])
        points = torch.tensor([[[5.0, 6], [20, 60]], [[33, 12.5], [0, 0]], [[60, 60], [1, 50]]])
        labels = torch.tensor([[1, 0], [1, -1], [1, -10]])
        tensors = dict(pixels=pixels, boxes=boxes, points=points, labels=labels)
        features = network.get_image_embeddings(pixels)
        for name, value in zip(("s0", "s1", "embedding"), features):
            tensors[name] = value
        asked = {"boxes": dict(input_boxes=boxes[None]),
                 "points": dict(input_points=points[None], input_labels=labels[None]),
                 "both": dict(input_points=points[None], input_labels=labels[None], input_boxes=boxes[None])}
        for name, prompts in asked.items():
            for multimask in (False, True):
                out = network(image_embeddings=features, multimask_output=multimask, **prompts)
                key = f"{name}.{'several' if multimask else 'one'}"
                tensors[f"{key}.logits"], tensors[f"{key}.iou"] = out.pred_masks[0], out.iou_scores[0]
    save(folder, "outputs", config.to_dict(), tensors)


if __name__ == "__main__":
    main()
