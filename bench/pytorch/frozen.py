"""Epochs of the usual loop with frozen lower layers: images decoded, the frozen part without gradients, the rest trained."""
from pathlib import Path

import torch
from torch import nn
from torchvision import models

from data_loader import UNAUGMENTED, AUGMENTED, loader
from timing import timed


def split(net: nn.Module, trained: str) -> tuple[nn.Module, nn.Module]:
    """The frozen part, in inference mode, and the trained one."""
    lower = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3)
    head = nn.Sequential(net.avgpool, nn.Flatten(), net.fc)
    if trained == "head":
        lower, upper = nn.Sequential(lower, net.layer4), head
    else:
        upper = nn.Sequential(net.layer4, head)
    return lower.eval().requires_grad_(False), upper


def prepare(options: dict):
    data, batch, workers = Path(options["data"]), options["batch"], options["threads"]
    net = models.get_model(options["arch"], num_classes=2).to(memory_format=torch.channels_last)
    frozen, trained = split(net, options["trained"])
    optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-5, weight_decay=0.01, fused=True)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    training = loader(data / "train", AUGMENTED, batch, workers, shuffle=True)
    validation = loader(data / "val", UNAUGMENTED, batch, workers)

    def train() -> None:
        trained.train()
        for x, labels in training:
            with torch.no_grad():
                features = frozen(x.to(memory_format=torch.channels_last))
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(trained(features), labels)
            loss.backward()
            optimizer.step()

    @torch.inference_mode()
    def validate() -> float:
        trained.eval()
        right = 0
        for x, labels in validation:
            right += (trained(frozen(x.to(memory_format=torch.channels_last))).argmax(1) == labels).sum().item()
        return right / len(validation.dataset)

    def epoch() -> None:
        train()
        validate()

    epoch()
    return lambda: timed(len(training.dataset) + len(validation.dataset), epoch)
