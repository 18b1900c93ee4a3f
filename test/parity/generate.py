"""Makes the goldens of resnet.parity.test.ts with PyTorch. Needed only to make them again:

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch timm keras numpy Pillow safetensors
    /tmp/parity/bin/python test/parity/generate.py [directory with the real stage-3 file and photographs]

The weights are not stored: both sides make them from the same counter-based hash (hashed-weights.ts). What is stored of every depth is
its shape, its mean absolute value and 64 values spread evenly over it.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
# Blocks of each stage, whether they are bottlenecks, groups, and width of a group.
NETWORKS = {
    "resnet18": ([2, 2, 2, 2], False, 1, 64),
    "resnet50": ([3, 4, 6, 3], True, 1, 64),
    "resnext50_32x4d": ([3, 4, 6, 3], True, 32, 4),
    "resnext101_64x4d": ([3, 4, 23, 3], True, 64, 4),
    "wide_resnet50_2": ([3, 4, 6, 3], True, 1, 128),
}
# Of other libraries, and of the papers (family.py).
FAMILY = [
    "resnet50d", "resnetaa50d", "resnetv2_18", "resnetv2_50", "resnet50v2",
    "resnet18_a", "resnet18_c", "plain18", "resnet20", "resnet20_b", "resnet20_c", "plain20", "preact_resnet110", "preact_resnet164",
]


def uniform(name: str, count: int) -> np.ndarray:
    """`count` float32 values in [-1, 1) from the FNV-1a hash of a name and a counter, mixed by murmur3's finalizer."""
    seed = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for byte in name.encode():
            seed = np.uint32(np.uint32(seed ^ np.uint32(byte)) * np.uint32(16777619))
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + seed
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return ((h >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def hashed(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A weight that keeps activations in a healthy range: He for filters, near one for scales, near zero for shifts."""
    u = uniform(name, int(np.prod(shape))).astype(np.float64)
    if len(shape) > 1:
        u *= np.sqrt(6 / np.prod(shape[1:])) * (0.5 if len(shape) == 2 else 1)
    elif name.endswith(("running_var", "weight")):
        u = 0.75 + 0.25 * u
    else:
        u *= 0.1
    return torch.tensor(u.astype(np.float32).reshape(shape))


class Unit(nn.Module):
    def __init__(self, cin, cout, kernel, stride, eps, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False, groups=groups)
        self.bn = nn.BatchNorm2d(cout, eps=eps)

    def forward(self, x):
        return self.bn(self.conv(x))


class Block(nn.Module):
    def __init__(self, cin, width, stride, bottleneck, stride_on, eps, groups, group_width):
        super().__init__()
        cout = width * 4 if bottleneck else width
        inner = width * group_width // 64 * groups
        first = stride if stride_on == "1x1" else 1
        if bottleneck:
            self.units = nn.ModuleList([
                Unit(cin, inner, 1, first, eps), Unit(inner, inner, 3, stride // first, eps, groups), Unit(inner, cout, 1, 1, eps)])
        else:
            self.units = nn.ModuleList([Unit(cin, width, 3, stride, eps), Unit(width, width, 3, 1, eps)])
        self.down = Unit(cin, cout, 1, stride, eps) if stride != 1 or cin != cout else None

    def forward(self, x):
        y = x
        for i, unit in enumerate(self.units):
            y = unit(y if i == 0 else F.relu(y))
        return F.relu(y + (x if self.down is None else self.down(x)))


class ResNet(nn.Module):
    """torchvision's ResNet, ResNeXt and Wide ResNet, and Keras' ResNet where `stride_on` is 1x1."""

    def __init__(self, arch, stages=4, stride_on="3x3", eps=1e-5, classes=1000):
        super().__init__()
        counts, bottleneck, groups, group_width = NETWORKS[arch]
        self.stem = Unit(3, 64, 7, 2, eps)
        self.stages, cin = nn.ModuleList(), 64
        for stage in range(stages):
            width, blocks = 64 * 2**stage, []
            for i in range(counts[stage]):
                blocks.append(Block(cin, width, 2 if stage and not i else 1, bottleneck, stride_on, eps, groups, group_width))
                cin = width * 4 if bottleneck else width
            self.stages.append(nn.Sequential(*blocks))
        self.fc = nn.Linear(cin, classes)

    def named(self):
        """Every tensor under its torchvision state-dict key."""
        for key, tensor in self.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            part, rest = key.split(".", 1)
            if part == "stages":
                stage, block, rest = rest.split(".", 2)
                names = {"down.conv": "downsample.0", "down.bn": "downsample.1"}
                owner, leaf = rest.rsplit(".", 1)
                if owner.startswith("units"):
                    _, i, kind = owner.split(".")
                    owner = f"{kind}{int(i) + 1}"
                key = f"layer{int(stage) + 1}.{block}.{names.get(owner, owner)}.{leaf}"
            elif part == "stem":
                kind, leaf = rest.split(".")
                key = f"{kind}1.{leaf}"
            yield key, tensor

    def depths(self, x):
        found = {"stem": F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1)}
        y = found["stem"]
        for i, stage in enumerate(self.stages):
            y = found[f"stage{i + 1}"] = stage(y)
        found["features"] = y.mean((2, 3))
        found["logits"] = self.fc(found["features"])
        return found


def summary(tensor: torch.Tensor) -> dict:
    """Feature maps are stored as this project holds them, NHWC."""
    array = tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor
    flat = array.reshape(-1).double().numpy()
    at = np.linspace(0, flat.size - 1, 64).astype(int)
    return {"shape": list(array.shape), "meanAbsolute": float(np.abs(flat).mean()), "values": [float(f"{v:.8g}") for v in flat[at]]}


def golden(net: ResNet, x: torch.Tensor, leave=()) -> dict:
    net.eval()
    with torch.no_grad():
        return {depth: summary(value) for depth, value in net.depths(x).items() if depth not in leave}


def random_golden(arch: str) -> dict:
    from family import Keras, network

    net = network(arch, 1000)
    if isinstance(net, Keras):
        net.fill(hashed)
    else:
        for key, tensor in net.named():
            tensor.copy_(hashed(key, tuple(tensor.shape)))
    pixels = np.floor((uniform("pixels", 2 * 96 * 64 * 3).astype(np.float64) + 1) * 128).reshape(2, 96, 64, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = torch.tensor(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    return golden(net, x)


def real_golden(shared: Path) -> dict:
    """The real stage-3 file on the middle of one real photo, not resized, so that both sides see the very same pixels."""
    from PIL import Image
    from safetensors.torch import load_file

    photo = sorted((shared / "data/hymenoptera/val/ants").glob("*.jpg"))[0]
    image = np.asarray(Image.open(photo).convert("RGB"))
    top, left = (image.shape[0] - 224) // 2, (image.shape[1] - 224) // 2
    pixels = image[top : top + 224, left : left + 224, ::-1].astype(np.float32) - np.array([103.939, 116.779, 123.68], np.float32)
    net = ResNet("resnet50", stages=3, stride_on="1x1", eps=1.001e-5)
    file = load_file(shared / "weights/resnet50-imagenet-keras-stage3.safetensors")
    for key, tensor in net.named():
        if not key.startswith("fc."):
            tensor.copy_(file[key])
    x = torch.tensor(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
    return {"photo": f"data/hymenoptera/val/ants/{photo.name}", **golden(net, x, leave=("logits",))}


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    goldens = {"torch": torch.__version__, **{arch: random_golden(arch) for arch in [*NETWORKS, *FAMILY]}}
    if len(sys.argv) > 1:
        goldens["real"] = real_golden(Path(sys.argv[1]))
    (HERE / "goldens").mkdir(exist_ok=True)
    (HERE / "goldens" / "resnet.json").write_text(json.dumps(goldens, indent=1) + "\n")
