"""Makes the goldens of features.parity.test.ts with torchvision. Needed only to make them again:

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch torchvision numpy
    /tmp/parity/bin/python test/parity/generate_features.py

The backbone is that of torchvision's detectors, `resnet_fpn_backbone(...).body`, with the weights and pixels of generate.py. Stored are the
keys and shapes of its state dict, and of every map its shape, its mean absolute value and 64 values.
"""
import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

from generate import hashed, summary, uniform

HERE = Path(__file__).parent
# Stages whose outputs the detector takes.
BACKBONES = {"resnet18": [1, 2, 3, 4], "resnet50": [1, 2, 3, 4], "resnext50_32x4d": [1, 2, 3]}


def golden(arch: str, stages: list[int]) -> dict:
    body = resnet_fpn_backbone(backbone_name=arch, weights=None, returned_layers=stages).body.eval()
    shapes = {key: list(tensor.shape) for key, tensor in body.state_dict().items()}
    body.load_state_dict({key: hashed(key, tuple(shape)) for key, shape in shapes.items()})
    pixels = np.floor((uniform("pixels", 2 * 96 * 64 * 3).astype(np.float64) + 1) * 128).reshape(2, 96, 64, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = torch.tensor(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    maps = body(x)
    return {"shapes": shapes, "features": {f"c{stage + 1}": summary(maps[str(i)]) for i, stage in enumerate(stages)}}


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    goldens = {"torchvision": torchvision.__version__, **{arch: golden(arch, stages) for arch, stages in BACKBONES.items()}}
    (HERE / "goldens" / "features.json").write_text(json.dumps(goldens) + "\n")
