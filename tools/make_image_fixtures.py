#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/images: tiny pictures in every kind that situ's image readers know or refuse,
and expected.safetensors with what Pillow makes of them ("<file>" -> uint8 [4, H, W] RGBA, upright;
"<file>/labels" -> the stored numbers [H, W]).

PNG kinds that Pillow does not write (16-bit colour, Adam7, low bit depths with tRNS) are put together
here from the PNG specification. Needs pillow, numpy, safetensors:

    python tools/make_image_fixtures.py
"""
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "images"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
COLOR_TYPE = {"gray": 0, "rgb": 2, "palette": 3, "gray_alpha": 4, "rgba": 6}


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def packed_rows(samples, bits):
    """The scanlines of samples [H, W, C], each with filter type 0 before it."""
    out = b""
    for row in samples:
        flat = row.reshape(-1)
        if bits == 16:
            line = flat.astype(">u2").tobytes()
        elif bits == 8:
            line = flat.astype(np.uint8).tobytes()
        else:
            digits = ((flat[:, None] >> np.arange(bits)[::-1]) & 1).astype(np.uint8)
            line = np.packbits(digits.reshape(-1)).tobytes()
        out += b"\0" + line
    return out


def png(samples, kind, bits, extra=b"", interlaced=False):
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width = samples.shape[:2]
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        data = b"".join(packed_rows(part, bits) for part in passes if part.size)
    else:
        data = packed_rows(samples, bits)
    header = struct.pack(">IIBBBBB", width, height, bits, COLOR_TYPE[kind], 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def opaque(rgb):
    return np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, rgb.dtype)], axis=2)


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def png_fixtures(random):
    """(file, bytes, RGBA [H, W, 4] worked out by hand, labels or None)"""
    def draw(channels, top):
        return random.integers(0, top, (5, 7, channels), dtype=np.int64)

    rgb, rgba, gray = draw(3, 256), draw(4, 256), draw(1, 256)
    rgb16, rgba16, gray16, gray_alpha = draw(3, 65536), draw(4, 65536), draw(1, 65536), draw(2, 256)
    index, low = draw(1, 200), draw(1, 4)
    palette = random.integers(0, 256, (200, 3), dtype=np.int64)
    alpha = random.integers(0, 256, 100, dtype=np.int64)
    plte = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    plte4 = chunk(b"PLTE", palette[:4].astype(np.uint8).tobytes())
    trns = chunk(b"tRNS", alpha.astype(np.uint8).tobytes())
    full_alpha = np.concatenate([alpha, np.full(156, 255)])
    keyed = rgb.copy()
    keyed[1, 2] = keyed[3, 4] = (9, 8, 7)
    keyed_rgba = opaque(keyed)
    keyed_rgba[1, 2, 3] = keyed_rgba[3, 4, 3] = 0
    key = chunk(b"tRNS", struct.pack(">HHH", 9, 8, 7))
    of_index = opaque(palette[index[..., 0]])
    with_alpha = np.concatenate([palette[index[..., 0]], full_alpha[index]], axis=2)
    gray_rgb = np.repeat(gray, 3, axis=2)
    turned = np.rot90(opaque(rgb), -1)
    return [
        ("rgb8.png", png(rgb, "rgb", 8), opaque(rgb), None),
        ("rgb8_interlaced.png", png(rgb, "rgb", 8, interlaced=True), opaque(rgb), None),
        ("rgb8_color_key.png", png(keyed, "rgb", 8, key), keyed_rgba, None),
        ("rgb8_turned.png", png(rgb, "rgb", 8, chunk(b"eXIf", exif(6)[6:])), turned, None),
        ("rgba8.png", png(rgba, "rgba", 8), rgba, None),
        ("rgb16.png", png(rgb16, "rgb", 16), opaque(rgb16 >> 8), None),
        ("rgba16_interlaced.png", png(rgba16, "rgba", 16, interlaced=True), rgba16 >> 8, None),
        ("gray8.png", png(gray, "gray", 8), opaque(gray_rgb), gray),
        ("gray16.png", png(gray16, "gray", 16), opaque(np.repeat(gray16 >> 8, 3, axis=2)), gray16),
        ("gray1.png", png(low % 2, "gray", 1), opaque(np.repeat(low % 2 * 255, 3, axis=2)), None),
        ("gray_alpha8.png", png(gray_alpha, "gray_alpha", 8), gray_alpha[..., [0, 0, 0, 1]], None),
        ("palette8.png", png(index, "palette", 8, plte), of_index, index),
        ("palette8_alpha.png", png(index, "palette", 8, plte + trns), with_alpha, index),
        ("palette2_interlaced.png", png(low, "palette", 2, plte4, interlaced=True),
         opaque(palette[low[..., 0]]), low),
    ]


def write_with_pillow():
    """Pictures of which Pillow's reading is the expected value: smooth, so that lossy is meaningful."""
    y, x = np.mgrid[0:16, 0:24]
    rgb = np.stack([x * 10, y * 15, 255 - x * 5 - y * 5], axis=2).clip(0, 255).astype(np.uint8)
    alpha = np.concatenate([rgb, (x * 7 + 40).astype(np.uint8)[..., None]], axis=2)
    image = Image.fromarray(rgb)
    for orientation in range(1, 9):
        image.save(FOLDER / f"turned_{orientation}.jpg", quality=90, exif=exif(orientation))
    image.save(FOLDER / "progressive.jpg", quality=90, progressive=True)
    image.convert("L").save(FOLDER / "gray.jpg", quality=90)
    cmyk = FOLDER / "cmyk.jpg"
    image.convert("CMYK").save(cmyk, quality=60)
    adobe = cmyk.read_bytes()
    at = adobe.index(b"Adobe") + 11  # the transform byte of the marker: 2 is YCCK
    (FOLDER / "ycck.jpg").write_bytes(adobe[:at] + b"\x02" + adobe[at + 1:])
    image.save(FOLDER / "lossy.webp", quality=90)
    image.save(FOLDER / "turned_6.webp", lossless=True, exif=exif(6))
    Image.fromarray(alpha).save(FOLDER / "alpha.webp", lossless=True, exact=True)
    image.save(FOLDER / "animated.webp", save_all=True, append_images=[image.rotate(180)], lossless=True)
    return [*(f"turned_{n}.jpg" for n in range(1, 9)), "progressive.jpg", "gray.jpg", "lossy.webp",
            "turned_6.webp", "alpha.webp"]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, content, rgba, labels in png_fixtures(np.random.default_rng(7)):
        (FOLDER / name).write_bytes(content)
        expected[name] = np.ascontiguousarray(rgba.transpose(2, 0, 1)).astype(np.uint8)
        if labels is not None:
            expected[name + "/labels"] = labels[..., 0].astype(np.int32)
        if "16" not in name:  # Pillow and the specification agree; 16-bit gray has no RGBA in Pillow
            seen = np.asarray(ImageOps.exif_transpose(Image.open(FOLDER / name)).convert("RGBA"))
            assert np.array_equal(seen, rgba), name
    for name in write_with_pillow():
        seen = np.asarray(ImageOps.exif_transpose(Image.open(FOLDER / name)).convert("RGBA"))
        expected[name] = np.ascontiguousarray(seen.transpose(2, 0, 1))
    save_file(expected, FOLDER / "expected.safetensors", {"made_by": "tools/make_image_fixtures.py"})


if __name__ == "__main__":
    main()
