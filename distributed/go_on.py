"""Goes on in PyTorch with a training that Heed began, on one process or on several that share each batch:

    torchrun --nproc-per-node 2 distributed/go_on.py FOLDER --batches batches.safetensors --steps 100

FOLDER is what `loaded.saveTraining(checkpoint)` wrote. Each step is Heed's: its batch, its learning rate by the schedule, clipping by the
global norm, AdamW with moments that go on. The batches file holds `ids` and `targets`, int32 [steps, B, T], by the number of the
step (-100 is ignored); replace `batch_of` by your own data. Afterwards FOLDER holds the weights, moments and the step of now, for
`loaded.openTraining(folder)`, and Transformers loads it as ever. The process of rank 0 prints a line of JSON for each step.
"""

import argparse
import json
import math
import os
import pathlib

import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn.parallel import DistributedDataParallel
from transformers import AutoModelForCausalLM


def learning_rate(schedule, step):
    """engine/train/schedule.ts."""
    lr, warmup = schedule["lr"], schedule.get("warmup", 0)
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    if schedule["kind"] == "constant":
        return lr
    if schedule["kind"] == "inverse_square_root":
        return lr * math.sqrt(max(1, warmup) / max(1, step, warmup))
    done = min(1, (step - warmup) / max(1, schedule["steps"] - warmup))
    share = 1 - done if schedule["kind"] == "linear" else (1 + math.cos(math.pi * done)) / 2
    least = schedule.get("minimum", 0)
    return least + share * (lr - least)


def names_in(file, model):
    """Name in the file -> parameter: files of bodies have their names without the prefix of the class."""
    prefix = model.base_model_prefix + "."
    found = {}
    for name, parameter in model.named_parameters():
        known = [one for one in (name, name.removeprefix(prefix), prefix + name) if one in file]
        if not known:
            raise SystemExit(f"{name} is not in model.safetensors: is this the folder that saveTraining wrote?")
        found[known[0]] = parameter
    return found


def optimizer_of(parameters, options, moments, step):
    """AdamW as Heed's: matrices decay; moments and the number of updates go on."""
    decays = [p for p in parameters.values() if p.dim() >= 2]
    rest = [p for p in parameters.values() if p.dim() < 2]
    groups = [{"params": decays, "weight_decay": options["weightDecay"]}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])
    for name, p in parameters.items():
        if step > 0:
            optimizer.state[p] = {"step": torch.tensor(float(step)), "exp_avg": moments["first." + name], "exp_avg_sq": moments["second." + name]}
    return optimizer


def batch_of(batches, step, rank, world):
    """This process's rows of a step's batch, and how many labels the whole batch has."""
    ids, targets = batches["ids"][step].long(), batches["targets"][step].long()
    return ids[rank::world], targets[rank::world], int((targets != -100).sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--batches", required=True)
    parser.add_argument("--steps", type=int, required=True)
    given = parser.parse_args()
    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")

    training = json.loads((given.folder / "training.json").read_text())
    run = training["run"]
    if run["accumulate"] != 1:
        raise SystemExit("accumulate is not 1: make larger batches of its parts, and set it to 1 in training.json.")
    options = {key: math.inf if value == "Infinity" else value for key, value in run["optimizer"].items()}
    weights = load_file(given.folder / "model.safetensors")
    with safe_open(given.folder / "model.safetensors", "pt") as file:
        metadata = file.metadata()
    moments = {name: tensor.to(device) for name, tensor in load_file(given.folder / "optimizer.safetensors").items()}
    # eval(): dropout is Heed's own, drawn by the step; set the rates in config.json to 0, or call train() for torch's.
    model = AutoModelForCausalLM.from_pretrained(given.folder, torch_dtype=torch.float32).to(device).eval()
    parameters = names_in(weights, model)
    optimizer = optimizer_of(parameters, options, moments, run["step"])
    parallel = DistributedDataParallel(model) if world > 1 else model
    batches = load_file(given.batches)

    for step in range(run["step"], run["step"] + given.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(run["schedule"], step)
        ids, targets, labels = batch_of(batches, step, rank, world)
        logits = parallel(input_ids=ids.to(device)).logits
        total = F.cross_entropy(logits.flatten(0, 1), targets.to(device).flatten(), ignore_index=-100, reduction="sum")
        # DistributedDataParallel takes the mean of the processes' gradients: times the world it is their sum.
        (total * world / max(1, labels)).backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), options["clip"])
        optimizer.step()
        optimizer.zero_grad()
        loss = total.detach()
        if world > 1:
            dist.all_reduce(loss)
        if rank == 0:
            print(json.dumps({"step": step, "loss": loss.item() / max(1, labels), "norm": norm.item()}), flush=True)

    if rank == 0:
        for name, p in parameters.items():
            weights[name] = p.detach().cpu().contiguous()
            state = optimizer.state[p]
            moments["first." + name], moments["second." + name] = state["exp_avg"], state["exp_avg_sq"]
        save_file(weights, given.folder / "model.safetensors", metadata=metadata)
        save_file({name: tensor.cpu().contiguous() for name, tensor in moments.items()}, given.folder / "optimizer.safetensors", metadata=metadata)
        run["step"] += given.steps
        (given.folder / "training.json").write_text(json.dumps(training, indent=2) + "\n")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
