#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the texts and ids that situ's ClipTokenizer is compared with (tests/parity/clip_tokenizer).

    make_tokenizer_fixture.py FULL_FOLDER tests/parity/clip_tokenizer [--count 5000] [--seed 7]

FULL_FOLDER holds CLIP's vocab.json and merges.txt. Made with transformers 5.23 and tokenizers 0.23.3.

  full.jsonl      one [text, ids without start, end and padding] a line, by the full vocabulary
  small_sd1/      a reduced tokenizer folder, its special tokens as in Stable Diffusion 1
  small_sd2/      the same, padded with "!" as in Stable Diffusion 2
  small_v5/       the folder that transformers 5 writes for small_sd2
  small_*.jsonl   one [text, ids to max_length 77 without the padding at the end] a line
"""
import argparse
import json
import pathlib
import random
import shutil
import tempfile
import unicodedata

from transformers import CLIPTokenizer

from reduce_clip_vocabulary import END, make_small_vocabulary

WORDS = """a photo of the dog person bicycle traffic light in street road car horse cow stroller wheelchair
cardboard box wearing clothes on grass highway sofa bathtub fluffy night snow hello world don't we'll they've
I'm she'd you're cat's 's café naïve façade""".split()
RANGES = {
    "latin": (0x41, 0x24F), "latin more": (0x1E00, 0x1EFF), "greek": (0x370, 0x3FF), "greek more": (0x1F00, 0x1FFF),
    "cyrillic": (0x400, 0x52F), "armenian": (0x530, 0x58F), "hebrew": (0x591, 0x5F4), "arabic": (0x600, 0x6FF),
    "devanagari": (0x900, 0x97F), "bengali": (0x980, 0x9FF), "tamil": (0xB80, 0xBFF), "thai": (0xE01, 0xE5B),
    "tibetan": (0xF00, 0xFFF), "georgian": (0x10A0, 0x10FF), "hangul jamo": (0x1100, 0x11FF),
    "hangul": (0xAC00, 0xD7A3), "kana": (0x3041, 0x30FF), "han": (0x4E00, 0x9FFF), "wide": (0xFF01, 0xFFEE),
    "combining": (0x300, 0x36F), "punctuation": (0x2000, 0x206F), "numbers": (0x2150, 0x218B),
    "circled": (0x2460, 0x24FF), "emoji": (0x1F300, 0x1F64F), "mathematical": (0x1D400, 0x1D7FF),
    "controls": (0x00, 0x1F), "latin-1 controls": (0x7F, 0x9F), "private": (0xE000, 0xE0FF),
    "compatibility": (0xF900, 0xFAFF), "late latin": (0xA720, 0xA7FF), "late scripts": (0x10D00, 0x10FFF),
    "deseret": (0x10400, 0x1044F), "garay": (0x10D40, 0x10D85), "specials": (0xFFF0, 0xFFFD), "cherokee": (0x13A0, 0x13FF),
}
PIECES = ["'s", "'S", "'re", "'LL", "'t", "''", "'", "’s", "<|startoftext|>", "<|endoftext|>", "<|ENDOFTEXT|>",
          "<|StartOfText|>", "<|endoftext|", "|>", "<|", "!", "!!", "...", "</w>", "&amp;", "%20", "\u200d", "\ufe0f",
          "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "ΟΔΟΣ", "ΣΑΣ", "İstanbul", "IĞDIR", "ß", "ẞ", "Å", "A\u030a", "e\u0301", "ﬁ", "Ω",
          "가", "\u1100\u1161\u11a8", "नमस्ते", "สวัสดี", "مرحبا", "שלום", "日本語", "½", "²", "٣", "Ⅷ", "1234", "3.14", "\u0345",
          "\ufeff", "\ufffd", "\ufffe", "\U0010ffff", "\u0085", "\u00ad", "\u180e", "\u1e9b\u0323", "\u0958", "a" * 90]
SPACES = [" ", " ", " ", "", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003", "\u2028", "\u000b", "\u001c", "\u200b", "\u1680"]


def random_run(random_, name):
    first, last = RANGES[name]
    return "".join(chr(random_.randint(first, last)) for _ in range(random_.randint(1, 6)))


def random_piece(random_, alphabet):
    kind = random_.random()
    if kind < 0.30:
        word = random_.choice(WORDS)
        return random_.choice([word, word, word.upper(), word.title(), unicodedata.normalize("NFD", word)])
    if kind < 0.50:
        return random_.choice(PIECES)
    if kind < 0.60:
        return str(random_.randint(0, 10 ** random_.randint(1, 6)))
    if kind < 0.66:
        return "".join(chr(random_.randint(0x21, 0x7E)) for _ in range(random_.randint(1, 8)))
    if kind < 0.70:
        code = random_.randint(0x80, 0x10FFFF)
        return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"
    if kind < 0.76:
        return random_.choice("aeouAEOUαω") + random_run(random_, "combining")
    return random_run(random_, alphabet if random_.random() < 0.7 else random_.choice(list(RANGES)))


def random_text(random_):
    alphabet = random_.choice(list(RANGES))
    pieces = [random_piece(random_, alphabet) for _ in range(random_.choice([1, 1, 2, 2, 3, 3, 4, 5]))]
    return "".join(piece + random_.choice(SPACES) for piece in pieces)


def texts_of(count, seed):
    random_ = random.Random(seed)
    fixed = ["", " ", "A good photo of chair dumped on the street", "it's the DOG's", "\x00", *PIECES]
    return fixed + [random_text(random_) for _ in range(count - len(fixed))]


def without_padding(ids, padding):
    while ids and ids[-1] == padding:
        ids.pop()
    return ids


def write_lines(path, rows):
    text = "".join(json.dumps(row, separators=(",", ":"), ensure_ascii=True) + "\n" for row in rows)
    path.write_text(text, newline="\n")
    print(f"{path}: {len(text)} bytes")


def write_small(out, name, texts):
    tokenizer = CLIPTokenizer.from_pretrained(out / name)
    long_texts = ["dog " * count for count in (74, 75, 76, 80)]

    def encode(text):
        ids = tokenizer(text, padding="max_length", truncation=True, max_length=77).input_ids
        return without_padding(ids, tokenizer.pad_token_id)

    write_lines(out / f"{name}.jsonl", [[text, encode(text)] for text in long_texts + texts])
    return tokenizer


def check_same_words(full, small):
    """The point of a small vocabulary: the same pieces for its words."""
    for word in WORDS:
        assert full.tokenize(word) == small.tokenize(word), word


def write_version_5(tokenizer, folder):
    """What save_pretrained writes, without its spaces: tokenizer.json and tokenizer_config.json."""
    tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        value = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("full_folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--small-count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--full-only", action="store_true", help="for many more texts than are committed")
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:  # only the two files, so that nothing else decides
        for name in ("vocab.json", "merges.txt"):
            shutil.copyfile(arguments.full_folder / name, pathlib.Path(folder) / name)
        full = CLIPTokenizer.from_pretrained(folder)
        texts = texts_of(arguments.count, arguments.seed)
        write_lines(out / "full.jsonl", [[text, full(text, add_special_tokens=False).input_ids] for text in texts])
        if arguments.full_only:
            return
        for name, pad_token in (("small_sd1", END), ("small_sd2", "!")):
            make_small_vocabulary(pathlib.Path(folder), out / name, WORDS, 77, pad_token)
    small_texts = texts_of(arguments.small_count, arguments.seed + 1)
    check_same_words(full, write_small(out, "small_sd1", small_texts))
    write_version_5(write_small(out, "small_sd2", small_texts), out / "small_v5")


if __name__ == "__main__":
    main()
