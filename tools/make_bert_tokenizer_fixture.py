#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the texts and ids that situ's BertTokenizer is compared with (tests/parity/bert_tokenizer).

    make_bert_tokenizer_fixture.py FOLDER_WITH_VOCAB_TXT tests/parity/bert_tokenizer [--count 5000] [--seed 11]

Made with transformers 5.23 and tokenizers 0.23.3.

  texts.jsonl    one [text, ids with [CLS] and [SEP]] a line
  decoded.jsonl  one [ids, text] a line
"""
import argparse
import json
import pathlib
import random

from transformers import BertTokenizer

from make_tokenizer_fixture import random_text, write_lines

COCO = """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag,
tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard,
tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot,
hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote,
keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush"""
PAPER = """the road, the beach, the snow, the table, ping pong table, stroller, bike trailer, chair dumped on the street,
sofa dumped on the street, matress dumped on the street, garbage bag, cardboard box, furniture dumped on the street,
cement mixer, skunk, alligator, crocodile, bird flying, skateboard, suitcase, tire, plastic bag, road cone, toy,
wheelchair, sea turtle, polar bear, white porcelain mug, rubber duck, person skiing, inflatable flamingo, rider,
motorcycle, deer, kangaroo, fox, lion, tiger, leopard"""
PIECES = ["[SEP]", "[CLS] [MASK]", "[sep]", "[UNK]", "[PAD]", "the road.", "a dog. a cat.", "A Dog?A CAT.", "x" * 100,
          "x" * 101, "é" * 100, "unaffable", "naïve café", "日本語のテキスト", "ﬁne", "İstanbul", "ΟΔΟΣ", "\ufffd", "\u200bzero",
          "a\u00adb", "don't", "3.14%", "a_b", "$5", "`^~", "«quoted»", "„quoted“", "！全角", "한국어", "\u1100\u1161", "ä\u0308",
          "\u0903", "नमस्ते", "🙂👍🏽", "\U0001e900"]


def names_of(text):
    return [name.strip() for name in text.replace("\n", " ").split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    tokenizer = BertTokenizer.from_pretrained(arguments.vocabulary)
    random_ = random.Random(arguments.seed)
    names = names_of(COCO) + names_of(PAPER)
    texts = ["", " ", *PIECES, *names, ". ".join(names) + "."]
    texts += [random_text(random_) for _ in range(arguments.count - len(texts))]
    rows = [[text, tokenizer(text).input_ids] for text in texts]
    write_lines(arguments.out / "texts.jsonl", rows)
    decoded = []
    for text, ids in rows[:1200]:
        part = ids[random_.randint(0, 1):random_.randint(1, 9)]
        decoded.append([part, tokenizer.decode(part)])
    write_lines(arguments.out / "decoded.jsonl", decoded)


if __name__ == "__main__":
    main()
