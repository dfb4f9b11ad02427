"""Holds go_on.py to its word: Heed trains 4 steps of a tiny GPT-2, two gloo processes on the CPU go on for 3, Heed goes on for 3 more. The ten
losses must be those of one training, which tests/fixtures/gpt-small.json has, within 1e-5.

Run: pip install torch transformers safetensors, npm ci, then python tests/real/distributed.py
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures"


def losses(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [json.loads(line)["loss"] for line in done.stdout.splitlines() if line.startswith("{")]


wanted = json.loads((FIXTURES / "gpt-small.json").read_text())["losses"]
with tempfile.TemporaryDirectory() as temporary:
    folder, batches = f"{temporary}/model", f"{temporary}/batches.safetensors"
    fixture = load_file(FIXTURES / "gpt-small.safetensors")
    save_file({"ids": fixture["steps.ids"], "targets": fixture["steps.targets"]}, batches)
    heed = ["node", "tools/node.mjs", "tests/real/distributed.ts"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "distributed/go_on.py"]
    found = losses(*heed, "begin", folder)
    found += losses(*torchrun, folder, "--batches", batches, "--steps", "3")
    found += losses(*heed, "end", folder)
worst = max(abs(a / b - 1) for a, b in zip(found, wanted, strict=True))
print(f"torch {torch.__version__}: {found}\nlargest relative difference from one training: {worst:.1e}")
sys.exit(0 if worst < 1e-5 else 1)
