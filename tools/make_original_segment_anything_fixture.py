#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/original_segment_anything.npz: the tensors of ViT-B, L and H in the original layout and in that of
transformers, and what the original code computes with a tiny network.

    pip install torch==2.13.0 transformers==5.23.* segment-anything==1.0 numpy pillow
    tools/make_original_segment_anything_fixture.py tests/parity/original_segment_anything.npz

The package imports torchvision, of which only the resizing of a Pillow image is used; that is Pillow's own, and given
here. The published sizes are made without memory. Lists are text, "key<tab>2x3" a line. The tiny network's weights are
refilled by the tests, by the sorted keys of the original (see parity_fixture.py).
"""
import functools
import sys

import numpy
import torch
from transformers import SamConfig, SamModel, SamVisionConfig  # before torchvision seems to be there

from original_segment_anything import listed, of_text, stand_in_for_torchvision

stand_in_for_torchvision()
from segment_anything import sam_model_registry  # noqa: E402
from segment_anything.modeling import (  # noqa: E402
    ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer)
from segment_anything.utils.transforms import ResizeLongestSide  # noqa: E402

from parity_fixture import inputs, seeded_weights  # noqa: E402

SIZES = {
    "vit_b": {},
    "vit_l": dict(hidden_size=1024, mlp_dim=4096, num_hidden_layers=24, num_attention_heads=16,
                  global_attn_indexes=[5, 11, 17, 23]),
    "vit_h": dict(hidden_size=1280, mlp_dim=5120, num_hidden_layers=32, num_attention_heads=16,
                  global_attn_indexes=[7, 15, 23, 31]),
}
SIDE, GRID, WIDTH = 80, 5, 16


def published(name):
    with torch.device("meta"):
        original = sam_model_registry[name]().state_dict()
        theirs = SamModel(SamConfig(vision_config=SamVisionConfig(**SIZES[name]))).state_dict()
    # The same tensor as shared_image_embedding; files have it once.
    theirs = {k: v for k, v in theirs.items() if not k.startswith("prompt_encoder.shared_embedding")}
    return {f"{name}.original": of_text(listed(original)), f"{name}.transformers": of_text(listed(theirs))}


def tiny():
    """The configuration of tests/parity/segment_anything.safetensors."""
    encoder = ImageEncoderViT(
        img_size=SIDE, patch_size=16, embed_dim=32, depth=3, num_heads=2, mlp_ratio=1.5, out_chans=WIDTH,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True, rel_pos_zero_init=True,
        window_size=3, global_attn_indexes=(1,))
    prompts = PromptEncoder(embed_dim=WIDTH, image_embedding_size=(GRID, GRID), input_image_size=(SIDE, SIDE),
                            mask_in_chans=8)
    decoder = MaskDecoder(
        num_multimask_outputs=3, transformer_dim=WIDTH, iou_head_depth=3, iou_head_hidden_dim=24,
        transformer=TwoWayTransformer(depth=2, embedding_dim=WIDTH, mlp_dim=32, num_heads=2))
    return seeded_weights(Sam(encoder, prompts, decoder), lambda key: None if key.startswith("pixel_") else key)


def main():
    arrays = {key: value for name in SIZES for key, value in published(name).items()}
    sam = tiny()
    generator = torch.Generator().manual_seed(5)
    picture = torch.randint(0, 256, (70, 131, 3), dtype=torch.uint8, generator=generator).numpy()
    transform = ResizeLongestSide(SIDE)
    seen = torch.from_numpy(transform.apply_image(picture)).permute(2, 0, 1)
    boxes = torch.tensor([[3.0, 4, 60, 66], [10.5, 2, 130, 30]])
    points = torch.tensor([[[5.0, 6], [120, 60]], [[33, 12.5], [0, 0]]])
    labels = torch.tensor([[1, 0], [1, -1]])
    masks = inputs(6, 2, 1, 4 * GRID, 4 * GRID)
    size = picture.shape[:2]
    to_square = dict(boxes=transform.apply_boxes_torch(boxes, size),
                     point_coords=transform.apply_coords_torch(points, size))
    asked = {
        "boxes": dict(boxes=to_square["boxes"]),
        "points": dict(point_coords=to_square["point_coords"], point_labels=labels),
        "all": dict(**to_square, point_labels=labels, mask_inputs=masks),
    }
    tensors = dict(picture=torch.from_numpy(picture).permute(2, 0, 1), boxes=boxes, points=points, labels=labels,
                   mask_logits=masks, pixels=sam.preprocess(seen.float()))
    for name, prompts in asked.items():
        for several in (False, True):
            out = sam([dict(image=seen, original_size=size, **prompts)], multimask_output=several)[0]
            key = f"{name}.{'several' if several else 'one'}"
            tensors |= {f"{key}.logits": out["low_res_logits"], f"{key}.iou": out["iou_predictions"],
                        f"{key}.masks": out["masks"]}
    arrays |= {key: value.numpy() for key, value in tensors.items()}
    numpy.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
