"""Writes a folder that transformers.js opens, of the same weights that Heed opens: model.onnx by PyTorch's exporter, and the
tokenizer. Run: python export.py MODEL OUT, with torch, transformers and onnx; MODEL as tests/real/minilm.py fetches it.
"""

import pathlib
import shutil
import sys

import torch
from transformers import AutoModel

NAMES = ["input_ids", "attention_mask", "token_type_ids"]


class Rows(torch.nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, *inputs):
        return self.body(**dict(zip(NAMES, inputs))).last_hidden_state


model, out = map(pathlib.Path, sys.argv[1:])
(out / "onnx").mkdir(parents=True, exist_ok=True)
body = AutoModel.from_pretrained(model, attn_implementation="eager").eval()
ids = torch.ones(2, 9, dtype=torch.long)
axes = {name: {0: "batch", 1: "tokens"} for name in [*NAMES, "last_hidden_state"]}
inputs = (ids, ids, torch.zeros_like(ids))
torch.onnx.export(
    Rows(body), inputs, str(out / "onnx/model.onnx"), input_names=NAMES, output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17
)  # fmt: skip
for name in ["config.json", "tokenizer.json", "tokenizer_config.json"]:
    shutil.copy(model / name, out / name)
