"""Networks of two classes: torchvision's, and the ResNet-20 for images of 32 px that it does not have."""
import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models


class Block(nn.Module):
    """Two 3x3 convolutions, and a shortcut that subsamples and pads channels (He et al. 2015, section 4.2)."""

    def __init__(self, cin: int, cout: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.stride, self.pad = stride, (cout - cin) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


def small(blocks: int) -> nn.Module:
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    cin = 16
    for width in (16, 32, 64):
        for i in range(blocks):
            layers.append(Block(cin, width, 2 if width > 16 and i == 0 else 1))
            cin = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2))


def build(arch: str) -> nn.Module:
    return small(3) if arch == "resnet20" else models.get_model(arch, num_classes=2)
