"""What the seq2seq cases' answers are, by PyTorch's nn.Transformer in float64 -> references.js beside this file.

Run: python make_references.py PEERS, where PEERS is a copy of the harness that extend.mjs was run on.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(2)

DUMP = """
import { writeFileSync } from 'node:fs';
const [, peers, out] = process.argv;
await import(`${peers}/reference.js`);
const { seq2seqCases, seq2seqInputs } = await import(`${peers}/heed/seq2seq/cases.js`);
for (const cs of seq2seqCases) {
  const { params, ...rest } = seq2seqInputs(cs);
  const shapes = {};
  for (const [name, { shape, data }] of Object.entries(params)) {
    shapes[name] = shape;
    writeFileSync(`${out}/${cs.id}.${name}.f32`, data);
  }
  const ids = Object.fromEntries(Object.entries(rest).map(([name, list]) => [name, [...list]]));
  writeFileSync(`${out}/${cs.id}.json`, JSON.stringify({ case: cs, shapes, ids }));
}
"""


class Model(nn.Module):
    def __init__(self, cfg, shapes, read):
        super().__init__()
        width = cfg["width"]
        self.embedding = nn.Parameter(torch.empty(cfg["vocabulary"], width))
        self.transformer = nn.Transformer(
            d_model=width,
            nhead=cfg["heads"],
            num_encoder_layers=cfg["layers"],
            num_decoder_layers=cfg["layers"],
            dim_feedforward=cfg["hidden"],
            dropout=0.0,
            activation="relu",
            batch_first=True,
            norm_first=True,
        )
        given = {name: read(name).reshape(shape) for name, shape in shapes.items()}
        own = {"embedding": given.pop("embedding.weight")}
        for name in [name for name in given if ".q_proj." in name]:
            kind = name.rsplit(".", 1)[1]
            both = torch.cat([given.pop(name), given.pop(name.replace("q_proj", "kv_proj"))])
            own["transformer." + name.replace(f"q_proj.{kind}", f"in_proj_{kind}")] = both
        own.update({"transformer." + name: tensor for name, tensor in given.items()})
        self.load_state_dict(own)
        position = torch.arange(cfg["context"])[:, None]
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000) / width))
        self.positions = torch.stack([torch.sin(position * rate), torch.cos(position * rate)], -1).flatten(1)

    def embed(self, ids):
        return self.embedding[ids] * math.sqrt(self.embedding.shape[1]) + self.positions[: ids.shape[1]]

    def padding(self, source, lengths):
        return torch.arange(source.shape[1])[None, :] >= lengths[:, None]

    def encode(self, source, lengths):
        return self.transformer.encoder(
            self.embed(source), src_key_padding_mask=self.padding(source, lengths)
        )

    def decode(self, memory, padding, target):
        causal = torch.triu(torch.ones(target.shape[1], target.shape[1], dtype=torch.bool), 1)
        y = self.transformer.decoder(
            self.embed(target), memory, tgt_mask=causal, memory_key_padding_mask=padding
        )
        return y @ self.embedding.T


def losses(model, cs, ids):
    source, target, labels = (ids[name].reshape(cs["B"], -1) for name in ("source", "ids", "labels"))
    padding = model.padding(source, ids["sourceLengths"])
    groups = [
        {"params": [p for p in model.parameters() if (p.dim() > 1) == matrix], "weight_decay": decay}
        for matrix, decay in ((True, cs["decay"]), (False, 0.0))
    ]
    optimizer = torch.optim.AdamW(groups, lr=cs["lr"], betas=(0.9, 0.999), eps=1e-8)
    found = []
    for _ in range(4):
        optimizer.zero_grad()
        logits = model.decode(model.encode(source, ids["sourceLengths"]), padding, target)
        loss = F.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=-1, label_smoothing=cs["smoothing"]
        )
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found, None


@torch.no_grad()
def beam(model, cs, ids):
    """Of all continuations of all beams the likeliest K go on; the end is never chosen."""
    count, beams, vocabulary = cs["sentences"], cs["beams"], cs["cfg"]["vocabulary"]
    sources = ids["source"].reshape(count, -1)
    lengths = ids["sourceLengths"]
    memory = model.encode(sources, lengths)
    padding = model.padding(sources, lengths)
    memory, padding = (x.repeat_interleave(beams, 0) for x in (memory, padding))
    texts = torch.ones(count * beams, 1, dtype=torch.long)
    sums = torch.tensor([0.0] + [-math.inf] * (beams - 1)).repeat(count, 1)  # all beams begin alike
    margin = math.inf
    for _ in range(cs["tokens"]):
        log = model.decode(memory, padding, texts)[:, -1].log_softmax(-1)
        log[:, 2] = -math.inf
        best, at = (sums.flatten()[:, None] + log).reshape(count, -1).topk(beams + 1)
        margin = min(margin, (best[:, :-1] - best[:, 1:]).min().item())
        rows = at[:, :beams] // vocabulary + beams * torch.arange(count)[:, None]
        texts = torch.cat([texts[rows.flatten()], (at[:, :beams] % vocabulary).reshape(-1, 1)], 1)
        sums = best[:, :beams]
    return texts[::beams, 1:].flatten().tolist(), margin


def main():
    peers = pathlib.Path(sys.argv[1]).resolve()
    lines = ["// Written by make_references.py: losses of the first steps, ids of the best hypotheses.", ""]
    lines.append("export const references = {")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--input-type=module", "-e", DUMP, str(peers), folder], check=True)
        for file in sorted(pathlib.Path(folder).glob("*.json"), reverse=True):
            data = json.loads(file.read_text())
            cs = data["case"]
            read = lambda name: torch.from_numpy(
                np.fromfile(f"{folder}/{cs['id']}.{name}.f32", np.float32).astype(np.float64)
            )
            ids = {name: torch.tensor(list(values)) for name, values in data["ids"].items()}
            model = Model(cs["cfg"], data["shapes"], read)
            values, margin = (losses if cs["kind"] == "seq2seq-train" else beam)(model, cs, ids)
            print(cs["id"], values, "smallest margin", margin)
            lines.append(f"  '{cs['id']}': {values},")
    lines.append("};")
    pathlib.Path(__file__).with_name("references.js").write_text("\n".join(lines) + "\n")


main()
