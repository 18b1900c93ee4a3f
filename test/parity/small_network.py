"""Prints PYTORCH_LOSSES of test/helpers/small-network.ts: the same network, weights and four steps in PyTorch.

    /tmp/parity/bin/python test/parity/small_network.py     (the virtual environment of generate.py)
"""
import torch
from generate import uniform
from torch.nn import functional as F

SHAPES = {"stem": (7, 7, 3, 8), "first": (3, 3, 8, 8), "second": (1, 1, 8, 16), "shortcut": (1, 1, 8, 16), "dense": (16, 3)}


def draw(name, shape):
    return torch.from_numpy(uniform(name, torch.Size(shape).numel())).reshape(shape)


images = draw("images", (4, 32, 32, 3)).permute(0, 3, 1, 2)
weights = {}
for name, shape in SHAPES.items():
    weights[name] = draw(name, shape) * 0.3
    if name != "dense":
        weights[name + ".gamma"] = torch.ones(shape[3])
        weights[name + ".beta"] = torch.zeros(shape[3])
weights = {name: weight.clone().requires_grad_() for name, weight in weights.items()}


def unit(name, x, stride, padding):
    y = F.conv2d(x, weights[name].permute(3, 2, 0, 1), stride=stride, padding=padding)
    return F.batch_norm(y, None, None, weights[name + ".gamma"], weights[name + ".beta"], training=True, eps=1e-5)


labels, shares = torch.tensor([0, 1, 2, 1]), torch.tensor([1, 1, 1, 0.5])
for _ in range(4):
    stem = F.max_pool2d(F.relu(unit("stem", images, 2, 3)), 3, 2, 1)
    path = unit("second", F.relu(unit("first", stem, 2, 1)), 1, 0)
    features = F.relu(path + unit("shortcut", stem, 2, 0)).mean((2, 3))
    losses = F.cross_entropy(features @ weights["dense"], labels, reduction="none", label_smoothing=0.1)
    loss = (losses * shares).sum() / shares.sum()
    print(loss.item())
    for weight, gradient in zip(weights.values(), torch.autograd.grad(loss, list(weights.values()))):
        weight.data -= 0.1 * gradient
