"""Makes the golden of train-step.parity.test.ts with PyTorch. Needed only to make it again:

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch numpy
    /tmp/parity/bin/python test/parity/generate_train.py

A ResNet-18 of hashed weights (generate.py) takes three steps on four hashed images: clipped gradients, label smoothing, a rate a layer
group, decay on whatever is no vector. Stored are the losses before each step, and some weights and statistics after the last.
"""
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from generate import HERE, ResNet, hashed, uniform

CLASSES, SIZE, BATCH, STEPS = 10, 64, 4, 3
LABELS = [3, 1, 4, 1]
RATES = {"stem": 1e-4, "stage1": 2e-4, "stage2": 3e-4, "stage3": 4e-4, "stage4": 5e-4, "head": 1e-3}
# SGD's steps are as long as the gradients, which are clipped to 1; those of Adam are as long as the rate in every element.
TIMES = {"sgd": 20, "adamw": 0.1}
DECAY, CLIP, SMOOTHING = 0.05, 1.0, 0.1
KEPT = ["conv1.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.weight", "fc.weight", "fc.bias"]
KEPT += [f"{norm}.{part}" for norm in ("bn1", "layer2.0.downsample.1", "layer4.1.bn2") for part in ("running_mean", "running_var")]


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


def run(kind: str, batch_norm: str) -> dict:
    net = ResNet("resnet18", classes=CLASSES)
    with torch.no_grad():
        for key, tensor in net.named():
            tensor.copy_(hashed(key, tuple(tensor.shape)))
    net.train(batch_norm == "training")
    of_tensor = {tensor.data_ptr(): key for key, tensor in net.named()}
    parameters = {of_tensor[p.data_ptr()]: p for p in net.parameters()}
    moves = optimizer(kind, parameters)
    pixels = np.floor((uniform("train pixels", BATCH * SIZE * SIZE * 3).astype(np.float64) + 1) * 128).reshape(BATCH, SIZE, SIZE, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = torch.tensor(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    losses = []
    for _ in range(STEPS):
        loss = F.cross_entropy(net.depths(x)["logits"], torch.tensor(LABELS), label_smoothing=SMOOTHING)
        moves.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        moves.step()
        losses.append(float(f"{loss.item():.8g}"))
    after = dict(net.named())
    return {"losses": losses, "after": {name: sample(after[name]) for name in KEPT}}


if __name__ == "__main__":
    runs = {f"{kind}, {mode}": run(kind, mode) for kind in ("sgd", "adamw") for mode in ("inference", "training")}
    (HERE / "goldens" / "train.json").write_text(json.dumps({"torch": torch.__version__, **runs}, indent=1) + "\n")
