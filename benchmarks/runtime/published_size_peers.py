#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times networks of the published sizes (random weights, a 512 x 512 picture, batch 2 for guidance) in situ and in
diffusers, in turn on the same machine with the same number of threads, and prints the ratios.

    benchmarks/runtime/published_size_peers.py [--rounds 3] [--only unet_sd15]

Needs about 8 GB of memory, and diffusers in .venv-peers (benchmarks/runtime/peers.py installs it there).
"""
from network_peers import compare_networks

PEER = """
import json, sys, time
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
name, dtype, threads = sys.argv[1], getattr(torch, sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
if name.startswith("unet"):
    config = dict(in_channels=9, cross_attention_dim=768)
    if name == "unet_sd2":
        config |= dict(cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True)
    unet = UNet2DConditionModel(**config).to(dtype).eval()
    latents = torch.randn(2, 9, 64, 64, dtype=dtype)
    text = torch.randn(2, 77, config["cross_attention_dim"], dtype=dtype)
    run = lambda: unet(latents, 500, text)
else:
    vae = AutoencoderKL(block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
    vae = vae.to(dtype).eval()
    image, latents = torch.randn(1, 3, 512, 512, dtype=dtype), torch.randn(1, 4, 64, 64, dtype=dtype)
    run = (lambda: vae.encode(image)) if name == "vae_encode" else (lambda: vae.decode(latents))
seconds = []
with torch.no_grad():
    for _ in range(3):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
print(min(seconds[1:]))
"""

BENCHMARKS = {"unet_sd15": "unet_step/sd15", "unet_sd2": "unet_step/sd2", "vae_encode": "autoencoder/encode",
              "vae_decode": "autoencoder/decode"}


if __name__ == "__main__":
    compare_networks(__doc__, BENCHMARKS, PEER, "diffusers")
