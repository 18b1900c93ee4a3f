"""How readings are taken."""
import time
from typing import Callable


def timed(images: int, work: Callable[[], None]) -> dict:
    began = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - began, "images": images}
