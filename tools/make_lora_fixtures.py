#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/lora: what diffusers makes of LoRA files of several layouts, on tiny models.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* peft safetensors
    tools/make_lora_fixtures.py tests/parity/lora

Neither weights nor LoRAs are stored (see parity_fixture.py): a fixture holds the configurations of the networks,
the keys, shapes and metadata of the LoRA file, sixteen numbers of every weight that it changes, and an output of the
denoiser. A LoRA's tensors are filled in the order of their keys, from generators seeded with 5000 + the index.
"""
import copy
import json
import pathlib
import sys
import tempfile

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from make_diffusion_run_fixtures import DDIM, SD, TEXT, TEXT_2, TOKENIZER, VAE, XL
from make_original_checkpoint_fixture import original_unet
from parity_fixture import inputs, save, seeded_weights
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import load_file, safe_open, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

SCALE = 0.7
RANK = 3
UNET_LAYERS = ["to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1",
               "conv2", "conv", "conv_in", "conv_out", "conv_shortcut", "time_emb_proj", "linear_1", "linear_2"]
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]  # what the training scripts of diffusers change
TEXT_LAYERS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]


def make_pipeline(large):
    scheduler, scheduler_config = DDIM
    unet_config = dict(XL, transformer_layers_per_block=(1, 1), in_channels=4) if large else dict(SD, in_channels=4)
    parts = dict(vae=AutoencoderKL(**VAE), unet=seeded_weights(UNet2DConditionModel(**unet_config)),
                 scheduler=scheduler(**scheduler_config), tokenizer=TOKENIZER,
                 text_encoder=seeded_weights(CLIPTextModel(CLIPTextConfig(**TEXT))))
    config = dict(unet=unet_config, vae={"_class_name": "AutoencoderKL", **VAE}, text_encoder=TEXT,
                  scheduler={"_class_name": scheduler.__name__, **scheduler_config})
    if large:
        second = seeded_weights(CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2)))
        config["text_encoder_2"] = {"architectures": ["CLIPTextModelWithProjection"], **TEXT_2}
        return diffusers.StableDiffusionXLPipeline(**parts, text_encoder_2=second, tokenizer_2=TOKENIZER), config
    return diffusers.StableDiffusionPipeline(**parts, safety_checker=None, feature_extractor=None,
                                             requires_safety_checker=False), config


def networks(pipeline):
    names = ("unet", "text_encoder", "text_encoder_2")
    return {name: getattr(pipeline, name) for name in names if getattr(pipeline, name, None) is not None}


def adapters(pipeline, alpha, unet_layers):
    """PEFT's adapters on all networks: {network: (state, LoraConfig)}."""
    made = {}
    for name, network in networks(pipeline).items():
        layers = unet_layers if name == "unet" else TEXT_LAYERS
        config = LoraConfig(r=RANK, lora_alpha=alpha, target_modules=layers)
        network.add_adapter(config)
        made[name] = (get_peft_model_state_dict(network), config)
    return made


def saved(pipeline, states, metadata):
    """What save_lora_weights writes: (tensors, metadata)."""
    arguments = {}
    for name, state in states.items():
        arguments[f"{name}_lora_layers"] = state
        if metadata:
            arguments[f"{name}_lora_adapter_metadata"] = metadata[name]
    with tempfile.TemporaryDirectory() as folder:
        pipeline.save_lora_weights(folder, **arguments)
        file = pathlib.Path(folder) / "pytorch_lora_weights.safetensors"
        with safe_open(file, "pt") as opened:
            return load_file(file), dict(opened.metadata() or {})


def original_name(key, pipeline):
    """kohya's name of an SDXL module, which has the blocks' original names."""
    unet = pipeline.unet.config
    attention = ["Cross" in kind for kind in unet.down_block_types]
    module = key.removeprefix("unet.").rsplit(".lora_", 1)[0]
    original = original_unet(module + ".weight", unet.layers_per_block, attention)
    return "lora_unet_" + original.removesuffix(".weight").replace(".", "_")


def kohya(tensors, pipeline, alpha, names):
    made = {}
    for key, tensor in convert_state_dict_to_kohya(tensors).items():
        made[key] = torch.tensor(float(alpha)) if key.endswith(".alpha") else tensor
    if names == "original":
        flat = {"lora_unet_" + k.removeprefix("unet.").rsplit(".lora_", 1)[0].replace(".", "_"):
                original_name(k, pipeline) for k in tensors if k.startswith("unet.")}
        made = {flat.get(k.split(".")[0], k.split(".")[0]) + k[k.index("."):]: v for k, v in made.items()}
    if names == "first":  # of one text encoder, before there were two
        made = {k.replace("lora_te1_", "lora_te_text_model_"): v for k, v in made.items()}
    return made


def fill(tensors):
    for index, key in enumerate(sorted(tensors)):
        if not key.endswith(".alpha"):
            generator = torch.Generator().manual_seed(5000 + index)
            tensors[key] = 0.2 * torch.randn(tensors[key].shape, generator=generator)


def sixteen(weight):
    values = weight.flatten()
    return values[:: max(1, values.numel() // 16)][:16]


# name: (SDXL, layout, alpha)
CASES = {
    "sd_peft": (False, "peft with metadata", 2),
    "sd_training_scripts": (False, "diffusers", RANK),
    "sd_kohya": (False, "kohya first", 2),
    "xl_peft": (True, "peft", RANK),
    "xl_kohya_original": (True, "kohya original", 1.5),
}


def layout_of(name):
    """The LoRA's tensors and metadata, and the rank and alpha that diffusers is to find."""
    large, layout, alpha = CASES[name]
    pipeline, _ = make_pipeline(large)
    made = adapters(pipeline, alpha, ATTENTION if layout == "diffusers" else UNET_LAYERS)
    states = {network: state for network, (state, _) in made.items()}
    if layout == "diffusers":
        states = {network: convert_state_dict_to_diffusers(state) for network, state in states.items()}
    metadata = {network: {k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items()}
                for network, (_, config) in made.items()}
    tensors, written = saved(pipeline, states, metadata if "metadata" in layout else None)
    if layout.startswith("kohya"):
        tensors = kohya(tensors, pipeline, alpha, layout.split()[-1])
    fill(tensors)
    return tensors, written


def make_case(folder, name):
    large, _, alpha = CASES[name]
    tensors, metadata = layout_of(name)
    pipeline, config = make_pipeline(large)
    before = {network: copy.deepcopy(part.state_dict()) for network, part in networks(pipeline).items()}
    with tempfile.TemporaryDirectory() as temporary:
        save_file({k: v.contiguous() for k, v in tensors.items()}, pathlib.Path(temporary) / "lora.safetensors",
                  metadata)
        pipeline.load_lora_weights(temporary, weight_name="lora.safetensors")
    pipeline.fuse_lora(components=list(networks(pipeline)), lora_scale=SCALE)
    pipeline.unload_lora_weights()
    keys, samples = [], []
    for network, part in networks(pipeline).items():
        for key, value in part.state_dict().items():
            if not torch.equal(value, before[network][key]):
                keys.append(f"{network}.{key}")
                samples.append(sixteen(value))
    downs = sum(any(half in key for half in (".lora_down.", ".lora.down.", ".lora_A.", "_layer.down.")) for key in tensors)
    assert len(keys) == downs, (name, len(keys), downs)
    results = {"samples": torch.stack(samples), "sample": inputs(21, 1, 4, 8, 8),
               "text": inputs(22, 1, 5, config["unet"]["cross_attention_dim"])}
    arguments = {}
    if large:
        results |= {"pooled": inputs(23, 1, TEXT_2["projection_dim"]), "time_ids": inputs(24, 1, 6).abs() * 32}
        arguments["added_cond_kwargs"] = dict(text_embeds=results["pooled"], time_ids=results["time_ids"])
    results["output"] = pipeline.unet(results["sample"], 321, results["text"], **arguments).sample
    config["lora"] = {key: list(value.shape) for key, value in tensors.items()}
    config |= dict(metadata=metadata, alpha=alpha, scale=SCALE, changed=keys)
    save(folder, name, config, results)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for name in CASES:
            make_case(folder, name)


if __name__ == "__main__":
    main()
