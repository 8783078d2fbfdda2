# SPDX-License-Identifier: Apache-2.0
"""What the makers of reference tensors share that run the code of Segment Anything's authors."""
import sys
import types

import numpy
from PIL import Image


def stand_in_for_torchvision():
    """The packages import it for the resizing of a Pillow image, which is Pillow's own and given here."""
    functional = types.ModuleType("torchvision.transforms.functional")
    functional.to_pil_image = Image.fromarray
    functional.resize = lambda image, size: image.resize((size[1], size[0]), Image.BILINEAR)
    boxes = types.ModuleType("torchvision.ops.boxes")
    boxes.batched_nms = boxes.box_area = None  # of automatic masks, which are not made here
    for name in ("torchvision", "torchvision.transforms", "torchvision.ops"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules |= {functional.__name__: functional, boxes.__name__: boxes}


def listed(state):
    """Keys and shapes as text, "key<tab>2x3" a line."""
    return "".join(f"{key}\t{'x'.join(map(str, state[key].shape))}\n" for key in sorted(state))


def of_text(text):
    return numpy.frombuffer(text.encode(), dtype=numpy.uint8)
