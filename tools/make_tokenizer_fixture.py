#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes random strings in many scripts with the ids that transformers' CLIPTokenizer gives them.

    pip install transformers==5.23.*
    tools/make_tokenizer_fixture.py FOLDER_WITH_VOCAB_AND_MERGES tests/parity/clip_tokenizer/strings.json
"""
import json
import random
import sys

from transformers import CLIPTokenizer

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßŒœŠšŽžŸƒÀÉÎÕÜ",
    "αβγδεζηθικλμνξοπρστυφχψωςΑΒΓΔΣΩάέήίόύώ",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЁЖЇЄ",
    "İıĞğŞşÇçÖöÜü", "的一是不了人我在有他这中大来上国", "ひらがなカタカナ", "한국어텍스트가나다라",
    "אבגדהוזחטי", "ابتثجحخدذرز", "अआइईउऊकखगघािी", "กขคงจฉชซำ้", "ქართული", "Հայերեն", "ᏣᎳᎩ",
    "0123456789²³¼½٣४五Ⅷⅷ①", "!?.,;:()[]{}<>|/\\@#$%^&*_-+=~`'\"", "’“”–—…«»¡¿€£¥§©®™°±",
    "😀🐕🦺👩‍👩‍👧🏳️‍🌈🇫🇷🧳🚲️", "\u0301\u0308\u0327\u20dd\u0345", "\u200b\u200d\ufeff\u00ad\u0000\u0007\u001b",
    "ǅǈﬁﬂſẞ𝔘𝒳🄰Ⓐ", "\u1e9b\u0323\u212b\u2126\uac00\u1100\u1161",
]
SPACES = [" ", " ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u0085", "\u001c", "\u2028"]
PHRASES = ["A good photo of a dog", "it's", "they'll", "I'VE", "we're", "don't", "he'd", "I'm", "''s", "'sun",
           "<|endoftext|>", "<|startoftext|>", "<|ENDOFTEXT|>", "<|endoftext", "chair dumped on the street",
           "supercalifragilisticexpialidocious", "1990s", "3.14", "a" * 60]


def random_string(generator):
    parts = []
    for _ in range(generator.randint(0, 8)):
        if generator.random() < 0.2:
            parts.append(generator.choice(PHRASES))
        else:
            alphabet = generator.choice(ALPHABETS)
            parts.append("".join(generator.choice(alphabet) for _ in range(generator.randint(1, 7))))
        if generator.random() < 0.7:
            parts.append(generator.choice(SPACES))
    return "".join(parts)


def main():
    tokenizer = CLIPTokenizer.from_pretrained(sys.argv[1])
    generator = random.Random(1)
    rows = []
    for text in PHRASES + [random_string(generator) for _ in range(5000)]:
        rows.append([text, tokenizer(text, add_special_tokens=False).input_ids])
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
