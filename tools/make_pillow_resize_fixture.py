#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/parity/pillow_resize.json: CRC-32 sums of images resized by Pillow.

Usage: make_pillow_resize_fixture.py OUTPUT.json   (needs numpy and Pillow)

The input of every case is noise that the test makes again by itself: byte i of the image (rows, then
columns, then channels) is the upper byte of the i-th state of s -> 1664525 s + 1013904223 mod 2^32,
where the first state follows s = 1.
"""
import json
import sys
import zlib

import numpy
import PIL
from PIL import Image

FILTERS = ("nearest", "bilinear", "bicubic", "lanczos")
# height, width -> height, width
SIZES = (
    ((37, 53), (61, 97)), ((37, 53), (13, 17)), ((37, 53), (37, 20)), ((37, 53), (90, 53)),
    ((37, 53), (5, 211)), ((37, 53), (37, 53)), ((1, 40), (1, 7)), ((1, 40), (3, 99)),
    ((40, 1), (7, 1)), ((40, 1), (99, 2)), ((1, 1), (5, 4)), ((64, 80), (1, 1)),
    ((64, 80), (32, 40)), ((64, 80), (128, 160)), ((127, 301), (49, 41)), ((100, 1), (3, 1)),
    ((3, 1000), (7, 333)), ((17, 10), (170, 49)), ((49, 10), (7, 3)),
)


def noise(height, width, channels):
    state, values = 1, bytearray()
    for _ in range(height * width * channels):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values.append(state >> 24)
    shape = (height, width) if channels == 1 else (height, width, channels)
    return numpy.frombuffer(bytes(values), numpy.uint8).reshape(shape)


def resize(image, height, width, resampling):
    """Rows first and then columns, which Pillow before version 13 does by itself.

    Version 13 takes the columns first when the height shrinks much more than the width.
    """
    if resampling == Image.Resampling.NEAREST:
        return image.resize((width, height), resampling)
    return image.resize((width, image.height), resampling).resize((width, height), resampling)


def main():
    cases = []
    for (height, width), (new_height, new_width) in SIZES:
        for channels in (1, 3):
            image = Image.fromarray(noise(height, width, channels))
            for name in FILTERS:
                resized = resize(image, new_height, new_width, Image.Resampling[name.upper()])
                cases.append({
                    "channels": channels, "from": [height, width], "to": [new_height, new_width],
                    "filter": name, "crc32": zlib.crc32(numpy.asarray(resized).tobytes()),
                })
    with open(sys.argv[1], "w") as file:
        file.write('{"made_with": "Pillow %s", "cases": [\n' % PIL.__version__)
        file.write(",\n".join(json.dumps(case) for case in cases))
        file.write("\n]}\n")


if __name__ == "__main__":
    main()
