#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/torch_archive: files of torch.save and, as safetensors, what they hold.

    pip install torch==2.13.0 safetensors
    tools/make_torch_archive_fixtures.py tests/data/torch_archive
"""
import collections
import pathlib
import sys

import torch
from safetensors.torch import save_file


def tensors():
    generator = torch.Generator().manual_seed(3)
    base = torch.randn(4, 6, generator=generator)
    shared = torch.arange(10, dtype=torch.int64)
    return collections.OrderedDict(
        float32=base, half=base.half(), bfloat16=base.bfloat16(), double=base.double(), int64=shared,
        view=shared[2:8:2], int32=torch.tensor([1, -2], dtype=torch.int32), uint8=torch.tensor([0, 255], dtype=torch.uint8),
        boolean=torch.tensor([True, False]), transposed=base.t(), expanded=torch.ones(1).expand(3, 2),
        scalar=torch.tensor(2.5), empty=torch.zeros(0, 3), parameter=torch.nn.Parameter(base[0]))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    state = tensors()
    torch.save(state, folder / "plain.pth")
    torch.save(state, folder / "old.pth", _use_new_zipfile_serialization=False)
    checkpoint = {"epoch": 3, "global_step": 470000, "pytorch-lightning_version": "1.4.2", "state_dict": state,
                  "loops": None, "lr": 1e-4, "hyper": {"nested": [1, 2, {"deep": (True, None)}]},
                  "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(2)}}}]}
    torch.save(checkpoint, folder / "checkpoint.ckpt")
    torch.save(checkpoint, folder / "old_checkpoint.ckpt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 1).state_dict(), folder / "module.pt")  # an OrderedDict with attributes
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
