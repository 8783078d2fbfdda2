#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/original_checkpoints.npz: the tensors of the published single files of Stable Diffusion, by the
key that they have there and the key that diffusers and transformers give them; and of a tiny autoencoder alone.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.*
    tools/make_original_checkpoint_fixture.py tests/parity/original_checkpoints.npz

The networks are made without memory from the configurations of the published models; their keys are taken back to the
original layout here, and diffusers' own converters must lead from there to the same keys and shapes.
With a second argument, FOLDER, tiny checkpoints with random weights are written there for trying out.
"""
import pathlib
import re
import sys

import numpy
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as peer
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

CLIP_L = dict(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
CLIP_H = dict(vocab_size=49408, hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16,
              hidden_act="gelu")
CLIP_G = dict(vocab_size=49408, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
              hidden_act="gelu", projection_dim=1280)
CROSS = "CrossAttnDownBlock2D"
CROSS_UP = "CrossAttnUpBlock2D"
XL_BLOCKS = dict(down_block_types=("DownBlock2D", CROSS, CROSS), up_block_types=(CROSS_UP, CROSS_UP, "UpBlock2D"),
                 use_linear_projection=True, addition_embed_type="text_time")
VAE = dict(block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
           down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
FAMILIES = {
    "sd1": (dict(in_channels=9, cross_attention_dim=768), VAE, CLIP_L, None),
    "sd2": (dict(in_channels=9, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20),
                 use_linear_projection=True), VAE, CLIP_H, None),
    "sdxl": (dict(XL_BLOCKS, in_channels=9, cross_attention_dim=2048, block_out_channels=(320, 640, 1280),
                  attention_head_dim=(5, 10, 20), transformer_layers_per_block=(1, 2, 10),
                  addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816), VAE, CLIP_L, CLIP_G),
}
TINY_VAE = dict(VAE, block_out_channels=(32, 64), down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2, layers_per_block=1)
TINY_TEXT = dict(vocab_size=49408, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=1)
TINY_BLOCKS = dict(block_out_channels=(64, 128), layers_per_block=1, down_block_types=(CROSS, "DownBlock2D"),
                   up_block_types=("UpBlock2D", CROSS_UP))
TINY = {
    "sd1": (dict(TINY_BLOCKS, in_channels=9, cross_attention_dim=64), TINY_VAE, TINY_TEXT, None),
    "sd2": (dict(TINY_BLOCKS, in_channels=4, cross_attention_dim=64, attention_head_dim=(1, 2),
                 use_linear_projection=True), TINY_VAE, dict(TINY_TEXT, hidden_act="gelu"), None),
    "sdxl": (dict(XL_BLOCKS, in_channels=9, cross_attention_dim=128, block_out_channels=(64, 128), layers_per_block=1,
                  down_block_types=("DownBlock2D", CROSS), up_block_types=(CROSS_UP, "UpBlock2D"),
                  attention_head_dim=(1, 2), transformer_layers_per_block=(1, 3), addition_time_embed_dim=8,
                  projection_class_embeddings_input_dim=48 + 6 * 8), TINY_VAE, TINY_TEXT,
             dict(TINY_TEXT, hidden_act="gelu", projection_dim=48)),
}


def replaced(key, table):
    for new, old in table.items():
        if key.startswith(new):
            return old + key[len(new):]
    raise KeyError(key)


def original_resnet(key):
    return replaced(key, {"norm1.": "in_layers.0.", "conv1.": "in_layers.2.", "time_emb_proj.": "emb_layers.1.",
                          "norm2.": "out_layers.0.", "conv2.": "out_layers.3.", "conv_shortcut.": "skip_connection."})


def original_unet(key, layers, down_attention):
    match = re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", key)
    if match:
        way, block, kind, layer, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
        if way == "down":
            if kind == "downsamplers":
                return f"input_blocks.{(block + 1) * (layers + 1)}.0.op.{rest[5:]}"
            place = 1 + block * (layers + 1) + layer
            return f"input_blocks.{place}." + ("0." + original_resnet(rest) if kind == "resnets" else "1." + rest)
        if kind == "upsamplers":
            attends = down_attention[len(down_attention) - 1 - block]
            return f"output_blocks.{block * (layers + 1) + layers}.{2 if attends else 1}.{rest}"
        place = block * (layers + 1) + layer
        return f"output_blocks.{place}." + ("0." + original_resnet(rest) if kind == "resnets" else "1." + rest)
    match = re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", key)
    if match:
        if match[1] == "attentions":
            return "middle_block.1." + match[3]
        return f"middle_block.{2 * int(match[2])}." + original_resnet(match[3])
    return replaced(key, {"conv_in.": "input_blocks.0.0.", "time_embedding.linear_1.": "time_embed.0.",
                          "time_embedding.linear_2.": "time_embed.2.", "add_embedding.linear_1.": "label_emb.0.0.",
                          "add_embedding.linear_2.": "label_emb.0.2.", "conv_norm_out.": "out.0.",
                          "conv_out.": "out.2."})


def original_vae(key, levels):
    match = re.match(r"(encoder|decoder)\.(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.*)", key)
    if match:
        half, way, block, kind, layer, rest = match.groups()
        level = int(block) if way == "down" else levels - 1 - int(block)
        if kind == "resnets":
            rest = rest.replace("conv_shortcut", "nin_shortcut")
            return f"{half}.{way}.{level}.block.{layer}.{rest}"
        return f"{half}.{way}.{level}.{way}sample.{rest}"
    match = re.match(r"(encoder|decoder)\.mid_block\.(resnets|attentions)\.(\d)\.(.*)", key)
    if match:
        half, kind, index, rest = match.groups()
        if kind == "resnets":
            return f"{half}.mid.block_{int(index) + 1}.{rest}"
        return f"{half}.mid.attn_1." + replaced(rest, {"group_norm.": "norm.", "to_q.": "q.", "to_k.": "k.",
                                                       "to_v.": "v.", "to_out.0.": "proj_out."})
    return key.replace("conv_norm_out", "norm_out")


def open_clip(state, layers_in_file):
    """(original key, part number or None, key) for each of the encoder's keys."""
    for key in state:
        match = re.match(r"encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)", key)
        if match:
            yield f"transformer.resblocks.{match[1]}.attn.in_proj_{match[3]}", "qkv".index(match[2]), key
            continue
        match = re.match(r"encoder\.layers\.(\d+)\.(.*)", key)
        if match:
            rest = replaced(match[2], {"layer_norm1.": "ln_1.", "layer_norm2.": "ln_2.", "mlp.fc1.": "mlp.c_fc.",
                                       "mlp.fc2.": "mlp.c_proj.", "self_attn.out_proj.": "attn.out_proj."})
            yield f"transformer.resblocks.{match[1]}.{rest}", None, key
        else:
            yield replaced(key, {"embeddings.token_embedding.weight": "token_embedding.weight",
                                 "embeddings.position_embedding.weight": "positional_embedding",
                                 "text_projection.weight": "text_projection",
                                 "final_layer_norm.": "ln_final."}), None, key


def plain_keys(model):
    return {k.removeprefix("text_model."): v for k, v in model.state_dict().items() if "position_ids" not in k}


def networks(unet, vae, text, text_2):
    second = CLIPTextModelWithProjection(CLIPTextConfig(**text_2)) if text_2 else None
    return (UNet2DConditionModel(**unet), AutoencoderKL(**vae), CLIPTextModel(CLIPTextConfig(**text)), second)


def checkpoint(family, parts):
    """The original state, and lines of (original key, network, key, part)."""
    unet, vae, text, text_2 = parts
    state, lines = {}, []

    def add(prefix, original, network, key, value, part=None):
        original = prefix + original
        if part is None:
            state[original] = value
        else:
            state.setdefault(original, [None] * 3)[part] = value
        lines.append((original, network, key))

    layers = unet.config.layers_per_block
    attention = ["Cross" in kind for kind in unet.config.down_block_types]
    for key, value in unet.state_dict().items():
        add("model.diffusion_model.", original_unet(key, layers, attention), "unet", key, value)
    for key, value in vae.state_dict().items():
        if ".attentions." in key and key.endswith("weight") and "norm" not in key:
            value = value[:, :, None, None]
        add("first_stage_model.", original_vae(key, len(vae.config.block_out_channels)), "vae", key, value)
    encoders = {"sd1": [("cond_stage_model.transformer.text_model.", text)],
                "sd2": [("cond_stage_model.model.", text)],
                "sdxl": [("conditioner.embedders.0.transformer.text_model.", text),
                         ("conditioner.embedders.1.model.", text_2)]}[family]
    for index, (prefix, encoder) in enumerate(encoders):
        values, network = plain_keys(encoder), "text_encoder" + ("_2" if index else "")
        if prefix.endswith("text_model."):
            for key, value in values.items():
                add(prefix, key, network, key, value)
            continue
        for original, part, key in open_clip(values, None):
            value = values[key].t() if key == "text_projection.weight" else values[key]
            add(prefix, original, network, key, value, part)
        if family == "sd2":  # the file's last layer and projection, which nothing uses
            last = encoder.config.num_hidden_layers
            for key in [k for k in list(state) if f".resblocks.{last - 1}." in k]:
                state[key.replace(f".resblocks.{last - 1}.", f".resblocks.{last}.")] = state[key]
            width = encoder.config.hidden_size
            state[prefix + "text_projection"] = values["final_layer_norm.weight"].new_zeros(width, width)
        state[prefix + "logit_scale"] = values["final_layer_norm.weight"][0]
    for key, value in state.items():
        if isinstance(value, list):
            state[key] = torch.cat(value)
    return {k: v.contiguous() for k, v in state.items()}, lines


def check_with_diffusers(family, state, parts):
    unet, vae, text, text_2 = parts
    made = peer.convert_ldm_unet_checkpoint(dict(state), unet.config)
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in unet.state_dict().items()}, family
    made = peer.convert_ldm_vae_checkpoint(dict(state), vae.config)
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in vae.state_dict().items()}, family
    if family != "sd1":
        encoder, prefix = (text, "cond_stage_model.model.") if family == "sd2" else (text_2, "conditioner.embedders.1.model.")
        made = peer.convert_open_clip_checkpoint(encoder, dict(state), prefix=prefix)
        made = {k.removeprefix("text_model."): v.shape for k, v in made.items()}
        for key, value in plain_keys(encoder).items():
            assert made[key] == value.shape, (family, key)


def vae_lines(vae):
    for key, value in vae.state_dict().items():
        attends = ".attentions." in key and key.endswith("weight") and "norm" not in key
        shape = (*value.shape, 1, 1) if attends else value.shape
        original = original_vae(key, len(vae.config.block_out_channels))
        yield "\t".join((original, "x".join(map(str, shape)), "vae", key, "x".join(map(str, value.shape))))


def main():
    arrays = {}
    for family, configs in FAMILIES.items():
        with torch.device("meta"):
            parts = networks(*configs)
            state, lines = checkpoint(family, parts)
        check_with_diffusers(family, state, parts)
        shapes = {name: {k: v.shape for k, v in (plain_keys(p) if "text" in name else p.state_dict()).items()}
                  for name, p in zip(("unet", "vae", "text_encoder", "text_encoder_2"), parts) if p is not None}
        known = {original for original, _, _ in lines}
        lines += [(original, "", "") for original in state if original not in known]
        text = "\n".join("\t".join((original, "x".join(map(str, state[original].shape)), network, key,
                                    "x".join(map(str, shapes[network][key])) if network else ""))
                         for original, network, key in sorted(lines))
        arrays[family] = numpy.frombuffer(text.encode(), numpy.uint8)
    with torch.device("meta"):
        vae = AutoencoderKL(**TINY_VAE)
    arrays["tiny_vae"] = numpy.frombuffer("\n".join(vae_lines(vae)).encode(), numpy.uint8)
    numpy.savez_compressed(sys.argv[1], **arrays)
    if len(sys.argv) > 2:
        from safetensors.torch import save_file
        folder = pathlib.Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        for family, configs in TINY.items():
            torch.manual_seed(1)
            parts = networks(*configs)
            state, _ = checkpoint(family, parts)
            state = {k: v.clone() for k, v in state.items()}
            save_file(state, folder / f"{family}.safetensors")
            torch.save({"state_dict": state, "global_step": 1}, folder / f"{family}.ckpt")
            for name, part in zip(("unet", "vae", "text_encoder", "text_encoder_2"), parts):
                if part is not None:
                    part.save_pretrained(folder / family / name)


if __name__ == "__main__":
    main()
