#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a tokenizer folder with the part of CLIP's vocabulary that the small models' prompts need.

    tools/make_small_clip_vocabulary.py CLIP_FOLDER models/vocabulary.yaml models/mini-inpainter/tokenizer

CLIP_FOLDER holds the published vocab.json and merges.txt (OpenAI, MIT). Every word of the vocabulary file and of
the templates below keeps the tokens that the full vocabulary gives it; other words fall apart into shorter ones.
"""
import json
import pathlib
import re
import sys

TEMPLATE_WORDS = """a an the good photo of image picture with and on in at to is no not very big small old new red
blue green black white street road pavement sidewalk asphalt lane ground floor grass lawn building house
wall sky tree trees vegetation water river sea beach snow terrain pole sign fence car person rider train bus
truck motorcycle flying walking dumped standing lying rider with man woman child background object nothing
empty""".split()
MAX_LENGTH = 24


def word_tokens(word, ranks):
    """Byte-pair encoding of one lower-case ASCII word; also the merges that it took."""
    symbols = list(word[:-1]) + [word[-1] + "</w>"]
    used = []
    while len(symbols) > 1:
        pairs = [(ranks.get(pair, len(ranks)), i) for i, pair in enumerate(zip(symbols, symbols[1:]))]
        rank, i = min(pairs)
        if rank == len(ranks):
            break
        used.append(rank)
        symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
    return symbols, used


def main():
    source, vocabulary_file, target = map(pathlib.Path, sys.argv[1:4])
    lines = (source / "merges.txt").read_text(encoding="utf-8").splitlines()
    merges = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    full = json.loads((source / "vocab.json").read_text(encoding="utf-8"))

    text = re.sub(r"#.*", "", vocabulary_file.read_text(encoding="utf-8")).lower()
    words = sorted(set(re.findall(r"[a-z]+", text)) | set(TEMPLATE_WORDS))
    used = sorted({rank for word in words for rank in word_tokens(word, ranks)[1]})

    symbols = sorted((token for token in full if len(token.removesuffix("</w>")) == 1), key=full.get)[:512]
    tokens = symbols + ["".join(merges[rank]) for rank in used] + ["<|startoftext|>", "<|endoftext|>"]
    assert len(symbols) == 512 and len(set(tokens)) == len(tokens)

    target.mkdir(parents=True, exist_ok=True)
    (target / "vocab.json").write_text(
        json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False) + "\n", encoding="utf-8")
    (target / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(" ".join(merges[rank]) + "\n" for rank in used), encoding="utf-8")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
               "pad_token": "<|endoftext|>"}
    (target / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": MAX_LENGTH, **special}, indent=2) + "\n")
    (target / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    print(f"{target}: {len(tokens)} tokens, {len(used)} merges, {len(words)} words")


if __name__ == "__main__":
    main()
