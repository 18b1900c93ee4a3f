"""Files to normalised batches."""
from pathlib import Path

from torch.utils.data import ConcatDataset, DataLoader
from torchvision.datasets import ImageFolder

from pictures import PLAIN, VARIED
from timing import timed

BATCH = 32


def prepare(options: dict):
    transform = PLAIN if options["mode"] == "first" else VARIED
    pictures = ConcatDataset([ImageFolder(str(Path(options["data"]) / part), transform) for part in ("train", "val")])
    workers = options["threads"]
    loader = DataLoader(pictures, batch_size=BATCH, num_workers=workers, persistent_workers=True)

    def epoch() -> None:
        for _ in loader:
            pass

    epoch()
    return lambda: timed(len(pictures), epoch)
