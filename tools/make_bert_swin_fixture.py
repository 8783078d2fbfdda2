#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/bert, swin and swin_odd_window: tiny networks of transformers.

    pip install torch==2.13.0 transformers==5.23.* safetensors
    tools/make_bert_swin_fixture.py tests/parity

What a fixture holds is said in parity_fixture.py.
"""
import pathlib
import re
import sys

import torch
from transformers import BertConfig, BertModel, SwinConfig
from transformers.models.swin.modeling_swin import SwinBackbone

from parity_fixture import inputs, save, seeded_weights

SWIN_KEYS = [(r"^swin\.", ""), (r"attention\.q_proj", "attention.self.query"),
             (r"attention\.k_proj", "attention.self.key"), (r"attention\.v_proj", "attention.self.value"),
             (r"attention\.o_proj", "attention.output.dense"), (r"mlp\.fc1", "intermediate.dense"),
             (r"mlp\.fc2", "output.dense"),
             (r"relative_position_bias\.relative_position_bias_table", "self.relative_position_bias_table")]


def swin_file_key(key):
    """From the names of transformers 5 to those that it writes into files, which are those of transformers 4."""
    for pattern, name in SWIN_KEYS:
        key = re.sub(pattern, name, key)
    return None if key.startswith("layernorm.") else key


def make_bert(folder):
    config = BertConfig(vocab_size=99, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                        intermediate_size=48, max_position_embeddings=24, attn_implementation="eager")
    network = seeded_weights(BertModel(config, add_pooling_layer=False))
    token_ids = torch.randint(0, 99, (2, 9), generator=torch.Generator().manual_seed(1))
    blocks = torch.block_diag(torch.ones(1, 1), torch.ones(5, 5), torch.ones(2, 2), torch.ones(1, 1)).bool()
    mask = torch.stack([blocks, torch.ones(9, 9, dtype=torch.bool)])
    positions = torch.tensor([[0, 0, 1, 2, 3, 4, 0, 1, 0], list(range(9))])
    allowed = torch.where(mask[:, None], 0.0, torch.finfo(torch.float32).min)
    output = network(input_ids=token_ids, attention_mask=allowed, position_ids=positions).last_hidden_state
    save(folder, "bert", config.to_dict(),
         dict(token_ids=token_ids, mask=mask, positions=positions, output=output))


def make_swin(folder, name, pixels, **sizes):
    config = SwinConfig(attn_implementation="eager", **sizes)
    network = seeded_weights(SwinBackbone(config), swin_file_key)
    maps = network(pixels).feature_maps
    save(folder, name, config.to_dict(), dict(pixels=pixels, first=maps[0], second=maps[1]))


def main():
    folder = pathlib.Path(sys.argv[1])
    with torch.no_grad():
        make_bert(folder)
        make_swin(folder, "swin", inputs(2, 2, 3, 45, 70),  # multiples of nothing
                  embed_dim=16, depths=[2, 3, 2], num_heads=[2, 4, 4], window_size=4, out_indices=[1, 3])
        # Half of an odd window, of which the last stage's map of 3 x 2 is smaller than one.
        make_swin(folder, "swin_odd_window", inputs(3, 1, 3, 23, 15), embed_dim=12, depths=[2, 2, 2],
                  num_heads=[3, 3, 6], window_size=5, out_indices=[2, 3], patch_size=2, mlp_ratio=2.5, qkv_bias=False)


if __name__ == "__main__":
    main()
