"""Turns a graph of Planetoid (Yang et al. 2016) into JSON for `npm run bench -- citations`. The repository kimiyoung/planetoid (MIT) has them:

    python bench/planetoid.py planetoid/data/ind.cora cora.json        # or ind.citeseer; needs numpy and scipy

Its files are pickles of Python 2, whose test nodes stand in an order of their own; nodes that CiteSeer lacks get no features, no label.
"""
import json
import pickle
import sys

import numpy as np

prefix, out = sys.argv[1:]


def read(part):
    with open(f"{prefix}.{part}", "rb") as file:
        return pickle.load(file, encoding="latin1")


x, y, tx, ty, allx, ally, ties = (read(part) for part in ("x", "y", "tx", "ty", "allx", "ally", "graph"))
tested = [int(line) for line in open(f"{prefix}.test.index")]
first, count = min(tested), max(tested) + 1
assert first == allx.shape[0]

features = [[] for _ in range(count)]
labels = [None] * count
for rows, classes, ids in ((allx, ally, range(first)), (tx, ty, tested)):
    rows = rows.tocsr()
    for row, node in enumerate(ids):
        held = rows[row]
        assert np.all(held.data == 1)
        features[node] = sorted(int(column) for column in held.indices)
        if classes[row].any():
            labels[node] = int(classes[row].argmax())

pairs = {(min(a, b), max(a, b)) for a, around in ties.items() for b in around if a != b}
json.dump(
    {
        "width": int(allx.shape[1]),
        "classes": int(y.shape[1]),
        "features": features,
        "labels": labels,
        "ties": sorted([int(a), int(b)] for a, b in pairs),
        # As in the papers: 20 of each class, then 500, then 1,000.
        "train": list(range(y.shape[0])),
        "validation": list(range(y.shape[0], y.shape[0] + 500)),
        "test": sorted(tested),
    },
    open(out, "w"),
    separators=(",", ":"),
)
