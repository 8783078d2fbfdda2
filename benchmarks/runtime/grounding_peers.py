#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Grounding DINO and Segment Anything of the published sizes (random weights) in situ and in transformers, in
turn on the same machine with the same number of threads, and prints the ratios.

    benchmarks/runtime/grounding_peers.py [--rounds 3] [--only sam_vit_b] [--python WITH_TRANSFORMERS]

Needs about 8 GB of memory, and transformers in .venv-peers (benchmarks/runtime/peers.py installs it there).
"""
from network_peers import compare_networks

PEER = """
import sys, time
import torch
from transformers import (GroundingDinoConfig, GroundingDinoForObjectDetection, SamConfig, SamModel, SamVisionConfig,
                          SwinConfig)
name, dtype, threads = sys.argv[1], getattr(torch, sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
if name == "grounding_dino":
    backbone = SwinConfig(window_size=7, image_size=224, embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24],
                          out_indices=[2, 3, 4])
    network = GroundingDinoForObjectDetection(GroundingDinoConfig(backbone_config=backbone)).to(dtype).eval()
    pixels = torch.randn(1, 3, 800, 1200, dtype=dtype)
    tokens = torch.tensor([[101, 1037, 3899, 1012, 1037, 4937, 1012, 102]])
    run = lambda: network(pixel_values=pixels, input_ids=tokens)
else:
    vision = SamVisionConfig()
    if name == "sam_vit_h":
        vision = SamVisionConfig(hidden_size=1280, mlp_dim=5120, num_hidden_layers=32, num_attention_heads=16,
                                 global_attn_indexes=[7, 15, 23, 31])
    network = SamModel(SamConfig(vision_config=vision)).to(dtype).eval()
    pixels = torch.randn(1, 3, 1024, 1024, dtype=dtype)
    run = lambda: network.get_image_embeddings(pixels)
seconds = []
with torch.no_grad():
    for _ in range(3):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
print(min(seconds[1:]))
"""

BENCHMARKS = {"grounding_dino": "grounding_dino/first_prompt", "sam_vit_b": "sam_image/vit_b",
              "sam_vit_h": "sam_image/vit_h"}


if __name__ == "__main__":
    compare_networks(__doc__, BENCHMARKS, PEER, "transformers")
