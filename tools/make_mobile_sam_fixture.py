#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/mobile_sam.npz: the tensors of MobileSAM's checkpoint, and what the authors' code computes with
that network, in its true size and with random weights, from a picture.

    pip install torch==2.13.0 mobilesam-mirror==1.0.0 numpy pillow
    tools/make_mobile_sam_fixture.py tests/parity/mobile_sam.npz

mobilesam-mirror is a package of the authors' repository. The list is text, "key<tab>2x3" a line. Weights are
refilled by the test, by the sorted keys of the original (see parity_fixture.py); of them variances are raised by 1, and
`head`, `norm_head` and counts of batches, which nothing uses, have none. Large results are thinned.
"""
import sys
import types

import numpy
import torch

from original_segment_anything import listed, of_text, stand_in_for_torchvision
from parity_fixture import seeded_weights


def stand_in_for_timm():
    """Only starting values and a table of models are used of it, and dropped paths of a rate of 0."""
    layers, registry = types.ModuleType("timm.models.layers"), types.ModuleType("timm.models.registry")
    layers.DropPath = torch.nn.Identity
    layers.to_2tuple = lambda side: (side, side)
    layers.trunc_normal_ = torch.nn.init.trunc_normal_
    registry.register_model = lambda make: make
    for name in ("timm", "timm.models"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules |= {layers.__name__: layers, registry.__name__: registry}


stand_in_for_torchvision()
stand_in_for_timm()
from mobile_sam import sam_model_registry  # noqa: E402
from mobile_sam.utils.transforms import ResizeLongestSide  # noqa: E402


def file_key(key):
    unused = key.startswith(("pixel_", "image_encoder.head.", "image_encoder.norm_head."))
    return None if unused else key


def main():
    sam = sam_model_registry["vit_t"]()
    arrays = {"checkpoint": of_text(listed({k: v for k, v in sam.state_dict().items() if not k.startswith("pixel_")}))}
    sam = seeded_weights(sam, file_key)
    for key, buffer in sam.named_buffers():
        if key.endswith("running_var"):
            buffer += 1
    sam.eval()  # the attention's biases are spread here
    generator = torch.Generator().manual_seed(5)
    picture = torch.randint(0, 256, (70, 131, 3), dtype=torch.uint8, generator=generator).numpy()
    transform = ResizeLongestSide(1024)
    seen = torch.from_numpy(transform.apply_image(picture)).permute(2, 0, 1)
    boxes = torch.tensor([[3.0, 4, 60, 66], [10.5, 2, 130, 30]])
    with torch.no_grad():
        embedding = sam.image_encoder(sam.preprocess(seen.float())[None])
        asked = dict(image=seen, original_size=picture.shape[:2],
                     boxes=transform.apply_boxes_torch(boxes, picture.shape[:2]))
        out = sam([asked], multimask_output=True)[0]
    tensors = dict(picture=torch.from_numpy(picture).permute(2, 0, 1), boxes=boxes, embedding=embedding[:, :, ::7, ::7],
                   logits=out["low_res_logits"][:, :, ::5, ::5], iou=out["iou_predictions"])
    print({name: (tuple(t.shape), float(t.float().abs().max())) for name, t in tensors.items()})
    arrays |= {key: value.contiguous().numpy() for key, value in tensors.items()}
    numpy.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
