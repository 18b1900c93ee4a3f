"""Files to normalised batches."""
from pathlib import Path

from torch.utils.data import ConcatDataset, DataLoader
from torchvision.datasets import ImageFolder

from data_loader import UNAUGMENTED, AUGMENTED
from timing import timed

BATCH = 32


def prepare(options: dict):
    transform = UNAUGMENTED if options["mode"] == "first" else AUGMENTED
    images = ConcatDataset([ImageFolder(str(Path(options["data"]) / part), transform) for part in ("train", "val")])
    workers = options["threads"]
    loader = DataLoader(images, batch_size=BATCH, num_workers=workers, persistent_workers=True)

    def epoch() -> None:
        for _ in loader:
            pass

    epoch()
    return lambda: timed(len(images), epoch)
