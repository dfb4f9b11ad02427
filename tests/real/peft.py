"""Opens folders that Heed wrote with PEFT, and compares logits. Run: python tests/real/peft.py, in the repository's folder (needs
tests/fixtures/requirements.txt, and what `npm run node` needs)."""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
sys.path = [entry for entry in sys.path if entry != str(pathlib.Path(__file__).parent)]  # this file has the package's name
sys.path.append(str(ROOT / "tests" / "fixtures"))

import torch  # noqa: E402
from make_peft import base_of, inputs, logits_of  # noqa: E402
from peft import PeftModel  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["npm", "run", "-s", "node", "--", "tests/real/peft.ts", folder], cwd=ROOT, check=True)
    for path in sorted(pathlib.Path(folder).iterdir()):
        answer = json.loads((path / "answer.json").read_text())
        model = PeftModel.from_pretrained(base_of(answer["base"]), path).eval()
        given = {key: x[0] for key, x in inputs()[answer["kind"]].items()}
        with torch.no_grad():
            logits = logits_of(model, answer["kind"], given).flatten()
            plain = logits_of(base_of(answer["base"]).eval(), answer["kind"], given).flatten()
        got = torch.tensor(answer["logits"])
        error, change = ((got - logits).norm() / logits.norm()).item(), ((plain - logits).norm() / logits.norm()).item()
        print(f"{path.name}: logits differ by {error:.1e}, from the base's by {change:.1e}")
        assert error < 5e-6 < change, path.name
