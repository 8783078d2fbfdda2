#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the binary seeds of tests/fuzz/corpus; those in text are written by hand, and the fixtures in tests/data serve
as seeds too. The standard library is all that it needs.

    tools/make_fuzz_corpus.py tests/fuzz/corpus
"""
import json
import pathlib
import struct
import sys
import zlib


def safetensors(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def png(width, height, bit_depth, colour_type, data, more=b""):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(data)) +
            chunk(b"IEND", b""))


def text(characters):
    return b"X" + struct.pack("<I", len(characters)) + characters.encode()


def hostile_pickle():
    """What training leaves behind, and an import that must not be looked up."""
    return b"\x80\x02}(" + text("a") + b"cos\nsystem\n" + text("echo") + b"\x85R" + b"u."


def view_pickle():
    """A tensor of which the numbers are easily changed."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x06tQ"
    view = (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x01(K\x02K\x02t(K\x03K\x01t\x89}tR")
    return b"\x80\x02}" + text("a") + view + b"s."


def old_archive(content):
    magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    keys = b"\x80\x02](" + text("0") + b"e."
    return magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + content + keys + struct.pack("<Q6f", 6, *range(6))


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = {
        "safetensors/two": safetensors({"__metadata__": {"format": "pt"}, "a": tensor("F32", [2, 1], 0, 8),
                                        "b": tensor("BOOL", [3], 8, 11)}, bytes(8) + b"\1\0\1"),
        "safetensors/empty_and_scalar": safetensors({"a": tensor("I64", [0, 3], 0, 0), "b": tensor("BF16", [], 0, 2)},
                                                    b"\0\x40"),
        "safetensors/none": safetensors({}, b""),
        "torch_archive/hostile.pickle": hostile_pickle(),
        "torch_archive/view.pickle": view_pickle(),
        "torch_archive/view.pth": old_archive(view_pickle()),
        "image/large.png": png(65535, 4096, 8, 2, bytes(100)),
        "image/labels16.png": png(2, 2, 16, 0, bytes(10)),
        "image/palette1.png": png(3, 1, 1, 3, b"\0\x40", struct.pack(">I", 6) + b"PLTE" + bytes(6) +
                                  struct.pack(">I", zlib.crc32(b"PLTE" + bytes(6)))),
    }
    for name, content in seeds.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
