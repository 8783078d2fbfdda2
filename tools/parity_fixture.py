# SPDX-License-Identifier: Apache-2.0
"""What the makers of reference tensors share.

Weights are not stored: `seeded_weights` fills a network from its sorted keys, and the C++ tests do the
same with the same generator, so a fixture holds only a configuration, inputs and outputs.
"""
import importlib.metadata
import json

import torch
from safetensors.torch import save_file


def seeded_weights(module, file_key=lambda key: key):
    """Every tensor from a generator seeded by its place among the sorted keys. file_key: from the module's key to
    that of its files, or None for a tensor that files do not have."""
    state = module.state_dict()
    keys = {file_key(key): key for key in state if state[key].is_floating_point() and file_key(key)}
    for index, name in enumerate(sorted(keys)):
        generator = torch.Generator().manual_seed(1000 + index)
        shape = state[keys[name]].shape
        values = torch.randn(shape, generator=generator)
        if len(shape) > 1:
            values = values / (values[0].numel() ** 0.5)
        elif name.endswith("weight"):
            values = 1 + 0.1 * values
        else:
            values = 0.1 * values
        state[keys[name]] = values
    module.load_state_dict(state)
    return module.eval()


def inputs(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def save(folder, name, config, tensors):
    """`config` is anything that json.dumps takes as dict(config)."""
    versions = {name: importlib.metadata.version(name) for name in ("torch", "diffusers", "transformers")}
    metadata = {"config": json.dumps(dict(config)), **versions}
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / f"{name}.safetensors", metadata)
