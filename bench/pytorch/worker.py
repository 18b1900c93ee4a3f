"""A side of PyTorch's: `worker.py TASK OPTIONS`. Says when it is warm, then answers each line on standard input with a reading."""
import json
import sys
from importlib import import_module

import torch


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    task, options = sys.argv[1], json.loads(sys.argv[2])
    torch.set_num_threads(options["threads"])
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    run = import_module(task).prepare(options)
    say({"ready": True})
    for _ in sys.stdin:
        say(run())


if __name__ == "__main__":
    main()
