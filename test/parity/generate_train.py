"""Makes the golden of train-step.parity.test.ts with PyTorch. Needed only to make it again:

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch numpy
    /tmp/parity/bin/python test/parity/generate_train.py

A network of each kind, of hashed weights (generate.py), takes three steps on four hashed images: clipped gradients, label smoothing, a rate a layer
group, decay on whatever is no vector. Stored are the losses before each step, and some weights and statistics after the last, in
float64; and how far PyTorch's own float32 is from them, since deep networks amplify rounding from step to step.
"""
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from family import network
from generate import HERE, hashed, uniform

CLASSES, SIZE, BATCH, STEPS = 10, 64, 4, 3
LABELS = [3, 1, 4, 1]
RATES = {"stem": 1e-4, "stage1": 2e-4, "stage2": 3e-4, "stage3": 4e-4, "stage4": 5e-4, "head": 1e-3}
# SGD's steps are as long as the gradients, which are clipped to 1; those of Adam are as long as the rate in every element.
TIMES = {"sgd": 20, "adamw": 0.1}
DECAY, CLIP, SMOOTHING = 0.05, 1.0, 0.1
KEPT = ["conv1.weight", "layer2.0.downsample.0.weight", "layer4.1.conv2.weight", "layer4.1.bn2.weight", "fc.weight", "fc.bias"]
KEPT += [f"{norm}.{part}" for norm in ("bn1", "layer2.0.downsample.1", "layer4.1.bn2") for part in ("running_mean", "running_var")]
RULES = [(kind, mode) for kind in ("sgd", "adamw") for mode in ("inference", "training")]


def group_of(name: str) -> str:
    if name.startswith(("conv1.", "bn1.")):
        return "stem"
    return f"stage{name[5]}" if name.startswith("layer") else "head"


def optimizer(kind: str, parameters: dict[str, nn.Parameter]) -> torch.optim.Optimizer:
    groups = [
        {"params": [p], "lr": RATES[group_of(name)] * TIMES[kind], "weight_decay": DECAY if p.ndim > 1 else 0}
        for name, p in parameters.items()
    ]
    return torch.optim.AdamW(groups) if kind == "adamw" else torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)


def sample(tensor: torch.Tensor) -> list[float]:
    """Sixteen values spread evenly over a tensor in torchvision's layout."""
    flat = tensor.detach().reshape(-1).double().numpy()
    at = np.linspace(0, flat.size - 1, 16).astype(int)
    return [float(f"{value:.8g}") for value in flat[at]]


def kept(arch: str) -> list[str]:
    """Twelve names spread evenly over a network, and every tensor of its last batch norm."""
    if arch in ("resnet18", "resnext50_32x4d"):
        return KEPT
    names = [name for name, _ in network(arch, CLASSES).named()]
    last = [name for name in names if name.endswith("running_var")][-1].removesuffix("running_var")
    spread = [names[i] for i in np.linspace(0, len(names) - 1, 12).astype(int)]
    return sorted({*spread, *(name for name in names if name.startswith(last))})


def run(arch: str, kind: str, batch_norm: str, dtype: torch.dtype) -> dict:
    net = network(arch, CLASSES)
    with torch.no_grad():
        for key, tensor in net.named():
            tensor.copy_(hashed(key, tuple(tensor.shape)))
    net.to(dtype).train(batch_norm == "training")
    of_tensor = {tensor.data_ptr(): key for key, tensor in net.named()}
    parameters = {of_tensor[p.data_ptr()]: p for p in net.parameters()}
    moves = optimizer(kind, parameters)
    pixels = np.floor((uniform("train pixels", BATCH * SIZE * SIZE * 3).astype(np.float64) + 1) * 128).reshape(BATCH, SIZE, SIZE, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = torch.tensor(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2).to(dtype)
    losses = []
    for _ in range(STEPS):
        loss = F.cross_entropy(net.depths(x)["logits"], torch.tensor(LABELS), label_smoothing=SMOOTHING)
        moves.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        moves.step()
        losses.append(float(f"{loss.item():.8g}"))
    after = dict(net.named())
    return {"losses": losses, "after": {name: sample(after[name]) for name in kept(arch)}}


def distance(found: list[float], expected: list[float]) -> float:
    """The largest distance, relative to the largest of the expected values."""
    found, expected = np.array(found), np.array(expected)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def golden(arch: str, kind: str, batch_norm: str) -> dict:
    exact, rounded = (run(arch, kind, batch_norm, dtype) for dtype in (torch.float64, torch.float32))
    losses = max(abs(a / b - 1) for a, b in zip(rounded["losses"], exact["losses"]))
    after = max(distance(rounded["after"][name], exact["after"][name]) for name in kept(arch))
    return {**exact, "float32Error": {"losses": float(f"{losses:.3g}"), "after": float(f"{after:.3g}")}}


if __name__ == "__main__":
    few = [("sgd", "training"), ("adamw", "inference")]
    rules = {
        **{arch: RULES for arch in ("resnet18", "resnext50_32x4d")},
        **{arch: few for arch in ("resnet50d", "resnetv2_18", "resnet20", "resnet20_b", "resnet18_c", "plain20", "preact_resnet164")},
    }
    runs = {arch: {f"{kind}, {mode}": golden(arch, kind, mode) for kind, mode in each} for arch, each in rules.items()}
    (HERE / "goldens" / "train.json").write_text(json.dumps({"torch": torch.__version__, **runs}, indent=1) + "\n")
