#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the reference tensors of tests/parity/grounding_dino from the Python package transformers.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors numpy pillow
    tools/make_grounding_dino_fixture.py tests/parity/grounding_dino

What a fixture holds is said in parity_fixture.py.
"""
import json
import pathlib
import sys
import types

import numpy
import torch
from transformers import (BertConfig, GroundingDinoConfig, GroundingDinoForObjectDetection, GroundingDinoProcessor,
                          SwinConfig)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.image_transforms import get_size_with_aspect_ratio

from make_bert_swin_fixture import swin_file_key
from parity_fixture import inputs, save, seeded_weights

CLS, SEP, STOP, QUESTION = 101, 102, 1012, 1029
# Queries are taken in the order of their scores: two that are nearer than this might change places by rounding.
MARGIN = 2e-3

TINY = dict(d_model=64, encoder_layers=2, encoder_ffn_dim=64, encoder_attention_heads=4, decoder_layers=3,
            decoder_ffn_dim=48, decoder_attention_heads=8, num_queries=7, encoder_n_points=4, decoder_n_points=2,
            max_text_len=40)
TINY_SWIN = dict(embed_dim=16, depths=[1, 2, 1, 1], num_heads=[1, 2, 2, 4], window_size=4, out_indices=[2, 3, 4])
TINY_BERT = dict(vocab_size=1100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                 max_position_embeddings=64)

# The published configurations, as far as they differ from the defaults.
PUBLISHED = {
    "tiny": dict(embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24], window_size=7, image_size=224),
    "base": dict(embed_dim=128, depths=[2, 2, 18, 2], num_heads=[4, 8, 16, 32], window_size=12, image_size=384),
}


BACKBONE = "model.backbone.conv_encoder.model."


def file_key(config):
    """From the names of transformers 5 to those of its files, without the copies that are tied to others."""
    def name(key):
        if key.startswith(BACKBONE):
            key = swin_file_key(key.removeprefix(BACKBONE))
            return key and BACKBONE + key
        head = key.removeprefix("model.decoder.")
        tied = head != key or (config.decoder_bbox_embed_share and not key.startswith("bbox_embed.0."))
        return None if head.startswith("bbox_embed.") and tied else key
    return name


def configuration(**changes):
    return GroundingDinoConfig(backbone_config=SwinConfig(**TINY_SWIN), text_config=BertConfig(**TINY_BERT),
                               **{**TINY, **changes})


def caption(seed, lengths, marks):
    """[CLS], phrases of some words each with its mark, [SEP]."""
    words = torch.randint(103, 1000, (sum(lengths),), generator=torch.Generator().manual_seed(seed)).tolist()
    tokens = [CLS]
    for length, mark in zip(lengths, marks):
        tokens += words[:length] + [mark]
        words = words[length:]
    return torch.tensor([tokens + [SEP]])


def queries_are_apart(output, network):
    """The scores that queries are chosen by leave no doubt about their order."""
    best = output.enc_outputs_class.max(-1)[0].topk(network.config.num_queries + 1, dim=1)[0]
    return (best[:, :-1] - best[:, 1:]).min().item() > MARGIN


def detect(network, **arguments):
    """The output and what went into the encoder."""
    seen = {}
    handle = network.model.encoder.register_forward_pre_hook(
        lambda module, positional, named: seen.update(named), with_kwargs=True)
    output = network(**arguments)
    handle.remove()
    return output, seen


def make_detector(folder, name, tokens, shape, pixel_mask=None, token_mask=None, **changes):
    config = configuration(**changes)
    network = seeded_weights(GroundingDinoForObjectDetection(config), file_key(config))
    for seed in range(100, 200):
        pixels = inputs(seed, *shape)
        if pixel_mask is not None:
            pixels = pixels * pixel_mask[:, None]
        output, seen = detect(network, pixel_values=pixels, input_ids=tokens, pixel_mask=pixel_mask,
                              attention_mask=token_mask)
        if queries_are_apart(output, network):
            break
    else:
        raise SystemExit(f"{name}: no picture whose queries are apart")
    tensors = dict(tokens=tokens, pixels_shape=torch.tensor(shape), pixels_seed=torch.tensor([seed]),
                   features=seen["vision_features"], positions=seen["vision_position_embedding"],
                   text=seen["text_features"], valid_ratios=seen["valid_ratios"],
                   image_enhanced=output.encoder_last_hidden_state_vision,
                   text_enhanced=output.encoder_last_hidden_state_text,
                   references=output.init_reference_points, logits=output.logits, boxes=output.pred_boxes)
    if pixel_mask is not None:
        tensors |= dict(pixel_mask=pixel_mask, token_mask=token_mask)
    save(folder, name, json.loads(config.to_json_string(use_diff=False)), tensors)
    print(name, "seed", seed)


def make_detectors(folder):
    make_detector(folder, "one_phrase", caption(1, [2], [STOP]), (1, 3, 48, 64))
    make_detector(folder, "two_phrases", caption(2, [1, 3], [STOP, QUESTION]), (1, 3, 70, 44))
    make_detector(folder, "seven_phrases", caption(3, [1, 2, 1, 4, 1, 2, 3], [STOP] * 7), (1, 3, 48, 64))
    make_detector(folder, "heads_apart", caption(4, [1], [STOP]), (1, 3, 40, 56), decoder_bbox_embed_share=False)
    first, second = caption(5, [2, 1], [STOP, STOP]), caption(6, [1], [STOP])
    missing = first.shape[1] - second.shape[1]
    tokens = torch.cat([first, torch.nn.functional.pad(second, (0, missing))])
    token_mask = torch.ones_like(tokens)
    token_mask[1, -missing:] = 0
    # Of a size whose coarsest map has more than one place: a norm over fewer numbers magnifies rounding.
    pixel_mask = torch.zeros(2, 40, 72, dtype=torch.long)
    pixel_mask[0, :40, :50] = 1
    pixel_mask[1, :29, :72] = 1
    make_detector(folder, "batch", tokens, (2, 3, 40, 72), pixel_mask, token_mask)


def make_preparation(folder):
    """Sizes and pixels of transformers' image processor."""
    generator = torch.Generator().manual_seed(7)
    sizes = torch.randint(20, 2500, (300, 2), generator=generator).tolist() + [[1024, 2048], [1080, 1920], [800, 800]]
    expected = [get_size_with_aspect_ratio(tuple(size), 800, 1333) for size in sizes]
    tensors = dict(sizes=torch.tensor(sizes), expected_sizes=torch.tensor(expected))
    processor = GroundingDinoImageProcessorPil(size=dict(shortest_edge=24, longest_edge=40))
    for name, (height, width) in dict(shrunk=(61, 83), long=(50, 133), enlarged=(17, 15), same=(24, 30)).items():
        picture = torch.randint(0, 256, (height, width, 3), generator=generator, dtype=torch.uint8)
        pixels = processor(images=[picture.numpy()], return_tensors="pt")["pixel_values"][0]
        tensors |= {f"{name}_image": picture.permute(2, 0, 1), f"{name}_pixels": pixels}
    save(folder, "preparation", {}, tensors)


def make_detections(folder):
    """What transformers keeps of scores and boxes, with the ids of each phrase (behind them -1)."""
    tokens = caption(8, [2, 3, 1], [STOP, QUESTION, STOP])
    logits = torch.full((1, 30, 40), float("-inf"))
    logits[..., :tokens.shape[1]] = 1.5 * inputs(9, 1, 30, tokens.shape[1]) - 3
    boxes = inputs(10, 1, 30, 4).sigmoid()
    decoder = types.SimpleNamespace(batch_decode=lambda phrases: phrases)
    result, = GroundingDinoProcessor.post_process_grounded_object_detection(
        decoder, types.SimpleNamespace(logits=logits, pred_boxes=boxes), tokens, threshold=0.3, text_threshold=0.25,
        target_sizes=[(375, 501)])
    phrases = torch.full((len(result["text_labels"]), 40), -1)
    for row, phrase in zip(phrases, result["text_labels"]):
        row[:len(phrase)] = torch.tensor([int(token) for token in phrase])
    save(folder, "detections", {}, dict(tokens=tokens[0], logits=logits[0], boxes=boxes[0], scores=result["scores"],
                                        corners=result["boxes"], phrases=phrases))
    print("detections", len(phrases))


def make_published_keys(folder):
    """Every tensor of the published models with its shape; none takes memory."""
    arrays = {}
    for size, swin in PUBLISHED.items():
        config = GroundingDinoConfig(backbone_config=SwinConfig(out_indices=[2, 3, 4], **swin),
                                     text_config=BertConfig())
        with torch.device("meta"):
            network = GroundingDinoForObjectDetection(config)
        name_of = file_key(config)
        state = {name_of(key): tensor for key, tensor in network.state_dict().items()
                 if tensor.is_floating_point() and name_of(key)}
        lines = [f"{key}\t{'x'.join(map(str, state[key].shape))}" for key in sorted(state)]
        arrays[f"{size}_config"] = numpy.frombuffer(config.to_json_string(use_diff=False).encode(), numpy.uint8)
        arrays[size] = numpy.frombuffer("\n".join(lines).encode(), numpy.uint8)
    numpy.savez_compressed(folder / "published_keys.npz", **arrays)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        make_detectors(folder)
        make_preparation(folder)
        make_detections(folder)
    make_published_keys(folder)


if __name__ == "__main__":
    main()
