#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/segment_anything.safetensors: a tiny SamModel of transformers, and its image processor.

    pip install torch==2.13.0 transformers==5.23.* safetensors pillow
    tools/make_segment_anything_fixture.py tests/parity

What a fixture holds is said in parity_fixture.py.
"""
import pathlib
import sys

import numpy
import torch
from transformers import SamConfig, SamImageProcessorPil, SamModel

from parity_fixture import inputs, save, seeded_weights

CONFIG = dict(
    vision_config=dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=80, patch_size=16,
                       global_attn_indexes=[1], output_channels=16, mlp_dim=48, window_size=3, num_pos_feats=8),
    prompt_encoder_config=dict(hidden_size=16, image_size=80, patch_size=16, mask_input_channels=8),
    mask_decoder_config=dict(hidden_size=16, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=24))


def file_key(key):
    # The same tensor as shared_image_embedding; files have it once.
    return None if key.startswith("prompt_encoder.shared_embedding") else key


def main():
    folder = pathlib.Path(sys.argv[1])
    config = SamConfig(**CONFIG)
    config._attn_implementation = "eager"
    network = seeded_weights(SamModel(config), file_key)
    network.prompt_encoder.shared_embedding.positional_embedding.data.copy_(
        network.shared_image_embedding.positional_embedding.data)
    pixels = inputs(1, 1, 3, 80, 80)
    boxes = torch.tensor([[3.0, 4, 40, 60], [10, 2, 79, 30.5], [-4, -2, 90, 81]])
    points = torch.tensor([[[5.0, 6], [20, 70]], [[33, 12.5], [0, 0]], [[60, 60], [1, 79]]])
    labels = torch.tensor([[1, 0], [1, -1], [1, -10]])
    masks = inputs(2, 3, 1, 20, 20)
    tensors = dict(pixels=pixels, boxes=boxes, points=points, labels=labels, masks=masks)
    with torch.no_grad():
        embedding = network.get_image_embeddings(pixels)
        tensors["embedding"] = embedding
        asked = {
            "boxes": dict(input_boxes=boxes[None]),
            "points": dict(input_points=points[None], input_labels=labels[None]),
            "both": dict(input_points=points[None], input_labels=labels[None], input_boxes=boxes[None]),
        }
        for name, prompts in asked.items():
            for multimask in (False, True):
                out = network(image_embeddings=embedding, multimask_output=multimask, **prompts)
                key = f"{name}.{'several' if multimask else 'one'}"
                tensors[f"{key}.logits"], tensors[f"{key}.iou"] = out.pred_masks[0], out.iou_scores[0]
        # transformers takes one mask for all things of a picture.
        out = network(image_embeddings=embedding, multimask_output=True, input_masks=masks[:1],
                      **asked["boxes"])
        tensors["mask.logits"], tensors["mask.iou"] = out.pred_masks[0], out.iou_scores[0]

    processor = SamImageProcessorPil(size={"longest_edge": 80}, pad_size={"height": 80, "width": 80})
    picture = torch.randint(0, 256, (3, 37, 61), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
    processed = processor(numpy.ascontiguousarray(picture.permute(1, 2, 0).numpy()), return_tensors="pt")
    tensors |= dict(picture=picture, processed=processed["pixel_values"])
    logits = tensors["both.several.logits"]
    full = processor.post_process_masks([logits], processed["original_sizes"], processed["reshaped_input_sizes"],
                                        pad_size={"height": 80, "width": 80})
    tensors["full_masks"] = full[0].to(torch.uint8)
    save(folder, "segment_anything", config.to_dict(), tensors)


if __name__ == "__main__":
    main()
