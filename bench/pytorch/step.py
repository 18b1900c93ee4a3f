"""Full fine-tuning steps of a ResNet, on a batch that lies ready in memory, normalised."""
import torch
from torch import nn
from networks import build
from timing import timed

STEPS = 3


def prepare(options: dict):
    batch = options["batch"]
    net = build(options["arch"]).to(memory_format=torch.channels_last).train()
    size = options.get("size", 224)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5, weight_decay=0.01, fused=True)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    x = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % 2
    forward = torch.compile(net) if options.get("compile") else net

    def steps(count: int = STEPS) -> None:
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(forward(x), labels)
            loss.backward()
            optimizer.step()
            loss.item()

    steps()
    return lambda: timed(batch * STEPS, steps)
