#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a tokenizer folder with the part of CLIP's vocabulary that the small models' prompts need.

    tools/make_small_clip_vocabulary.py CLIP_FOLDER models/vocabulary.yaml models/mini-inpainter/tokenizer

CLIP_FOLDER holds the published vocab.json and merges.txt (OpenAI, MIT). Every word of the vocabulary file and of
the templates below keeps the tokens that the full vocabulary gives it; other words fall apart into shorter ones.
"""
import pathlib
import re
import sys

from reduce_clip_vocabulary import make_small_vocabulary

TEMPLATE_WORDS = """a an the good photo of image picture with and on in at to is no not very big small old new red
blue green black white street road pavement sidewalk asphalt lane ground floor grass lawn building house
wall sky tree trees vegetation water river sea beach snow terrain pole sign fence car person rider train bus
truck motorcycle flying walking dumped standing lying rider with man woman child background object nothing
empty""".split()
MAX_LENGTH = 24


def main():
    clip_folder, vocabulary_file, target = map(pathlib.Path, sys.argv[1:4])
    text = re.sub(r"#.*", "", vocabulary_file.read_text(encoding="utf-8")).lower()
    words = sorted(set(re.findall(r"[a-z]+", text)) | set(TEMPLATE_WORDS))
    print(f"{target}: {make_small_vocabulary(clip_folder, target, words, MAX_LENGTH)} tokens for {len(words)} words")


if __name__ == "__main__":
    main()
