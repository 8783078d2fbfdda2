#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the reference tensors of tests/parity from the Python packages diffusers and transformers.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors
    tools/make_stable_diffusion_fixture.py tests/parity/stable_diffusion

What a fixture holds is said in parity_fixture.py.
"""
import pathlib
import sys

import numpy
import PIL.Image
import torch
from diffusers import (AutoencoderKL, AutoencoderTiny, DDIMScheduler, PNDMScheduler,
                       StableDiffusionInpaintPipeline, UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from parity_fixture import inputs, save, seeded_weights

UNETS = {
    # 1x1 convolutions around the transformer and one number of heads, as SD1; a size that does not halve.
    "unet_sd1": dict(in_channels=9, block_out_channels=(32, 32, 64), layers_per_block=2,
                     down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
                     attention_head_dim=4, cross_attention_dim=24, norm_num_groups=8),
    # Linear layers there and a number of heads a level, as SD2.
    "unet_sd2": dict(in_channels=9, block_out_channels=(32, 64), layers_per_block=(1, 2),
                     down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), attention_head_dim=(2, 4),
                     cross_attention_dim=24, norm_num_groups=8, use_linear_projection=True),
}


def make_unets(folder):
    for name, config in UNETS.items():
        unet = seeded_weights(UNet2DConditionModel(sample_size=8, out_channels=4, **config))
        sample, text = inputs(1, 2, 9, 10, 6), inputs(2, 2, 7, 24)
        timesteps = torch.tensor([981, 4])
        output = unet(sample, timesteps, text).sample
        save(folder, name, unet.config, dict(sample=sample, text=text, timesteps=timesteps, output=output))


def make_autoencoders(folder):
    image = inputs(3, 2, 3, 16, 24).clamp(-1, 1)
    kl = seeded_weights(AutoencoderKL(
        block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2))
    distribution = kl.encode(image).latent_dist
    latents = distribution.sample(torch.Generator().manual_seed(7))
    save(folder, "autoencoder_kl", kl.config,
         dict(image=image, mean=distribution.mean, std=distribution.std, sample=latents,
              decoded=kl.decode(latents).sample))
    tiny = seeded_weights(AutoencoderTiny(
        encoder_block_out_channels=(16, 16, 16), decoder_block_out_channels=(16, 16, 16),
        num_encoder_blocks=(1, 2, 1), num_decoder_blocks=(2, 1, 1)))
    latents = tiny.encode(image).latents
    save(folder, "autoencoder_tiny", tiny.config,
         dict(image=image, latents=latents, decoded=tiny.decode(latents).sample))


def make_tiled_autoencoder(folder):
    image = inputs(6, 1, 3, 28, 46).clamp(-1, 1)  # the last tiles are cut
    kl = seeded_weights(AutoencoderKL(
        block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8, latent_channels=4, sample_size=16,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2))
    kl.enable_tiling()
    mean = kl.encode(image).latent_dist.mean
    save(folder, "autoencoder_kl_tiled", kl.config, dict(image=image, mean=mean, decoded=kl.decode(mean).sample))


def make_text_encoders(folder):
    for activation in ("quick_gelu", "gelu"):
        config = CLIPTextConfig(vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
                                num_attention_heads=4, max_position_embeddings=11, hidden_act=activation,
                                bos_token_id=97, eos_token_id=98, pad_token_id=98)
        encoder = seeded_weights(CLIPTextModel(config))
        tokens = torch.randint(0, 97, (2, 11), generator=torch.Generator().manual_seed(4))
        tokens[:, -1] = 98
        keys = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                "num_attention_heads", "max_position_embeddings", "hidden_act", "layer_norm_eps")
        save(folder, f"clip_text_{activation}", {k: getattr(config, k) for k in keys},
             dict(tokens=tokens, output=encoder(tokens).last_hidden_state))


def stub_network(sample, timestep):
    """Stands for a denoiser: bounded, smooth, different at each step."""
    return torch.tanh(0.9 * sample + timestep / 1000)


SCHEDULERS = {
    "pndm_sd": (PNDMScheduler, dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                    skip_prk_steps=True, steps_offset=1), 50),
    "pndm_v_trailing": (PNDMScheduler, dict(beta_schedule="linear", skip_prk_steps=True, set_alpha_to_one=True,
                                            prediction_type="v_prediction",
                                            timestep_spacing="trailing"), 7),
    "pndm_linspace": (PNDMScheduler, dict(beta_schedule="squaredcos_cap_v2", skip_prk_steps=True,
                                          timestep_spacing="linspace"), 10),
    "pndm_one_step": (PNDMScheduler, dict(skip_prk_steps=True), 1),
    "ddim_sd": (DDIMScheduler, dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                    clip_sample=False, set_alpha_to_one=False, steps_offset=1), 50),
    "ddim_v_trailing": (DDIMScheduler, dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                            clip_sample=False, prediction_type="v_prediction",
                                            rescale_betas_zero_snr=True, timestep_spacing="trailing"), 25),
    "ddim_sample_clipped": (DDIMScheduler, dict(prediction_type="sample", timestep_spacing="linspace"), 13),
    "ddim_default": (DDIMScheduler, dict(), 6),
}


def make_schedulers(folder):
    for name, (kind, config, steps) in SCHEDULERS.items():
        scheduler = kind(**config)
        scheduler.set_timesteps(steps)
        sample = inputs(5, 1, 4, 5, 3)
        start, trajectory = sample.clone(), []
        for timestep in scheduler.timesteps:
            sample = scheduler.step(stub_network(sample, timestep), timestep, sample).prev_sample
            trajectory.append(sample)
        noised = scheduler.add_noise(start, inputs(6, 1, 4, 5, 3), scheduler.timesteps[steps // 2][None])
        config = {**scheduler.config, "_class_name": kind.__name__, "steps": steps}
        save(folder, f"scheduler_{name}", config,
             dict(start=start, noise=inputs(6, 1, 4, 5, 3), noised=noised, timesteps=scheduler.timesteps,
                  trajectory=torch.stack(trajectory)))


RUN = dict(prompt="A good photo of a dog", negative_prompt="a cat", height=32, width=48, num_inference_steps=50,
           guidance_scale=7.5)


def make_inpainting_run(folder):
    """A whole run of a tiny model with the tokenizer of models/mini-inpainter."""
    root = pathlib.Path(__file__).resolve().parent.parent
    tokenizer = CLIPTokenizer.from_pretrained(root / "models/mini-inpainter/tokenizer")
    text_config = dict(vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                       num_attention_heads=4, max_position_embeddings=24, hidden_act="quick_gelu")
    unet_config = dict(sample_size=8, in_channels=9, out_channels=4, block_out_channels=(32, 64),
                       layers_per_block=1, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                       up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), attention_head_dim=4,
                       cross_attention_dim=32, norm_num_groups=8)
    vae_config = dict(block_out_channels=(32, 32), layers_per_block=1, norm_num_groups=8, latent_channels=4,
                      down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
    kind, scheduler_config, _ = SCHEDULERS["pndm_sd"]
    pipeline = StableDiffusionInpaintPipeline(
        vae=seeded_weights(AutoencoderKL(**vae_config)),
        text_encoder=seeded_weights(CLIPTextModel(CLIPTextConfig(
            **text_config, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id))),
        tokenizer=tokenizer, unet=seeded_weights(UNet2DConditionModel(**unet_config)),
        scheduler=kind(**scheduler_config), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    y, x = numpy.mgrid[0:40, 0:60]
    picture = numpy.stack([(7 * x + 13 * y + 29 * c) % 256 for c in range(3)], -1).astype(numpy.uint8)
    mask = (((x - 30) ** 2 + (y - 20) ** 2 < 150) * 255).astype(numpy.uint8)
    arguments = dict(image=PIL.Image.fromarray(picture), mask_image=PIL.Image.fromarray(mask), **RUN)
    tensors = dict(image=torch.from_numpy(picture).permute(2, 0, 1), mask=torch.from_numpy(mask))
    for name, start in (("given", inputs(8, 1, 4, 16, 24)), ("drawn", None)):
        for kind in ("latent", "np"):
            result = pipeline(**arguments, latents=start, output_type=kind,
                              generator=torch.Generator().manual_seed(9)).images[0]
            tensors[f"{name}_{kind}"] = (result if kind == "latent" else
                                         torch.from_numpy((result * 255).round().astype(numpy.uint8)).permute(2, 0, 1))
    tensors["start"] = inputs(8, 1, 4, 16, 24)
    config = dict(unet=unet_config, vae={"_class_name": "AutoencoderKL", **vae_config}, text_encoder=text_config,
                  scheduler={"_class_name": kind_name(pipeline.scheduler), **scheduler_config}, run=RUN)
    save(folder, "inpainting_run", config, tensors)


def kind_name(thing):
    return type(thing).__name__


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        make_unets(folder)
        make_autoencoders(folder)
        make_tiled_autoencoder(folder)
        make_text_encoders(folder)
        make_schedulers(folder)
        make_inpainting_run(folder)


if __name__ == "__main__":
    main()
