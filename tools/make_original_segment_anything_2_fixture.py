#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/original_segment_anything_2.npz: the tensors of SAM 2.1's four sizes in the original layout and in
that of transformers, and what the authors' code computes with the smallest of them and random weights.

    pip install torch==2.13.0 transformers==5.23.* sam2==1.1.0 pyyaml numpy pillow tqdm
    tools/make_original_segment_anything_2_fixture.py tests/parity/original_segment_anything_2.npz

The package's configuration language and its files on servers are not needed: its YAML is read here. Published sizes
are made without memory. Lists are text, "key<tab>2x3" a line. Weights are refilled by the test, by the sorted keys of
the original's image part (see parity_fixture.py). Large results are thinned.
"""
import importlib
import importlib.util
import pathlib
import re
import sys
import types

import numpy
import torch
import yaml
from transformers import Sam2Config, Sam2HieraDetConfig, Sam2Model, Sam2VisionConfig

from original_segment_anything import listed, of_text
from parity_fixture import inputs, seeded_weights

IMAGE_PARTS = ("image_encoder.", "sam_prompt_encoder.", "sam_mask_decoder.", "no_mem_embed")
SIZES = {  # the original's letter, and transformers' numbers
    "t": {},
    "s": dict(blocks_per_stage=[1, 2, 11, 2], global_attention_blocks=[7, 10, 13]),
    "b+": dict(hidden_size=112, num_attention_heads=2, blocks_per_stage=[2, 3, 16, 3],
               embed_dim_per_stage=[112, 224, 448, 896], num_attention_heads_per_stage=[2, 4, 8, 16],
               global_attention_blocks=[12, 16, 20], window_positional_embedding_background_size=[14, 14]),
    "l": dict(hidden_size=144, num_attention_heads=2, blocks_per_stage=[2, 6, 36, 4],
              embed_dim_per_stage=[144, 288, 576, 1152], num_attention_heads_per_stage=[2, 4, 8, 16],
              window_size_per_stage=[8, 4, 16, 8], global_attention_blocks=[23, 33, 43]),
}


def stand_in(name, **contents):
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


def stand_ins():
    """Of what the package imports to find its configurations and files."""
    class Initialised:
        @staticmethod
        def instance():
            return types.SimpleNamespace(is_initialized=lambda: True)

    stand_in("hydra", initialize_config_module=None)
    stand_in("hydra.core")
    stand_in("hydra.core.global_hydra", GlobalHydra=Initialised)
    stand_in("iopath")
    stand_in("iopath.common")
    stand_in("iopath.common.file_io", g_pathmgr=None)


def built(node):
    if isinstance(node, dict):
        arguments = {key: built(value) for key, value in node.items() if key != "_target_"}
        if "_target_" not in node:
            return arguments
        module, name = node["_target_"].rsplit(".", 1)
        return getattr(importlib.import_module(module), name)(**arguments)
    if isinstance(node, list):
        return [built(value) for value in node]
    number = isinstance(node, str) and re.fullmatch(r"[\d.]+e-?\d+", node)  # YAML 1.1 takes 1e-6 for a text
    return float(node) if number else node


def original(size):
    package = pathlib.Path(importlib.util.find_spec("sam2").origin).parent
    config = yaml.safe_load((package / f"configs/sam2.1/sam2.1_hiera_{size}.yaml").read_text())["model"]
    config["sam_mask_decoder_extra_args"] = dict(
        dynamic_multimask_via_stability=True, dynamic_multimask_stability_delta=0.05,
        dynamic_multimask_stability_thresh=0.98)  # as build_sam2 has it
    return built(config).eval()


def of_transformers(size):
    backbone = Sam2HieraDetConfig(**SIZES[size])
    channels = backbone.embed_dim_per_stage[::-1]
    vision = Sam2VisionConfig(backbone_config=backbone, backbone_channel_list=channels)
    return Sam2Model(Sam2Config(vision_config=vision)).state_dict()


def masks(sam, pixels, boxes):
    _, maps, _, sizes = sam._prepare_backbone_features(sam.forward_image(pixels))
    maps[-1] = maps[-1] + sam.no_mem_embed
    maps = [one.permute(1, 2, 0).view(1, -1, *size) for one, size in zip(maps, sizes)]
    corners = (boxes.view(-1, 2, 2), torch.tensor([[2, 3]]).expand(len(boxes), 2))
    sparse, dense = sam.sam_prompt_encoder(points=corners, boxes=None, masks=None)
    tensors = dict(s0=maps[0][:, :, ::37, ::37], s1=maps[1][:, :, ::19, ::19], embedding=maps[2][:, :, ::9, ::9])
    for several in (False, True):
        logits, iou, _, _ = sam.sam_mask_decoder(
            image_embeddings=maps[2], image_pe=sam.sam_prompt_encoder.get_dense_pe(), sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense, multimask_output=several, repeat_image=True, high_res_features=maps[:2])
        key = "several" if several else "one"
        tensors |= {f"{key}.logits": logits[:, :, ::7, ::7], f"{key}.iou": iou}
    return tensors


def main():
    stand_ins()
    arrays = {}
    with torch.device("meta"):
        for size in SIZES:
            arrays[f"{size}.transformers"] = of_text(listed(of_transformers(size)))
    for size in SIZES:
        arrays[f"{size}.original"] = of_text(listed(original(size).state_dict()))
    sam = seeded_weights(original("t"), lambda key: key if key.startswith(IMAGE_PARTS) else None)
    boxes = torch.tensor([[30.0, 40, 600, 660], [105, 20, 1000, 300]])
    with torch.no_grad():
        tensors = dict(boxes=boxes) | masks(sam, inputs(1, 1, 3, 1024, 1024), boxes)
    print({name: (tuple(t.shape), float(t.abs().max())) for name, t in tensors.items()})
    arrays |= {key: value.contiguous().numpy() for key, value in tensors.items()}
    numpy.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
