#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Paints with the small inpainter in diffusers, for the test that situ paints the same picture.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors
    tools/make_mini_inpainter_fixture.py tests/parity/mini_inpainter

To be run again whenever models/mini-inpainter changes: the fixture holds the digests of its weights.
"""
import hashlib
import json
import pathlib
import sys

import diffusers
import numpy
import PIL.Image
import torch
import transformers
from diffusers import StableDiffusionInpaintPipeline
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = ROOT / "models/mini-inpainter"
WEIGHTS = ["unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors",
           "text_encoder/model.safetensors"]
RUN = {"prompt": "A good photo of a dog", "negative_prompt": "a chair", "num_inference_steps": 25,
       "guidance_scale": 3.0}


def planes(image):
    return torch.from_numpy(numpy.array(image)).permute(2, 0, 1).contiguous()


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    pipeline = StableDiffusionInpaintPipeline.from_pretrained(MODEL, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    size = pipeline.unet.config.sample_size * pipeline.vae_scale_factor
    photo = PIL.Image.open(ROOT / "examples/leuven/leuvenA.jpg").convert("RGB")
    crop = photo.crop((300, 330, 300 + size, 330 + size))
    mask = numpy.zeros((size, size), numpy.uint8)
    mask[size // 5:size - size // 8, size // 5:size - size // 5] = 255
    latents = torch.randn((1, pipeline.vae.config.latent_channels, *[pipeline.unet.config.sample_size] * 2),
                          generator=torch.Generator().manual_seed(5))

    def paint(output_type):
        return pipeline(image=crop, mask_image=PIL.Image.fromarray(mask), height=size, width=size,
                        latents=latents.clone(), generator=torch.Generator().manual_seed(5),
                        output_type=output_type, **RUN).images[0]

    tensors = {"image": planes(crop), "mask": torch.from_numpy(mask), "start": latents,
               "latent": paint("latent").contiguous(), "picture": planes(paint("pil"))}
    digests = {name: hashlib.sha256((MODEL / name).read_bytes()).hexdigest() for name in WEIGHTS}
    config = {"run": RUN, "weights": digests}
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "run.safetensors",
              {"config": json.dumps(config), "torch": torch.__version__, "diffusers": diffusers.__version__,
               "transformers": transformers.__version__})


if __name__ == "__main__":
    main()
