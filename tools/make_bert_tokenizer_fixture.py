#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the texts and ids that situ's BertTokenizer is compared with (tests/parity/bert_tokenizer).

    make_bert_tokenizer_fixture.py FOLDER_WITH_VOCAB_TXT tests/parity/bert_tokenizer --names lvis.txt
        [--count 6500] [--seed 11]

Made with transformers 5.23 and tokenizers 0.23.3. lvis.txt holds a name a line: the 1203 of LVIS v1 (Gupta et al. 2019),
synonyms behind strokes (annotations of LVIS: CC BY 4.0).

  texts.jsonl    one [text, ids with [CLS] and [SEP]] a line: names and, up to --count, random texts of many scripts
  decoded.jsonl  one [ids, text, text with clean_up_tokenization_spaces] a line

--characters writes all characters of Unicode instead, for a comparison that is too large to commit.
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
# What the paper inserts, and where.
PAPER = """the road, the beach, snow, the table, ping pong table, stroller, trolley, garbage bag, wheelie bin, suitcase,
skateboard, chair dumped on the street, sofa dumped on the street, furniture dumped on the street,
matress dumped on the street, garbage dumped on the street, clothes dumped on the street, cement mixer on the street,
cat, dog, bird flying, horse, skunk, sheep, crocodile, alligator, bear, llama, tiger, monkey, rider, bicycle,
bicycle with rider, person riding a bicycle, motorcycle, motorbike, motorbike with rider, scooter, scooter with rider,
train, bus, truck, european semi-truck, person, man walking in the street, a woman walking in the street, car, suv, van,
cow, sea turtle, polar bear, white porcelain mug, rubber duck, person skiing, inflatable flamingo"""
PIECES = ["[SEP]", "[CLS] [MASK]", "[sep]", "[UNK]", "[PAD]", "the road.", "a dog. a cat.", "A Dog?A CAT.", "x" * 100,
          "x" * 101, "é" * 100, "unaffable", "naïve café", "日本語のテキスト", "ﬁne", "İstanbul", "ΟΔΟΣ", "\ufffd", "\u200bzero",
          "a\u00adb", "don't", "3.14%", "a_b", "$5", "`^~", "«quoted»", "„quoted“", "！全角", "한국어", "\u1100\u1161", "ä\u0308",
          "\u0903", "नमस्ते", "a\u166db", "a\u1734b", "a\u1885b", "a\u1886b", "a\ua9bdb", "a\U000111c9b",
          "driver's seat", "they've... we're", "wait...what?!", "🙂👍🏽", "\U0001e900"]


def names_of(text):
    return [name.strip() for name in text.replace("\n", " ").split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--names", type=pathlib.Path, help="more names, one a line")
    parser.add_argument("--characters", action="store_true")
    parser.add_argument("--count", type=int, default=6500)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    tokenizer = BertTokenizer.from_pretrained(arguments.vocabulary, clean_up_tokenization_spaces=False)
    random_ = random.Random(arguments.seed)
    if arguments.characters:
        texts = [f"a{chr(code)}b {chr(code)}" for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
        write_lines(arguments.out / "characters.jsonl", list(zip(texts, tokenizer(texts).input_ids)))
        return
    names = names_of(COCO) + names_of(PAPER)
    names += arguments.names.read_text().splitlines() if arguments.names else []
    texts = ["", " ", *PIECES, *names, ". ".join(names) + "."]
    texts += [random_text(random_) for _ in range(arguments.count - len(texts))]
    rows = [[text, tokenizer(text).input_ids] for text in texts]
    write_lines(arguments.out / "texts.jsonl", rows)
    decoded = []
    marks = tokenizer.convert_tokens_to_ids([".", "?", "!", ",", "'", "s", "re", "ve", "m", "...", "[SEP]"])
    for text, ids in rows[:1200]:
        part = ids[random_.randint(0, 1):random_.randint(1, 9)]
        decoded.append(part)
        decoded.append([random_.choice([random_.choice(marks), random_.randrange(len(tokenizer))])
                        for _ in range(random_.randint(1, 7))])
    decoded = [[ids, tokenizer.decode(ids), tokenizer.decode(ids, clean_up_tokenization_spaces=True)]
               for ids in decoded]
    write_lines(arguments.out / "decoded.jsonl", decoded)


if __name__ == "__main__":
    main()
