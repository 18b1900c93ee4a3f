"""Pictures as PyTorch's users read them: ImageFolder, transforms, DataLoader."""
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2 as transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TO_TENSOR = [transforms.ToImage(), transforms.ToDtype(torch.float32, scale=True)]
NORMALIZE = transforms.Normalize(MEAN, STD)

UNAUGMENTED = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *TO_TENSOR, NORMALIZE])
AUGMENTED = transforms.Compose([transforms.RandomResizedCrop(224, scale=(0.5, 1)), transforms.RandomHorizontalFlip(), *TO_TENSOR, NORMALIZE])


def loader(folder: Path, transform, batch: int, workers: int, shuffle: bool = False) -> DataLoader:
    """Workers stay between epochs: their start is not what is measured."""
    images = ImageFolder(str(folder), transform)
    return DataLoader(images, batch_size=batch, shuffle=shuffle, num_workers=workers, persistent_workers=True)
