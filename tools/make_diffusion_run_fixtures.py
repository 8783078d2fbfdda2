#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/diffusion_runs: whole runs of tiny models through the pipelines of diffusers.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors
    tools/make_diffusion_run_fixtures.py tests/parity/diffusion_runs

Weights are not stored (see parity_fixture.py): a fixture holds the configurations of the parts, the
pictures that went in, and the latents and the picture that came out.
"""
import inspect
import pathlib
import sys

import diffusers
import numpy
import PIL.Image
import torch
from diffusers import (AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, UNet2DConditionModel)
from parity_fixture import inputs, save, seeded_weights
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKENIZER = CLIPTokenizer.from_pretrained(ROOT / "models/mini-inpainter/tokenizer")
HEIGHT, WIDTH = 32, 48

VAE = dict(block_out_channels=(32, 32), layers_per_block=1, norm_num_groups=8, latent_channels=4,
           down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
           force_upcast=True)
TEXT = dict(vocab_size=len(TOKENIZER), hidden_size=32, intermediate_size=48, num_hidden_layers=3,
            num_attention_heads=4, max_position_embeddings=24, hidden_act="quick_gelu",
            bos_token_id=TOKENIZER.bos_token_id, eos_token_id=TOKENIZER.eos_token_id)
# Of two encoders the first one's clip_skip is tested with SDXL: for SD1, diffusers 0.42 looks for a module that
# transformers 5 no longer has.
TEXT_2 = dict(TEXT, hidden_size=16, num_attention_heads=2, hidden_act="gelu", projection_dim=20)
SD = dict(sample_size=8, out_channels=4, block_out_channels=(32, 64), layers_per_block=1,
          down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
          up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), attention_head_dim=4, cross_attention_dim=32,
          norm_num_groups=8)
XL = dict(sample_size=8, out_channels=4, block_out_channels=(32, 64), layers_per_block=1,
          down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
          up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(2, 4), cross_attention_dim=48,
          norm_num_groups=8, use_linear_projection=True, transformer_layers_per_block=(1, 3),
          addition_embed_type="text_time", addition_time_embed_dim=8,
          projection_class_embeddings_input_dim=20 + 6 * 8)
LCM = dict(SD, time_cond_proj_dim=16)
DDIM = (DDIMScheduler, dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                            set_alpha_to_one=False, steps_offset=1))
EULER = (EulerDiscreteScheduler, dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                      timestep_spacing="leading", steps_offset=1))

# name: (pipeline, UNet, input channels, scheduler, picture given, mask given, arguments)
RUNS = {
    "sd_imagine": ("StableDiffusionPipeline", SD, 4, DDIM, False, False,
                   dict(negative_prompt="a cat", guidance_rescale=0.7, height=HEIGHT, width=WIDTH)),
    "lcm_imagine": ("StableDiffusionPipeline", LCM, 4, DDIM, False, False,
                    dict(guidance_scale=8.5, height=HEIGHT, width=WIDTH)),
    "sd_vary": ("StableDiffusionImg2ImgPipeline", SD, 4, DDIM, True, False, dict(strength=0.6)),
    "sd_inpaint_4": ("StableDiffusionInpaintPipeline", SD, 4, DDIM, True, True,
                     dict(strength=0.8, height=HEIGHT, width=WIDTH)),
    "sd_inpaint_4_noise": ("StableDiffusionInpaintPipeline", SD, 4, DDIM, True, True,
                           dict(height=HEIGHT, width=WIDTH, strength=1.0)),
    "sd_inpaint_9_euler": ("StableDiffusionInpaintPipeline", SD, 9, EULER, True, True,
                           dict(height=HEIGHT, width=WIDTH, strength=1.0)),
    "sd_edit": ("StableDiffusionInstructPix2PixPipeline", SD, 8, EULER, True, False,
                dict(image_guidance_scale=1.4, guidance_scale=6.0, negative_prompt="a cat")),
    "xl_imagine": ("StableDiffusionXLPipeline", XL, 4, EULER, False, False,
                   dict(guidance_scale=5.0, height=HEIGHT, width=WIDTH, original_size=(40, 50), crops_coords_top_left=(3, 5))),
    "xl_imagine_negative": ("StableDiffusionXLPipeline", XL, 4, EULER, False, False,
                            dict(guidance_scale=5.0, height=HEIGHT, width=WIDTH, negative_prompt="a cat", target_size=(64, 32),
                                 clip_skip=1)),
    "xl_vary": ("StableDiffusionXLImg2ImgPipeline", XL, 4, EULER, True, False, dict(guidance_scale=5.0, strength=0.6)),
    "xl_inpaint_9": ("StableDiffusionXLInpaintPipeline", XL, 9, EULER, True, True,
                     dict(height=HEIGHT, width=WIDTH, strength=0.99)),
    "xl_inpaint_4": ("StableDiffusionXLInpaintPipeline", XL, 4, EULER, True, True,
                     dict(height=HEIGHT, width=WIDTH, strength=0.7)),
}


def picture_and_mask(height, width):
    y, x = numpy.mgrid[0:height, 0:width]
    picture = numpy.stack([(7 * x + 13 * y + 29 * c) % 256 for c in range(3)], -1).astype(numpy.uint8)
    mask = (((x - width / 2) ** 2 + (y - height / 2) ** 2 < 150) * 255).astype(numpy.uint8)
    return picture, mask


def make_run(folder, name):
    kind, unet_config, channels, (scheduler, scheduler_config), with_picture, with_mask, arguments = RUNS[name]
    unet_config = dict(unet_config, in_channels=channels)
    pipeline_class = getattr(diffusers, kind)
    parts = dict(vae=seeded_weights(AutoencoderKL(**VAE)), tokenizer=TOKENIZER,
                 unet=seeded_weights(UNet2DConditionModel(**unet_config)), scheduler=scheduler(**scheduler_config),
                 text_encoder=seeded_weights(CLIPTextModel(CLIPTextConfig(**TEXT))))
    config = dict(unet=unet_config, vae={"_class_name": "AutoencoderKL", **VAE}, text_encoder=TEXT,
                  scheduler={"_class_name": scheduler.__name__, **scheduler_config})
    if "XL" in kind:
        parts |= dict(text_encoder_2=seeded_weights(CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2))),
                      tokenizer_2=TOKENIZER, force_zeros_for_empty_prompt=True)
        config["text_encoder_2"] = {"architectures": ["CLIPTextModelWithProjection"], **TEXT_2}
    optional = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False,
                    add_watermarker=False)
    known = inspect.signature(pipeline_class.__init__).parameters
    pipeline = pipeline_class(**parts, **{k: v for k, v in optional.items() if k in known})
    pipeline.set_progress_bar_config(disable=True)
    arguments = dict(prompt="A good photo of a dog", num_inference_steps=5, **arguments)
    # Without height and width diffusers takes the picture's own size, cut to whole latent pixels.
    picture, mask = picture_and_mask(*((40, 60) if "height" in arguments else (HEIGHT, WIDTH)))
    tensors, pictures = {}, {}
    if with_picture:
        pictures["image"] = PIL.Image.fromarray(picture)
        tensors["image"] = torch.from_numpy(picture).permute(2, 0, 1)
    if with_mask:
        pictures["mask_image"] = PIL.Image.fromarray(mask)
        tensors["mask"] = torch.from_numpy(mask)
    for output in ("latent", "np"):
        result = pipeline(**arguments, **pictures, output_type=output,
                          generator=torch.Generator().manual_seed(9)).images[0]
        tensors[output] = (result if output == "latent" else
                           torch.from_numpy((result * 255).round().astype(numpy.uint8)).permute(2, 0, 1))
    config["run"] = dict(arguments, height=HEIGHT, width=WIDTH)
    save(folder, name, config, tensors)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for name in RUNS:
            make_run(folder, name)


if __name__ == "__main__":
    main()
