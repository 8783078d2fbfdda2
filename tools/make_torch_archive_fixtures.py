#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/torch_archive: files of torch.save and, as safetensors, what they hold.

    pip install torch==2.13.0 safetensors numpy
    tools/make_torch_archive_fixtures.py tests/data/torch_archive
"""
import argparse
import collections
import pathlib
import sys
import types

import numpy
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


def lightning_callback():
    """A class that pickles by the name of Lightning's, which need not be installed."""
    name = "pytorch_lightning.callbacks.model_checkpoint"
    module = types.ModuleType(name)
    module.ModelCheckpoint = type("ModelCheckpoint", (), {"__module__": name})
    for parent in ("pytorch_lightning", "pytorch_lightning.callbacks"):
        sys.modules[parent] = types.ModuleType(parent)
    sys.modules[name] = module
    return module.ModelCheckpoint


def training_checkpoint():
    """What training leaves beside the weights, and weights that carry attributes."""
    callback = lightning_callback()
    buffer = torch.nn.Buffer(torch.tensor([1.0, 2.0]))  # torch._tensor._rebuild_from_type_v2
    parameter = torch.nn.Parameter(torch.tensor([[3.0], [4.0]]))
    parameter.is_frozen = True  # torch._utils._rebuild_parameter_with_state
    rest = {"callbacks": {callback: {"best": numpy.float64(0.5), "made": callback()}},
            "numpy": [numpy.arange(3), numpy.dtype("float32"), numpy.random.RandomState(1).get_state()[2:]],
            "sets": [set(), {1, 2}, frozenset({3}), frozenset()], "bytes": [b"", b"ab", bytearray(b"c")],
            "integers": [1 << 40, -(1 << 70), 1 << 2100], "torch": [torch.Size([1]), torch.device("cpu"), torch.half],
            "hyper_parameters": argparse.Namespace(model={"layers": 2}), "model": {"layers": 2}, 7: "seven"}
    return {"state_dict": collections.OrderedDict(buffer=buffer, parameter=parameter), **rest}


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
    for protocol in (2, 5):
        torch.save(training_checkpoint(), folder / f"training_protocol{protocol}.ckpt", pickle_protocol=protocol)
    vectors = torch.arange(6, dtype=torch.float32).view(2, 3)  # a word as AUTOMATIC1111's web UI saves it
    torch.save({"string_to_token": {"*": torch.tensor(265)}, "string_to_param": {"*": vectors}, "name": "rex",
                "step": 100, "sd_checkpoint": "7460a6fa", "sd_checkpoint_name": None}, folder / "word.pt")
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
