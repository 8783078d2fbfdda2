#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a small CLIP tokenizer whose words keep the pieces that they have in the full vocabulary.

    reduce_clip_vocabulary.py FULL_FOLDER OUT_FOLDER --words words.txt [--max-length 77]

FULL_FOLDER holds CLIP's vocab.json and merges.txt. Each line of words.txt is a word or a phrase. OUT_FOLDER
gets vocab.json (256 bytes, 256 bytes that end a word, the pieces that the words need, then the start
and the end token; ids from 0), merges.txt, tokenizer_config.json and special_tokens_map.json. Text beyond the
words is still encoded, in more and smaller pieces. Needs nothing but Python.
"""
import argparse
import json
import pathlib
import unicodedata

START, END = "<|startoftext|>", "<|endoftext|>"
CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def byte_symbols():
    """The visible stand-in of each byte, by byte, and the order in which the vocabulary lists them."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    order = visible + [byte for byte in range(256) if byte not in visible]
    codes = visible + [0x100 + k for k in range(256 - len(visible))]
    symbols = dict(zip(order, map(chr, codes)))
    return symbols, [symbols[byte] for byte in order]


def kind_of(character):
    if character.isspace():
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(character)[0], "other")


def split_words(text):
    """Letters together, digits alone, other signs together, English contractions apart."""
    text = "".join(c.lower() for c in unicodedata.normalize("NFC", text))
    start = 0
    while start < len(text):
        kind = kind_of(text[start])
        end = start + 1
        contraction = next((c for c in CONTRACTIONS if text.startswith(c, start)), None)
        if contraction:
            end = start + len(contraction)
        elif kind != "number":
            while end < len(text) and kind_of(text[end]) == kind:
                end += 1
        if kind != "space":
            yield text[start:end]
        start = end


def merges_used(word, ranks, symbols):
    """The merges that the full vocabulary applies to a word."""
    pieces = [symbols[byte] for byte in word.encode()]
    pieces[-1] += "</w>"
    used = set()
    while len(pieces) > 1:
        best = min(zip(pieces, pieces[1:]), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        used.add(best)
        merged, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                merged.append("".join(best))
                i += 2
            else:
                merged.append(pieces[i])
                i += 1
        pieces = merged
    return used


def read_merges(folder):
    lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
    return [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]


def reduce_vocabulary(merges, phrases):
    """(tokens in the order of their ids, merges) of the small vocabulary."""
    symbols, order = byte_symbols()
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    used = set()
    for word in {word for phrase in phrases for word in split_words(phrase)}:
        used |= merges_used(word, ranks, symbols)
    kept = sorted(used, key=ranks.get)
    tokens = order + [symbol + "</w>" for symbol in order] + ["".join(pair) for pair in kept]
    return list(dict.fromkeys(tokens + [START, END])), kept


def write_folder(folder, tokens, merges, max_length=77, pad_token=END):
    """Start, end and unknown token are declared as the published folders of Stable Diffusion do."""
    def declared(content):
        return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    special = {"bos_token": declared(START), "eos_token": declared(END), "unk_token": declared(END),
               "pad_token": pad_token}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": max_length, "do_lower_case": True}
    config |= {key: {"__type": "AddedToken", **value} if isinstance(value, dict) else value
               for key, value in special.items()}
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, value, **style):
        text = json.dumps(value, ensure_ascii=False, **style)
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")

    write("vocab.json", {token: index for index, token in enumerate(tokens)}, separators=(",", ":"))
    write("tokenizer_config.json", config, indent=2)
    write("special_tokens_map.json", special, indent=2)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def make_small_vocabulary(full_folder, out_folder, phrases, max_length=77, pad_token=END):
    """Writes the folder and returns its number of tokens."""
    full = json.loads((full_folder / "vocab.json").read_text(encoding="utf-8"))
    tokens, merges = reduce_vocabulary(read_merges(full_folder), phrases)
    missing = [token for token in tokens if token not in full]
    if missing:
        raise ValueError(f"{full_folder}: not a CLIP vocabulary: it lacks {missing[:3]}")
    write_folder(out_folder, tokens, merges, max_length, pad_token)
    return len(tokens)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("full_folder", type=pathlib.Path)
    parser.add_argument("out_folder", type=pathlib.Path)
    parser.add_argument("--words", type=pathlib.Path, required=True)
    parser.add_argument("--max-length", type=int, default=77)
    parser.add_argument("--pad-token", default=END, help="Stable Diffusion 2 pads with !")
    arguments = parser.parse_args()
    phrases = arguments.words.read_text(encoding="utf-8").splitlines()
    count = make_small_vocabulary(arguments.full_folder, arguments.out_folder, phrases,
                                  arguments.max_length, arguments.pad_token)
    print(f"{arguments.out_folder}: {count} tokens")


if __name__ == "__main__":
    main()
