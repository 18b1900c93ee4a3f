"""From photographs to a saved model, after PyTorch's transfer-learning tutorial: a ResNet-50 as a fixed feature extractor, its head trained
by SGD on crops that differ in every epoch. Ends at the accuracy that is asked for, at the latest after the tutorial's 25 epochs.

    python whole_job.py '{"data": DIR, "weights": FILE, "out": FILE, "threads": N, "accuracy": 0.92, "seed": 0}'

The weights are Keras' and end after stage 3, so the network is made to fit: their stride lies in the first convolution of a block, their
epsilon is another, and they want BGR pixels up to 255 less a mean. Better than in the tutorial: the frozen part is in inference mode and
runs without gradients, and everything is channels_last.
"""
import json
import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import models
from torchvision.transforms import v2 as transforms

from data_loader import TO_TENSOR, loader

BATCH = 4
EPOCHS = 25
KERAS_EPSILON = 1.001e-5


def to_caffe(rgb: torch.Tensor) -> torch.Tensor:
    return rgb.flip(0) * 255 - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)


CAFFE = [*TO_TENSOR, transforms.Lambda(to_caffe)]
AUGMENTED = transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), *CAFFE])
UNAUGMENTED = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *CAFFE])

TYPES = {"F32": torch.float32}


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """A length, a JSON header, the numbers: https://github.com/huggingface/safetensors."""
    content = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    numbers = memoryview(content)[start:]
    return {
        name: torch.frombuffer(numbers[slice(*entry["data_offsets"])], dtype=TYPES[entry["dtype"]]).view(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def backbone(weights: Path) -> nn.Module:
    """A ResNet-50 up to stage 3, of Keras' kind; gives pooled features."""
    net = models.resnet50()
    net.layer4, net.fc = nn.Identity(), nn.Identity()
    for stage in (net.layer2, net.layer3):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = KERAS_EPSILON
    missing, unexpected = net.load_state_dict(read_safetensors(weights), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return net.to(memory_format=torch.channels_last).eval().requires_grad_(False)


def main() -> None:
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.set_flush_denormal(True)
    torch.manual_seed(options["seed"])
    data, workers = Path(options["data"]), options["threads"]
    training = loader(data / "train", AUGMENTED, BATCH, workers, shuffle=True)
    validation = loader(data / "val", UNAUGMENTED, BATCH, workers)
    frozen = backbone(Path(options["weights"]))
    head = nn.Linear(1024, len(training.dataset.classes))
    optimizer = torch.optim.SGD(head.parameters(), lr=0.001, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    loss_of = nn.CrossEntropyLoss()

    @torch.inference_mode()
    def accuracy() -> float:
        right = sum((head(features(x)).argmax(1) == labels).sum().item() for x, labels in validation)
        return right / len(validation.dataset)

    @torch.no_grad()
    def features(x: torch.Tensor) -> torch.Tensor:
        return frozen(x.to(memory_format=torch.channels_last))

    best, epochs = 0.0, 0
    while epochs < EPOCHS and best < options["accuracy"]:
        for x, labels in training:
            optimizer.zero_grad(set_to_none=True)
            loss_of(head(features(x)), labels).backward()
            optimizer.step()
        schedule.step()
        epochs += 1
        best = max(best, accuracy())
    torch.save({"backbone": frozen.state_dict(), "head": head.state_dict()}, options["out"])
    print(json.dumps({"accuracy": best, "epochs": epochs, "images": len(training.dataset) + len(validation.dataset)}), flush=True)


if __name__ == "__main__":
    main()
