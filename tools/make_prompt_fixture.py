#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/prompts.safetensors: embeddings of long prompts and of prompts with learned words.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors
    tools/make_prompt_fixture.py tests/parity

Learned words are those of diffusers' load_textual_inversion. It cuts prompts; long ones are read chunk by chunk
here, each framed by the tokenizer and encoded by transformers.
"""
import pathlib
import sys

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from make_diffusion_run_fixtures import TEXT, TEXT_2, TOKENIZER
from parity_fixture import save, seeded_weights
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

LONG = "a good photo of a dog on the road, " * 6 + "with a cat"
WORDS = "A photo of <dog> and <dog>, a cat"  # of <Dog>, diffusers takes the first vector only
CHUNK = TOKENIZER.model_max_length - 2


def fresh_tokenizer():
    return CLIPTokenizer.from_pretrained(TOKENIZER.name_or_path)


def text_encoders():
    return (seeded_weights(CLIPTextModel(CLIPTextConfig(**TEXT))),
            seeded_weights(CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2))))


def long_prompt(encoder):
    ids = TOKENIZER(LONG, add_special_tokens=False).input_ids
    chunks = [TOKENIZER.decode(ids[i:i + CHUNK]) for i in range(0, len(ids), CHUNK)]
    rows = [TOKENIZER(chunk, padding="max_length", truncation=True).input_ids for chunk in chunks]
    assert sum((row[1:1 + CHUNK] for row in rows), [])[:len(ids)] == ids
    return torch.cat([encoder(torch.tensor([row])).last_hidden_state for row in rows], dim=1)


def main():
    folder = pathlib.Path(sys.argv[1])
    random = torch.Generator().manual_seed(3)
    vectors = torch.randn(2, TEXT["hidden_size"], generator=random)
    vectors_2 = torch.randn(2, TEXT_2["hidden_size"], generator=random)
    tensors = dict(vectors=vectors, vectors_2=vectors_2)
    with torch.no_grad():
        first, _ = text_encoders()
        tensors["long"] = long_prompt(first)

        sd = StableDiffusionPipeline(vae=None, text_encoder=first, tokenizer=fresh_tokenizer(), unet=None,
                                     scheduler=None, safety_checker=None, feature_extractor=None,
                                     requires_safety_checker=False)
        sd.load_textual_inversion({"<dog>": vectors})
        tensors["words"] = sd.encode_prompt(WORDS, "cpu", 1, do_classifier_free_guidance=False)[0]

        first, second = text_encoders()
        xl = StableDiffusionXLPipeline(vae=None, text_encoder=first, text_encoder_2=second,
                                       tokenizer=fresh_tokenizer(), tokenizer_2=fresh_tokenizer(), unet=None,
                                       scheduler=None, add_watermarker=False)
        xl.load_textual_inversion({"<dog>": vectors}, text_encoder=first, tokenizer=xl.tokenizer)
        xl.load_textual_inversion({"<dog>": vectors_2}, text_encoder=second, tokenizer=xl.tokenizer_2)
        tensors["xl_words"], _, tensors["xl_pooled"], _ = xl.encode_prompt(WORDS, device="cpu",
                                                              do_classifier_free_guidance=False)
    config = dict(text_encoder=TEXT, text_encoder_2={"architectures": ["CLIPTextModelWithProjection"], **TEXT_2},
                  long=LONG, words=WORDS)
    save(folder, "prompts", config, tensors)


if __name__ == "__main__":
    main()
