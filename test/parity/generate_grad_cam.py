"""Makes the goldens of grad-cam.parity.test.ts with the package grad-cam. Needed only to make them again:

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch torchvision numpy grad-cam
    /tmp/parity/bin/python test/parity/generate_grad_cam.py

Weights and pixels are those of generate.py; the heads are those of this project in PyTorch. Stored are the maps of two classes before they are
scaled and enlarged: the sum of the channels, each weighted by the mean of its gradient, at least 0.
"""
import json
from pathlib import Path

import numpy as np
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torch.nn import functional as F

from family import Residual
from generate import ResNet, hashed, uniform

HERE = Path(__file__).parent
CLASSES = 5
# Network, last stage, type of head, pooling, height and width of the image.
CASES = {
    "linear": ("resnet18", 4, "linear", "avg", (160, 96)),
    "linear on both poolings": ("resnet18", 4, "linear", "avg+max", (160, 96)),
    "mlp": ("resnet18", 4, "mlp", "avg", (160, 96)),
    "mlp on both poolings": ("resnet18", 4, "mlp", "avg+max", (160, 96)),
    "a cut network": ("resnet50", 3, "mlp", "avg+max", (80, 48)),
    "a pre-activation network": ("preact_resnet110", 3, "linear", "avg", (32, 20)),
    "a cut pre-activation network": ("preact_resnet110", 2, "mlp", "avg+max", (16, 12)),
}


class Classifier(nn.Module):
    def __init__(self, arch, stages, head, pooling):
        super().__init__()
        self.backbone = Residual([18] * stages, True, pre=True) if arch.startswith("preact") else ResNet(arch, stages)
        for key, tensor in self.backbone.named():
            tensor.copy_(hashed(key, tuple(tensor.shape)))
        self.last_map, self.stages, self.pooling = nn.Identity(), stages, pooling
        width = self.backbone.fc.in_features * (2 if pooling == "avg+max" else 1)
        self.fc = nn.Linear(width, CLASSES) if head == "linear" else nn.Sequential(
            nn.Linear(width, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, CLASSES))
        for key, tensor in self.fc.state_dict().items():
            tensor.copy_(hashed(f"fc.{key}", tuple(tensor.shape)))

    def forward(self, x):
        y = self.last_map(self.backbone.depths(x)[f"stage{self.stages}"])
        pooled = [F.adaptive_avg_pool2d(y, 1), F.adaptive_max_pool2d(y, 1)][: 2 if self.pooling == "avg+max" else 1]
        return self.fc(torch.cat(pooled, 1).flatten(1))


class UnscaledGradCAM(GradCAM):
    """Keeps the map, which `GradCAM` scales to 0..1 and enlarges to the image."""

    def get_cam_image(self, *args, **kwargs):
        self.unscaled = super().get_cam_image(*args, **kwargs)
        return self.unscaled


def golden(arch, stages, head, pooling, size) -> dict:
    with torch.no_grad():
        network = Classifier(arch, stages, head, pooling).eval()
    height, width = size
    pixels = np.floor((uniform("pixels", height * width * 3).astype(np.float64) + 1) * 128).reshape(1, height, width, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = torch.tensor(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    maps = {}
    with UnscaledGradCAM(network, [network.last_map]) as cam:
        for label in range(CLASSES):
            cam(x, [ClassifierOutputTarget(label)])
            maps[label] = np.maximum(cam.unscaled[0], 0)
    # A map without any evidence tells little: the two with the most.
    kept = sorted(maps, key=lambda label: -maps[label].max())[:2]
    shape = maps[0].shape
    return {
        "arch": arch, "stages": stages, "head": {"type": head, "pooling": pooling}, "size": size, "shape": shape,
        "maps": {label: [float(f"{v:.7g}") for v in maps[label].reshape(-1)] for label in kept},
    }


if __name__ == "__main__":
    goldens = {name: golden(*case) for name, case in CASES.items()}
    (HERE / "goldens" / "grad-cam.json").write_text(json.dumps(goldens) + "\n")
