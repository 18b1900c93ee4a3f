"""Networks of other libraries, and PyTorch versions of those that no library has, by this project's names of their weights.

    /tmp/parity/bin/pip install timm

A network has `named()`, its weights by name, and `depths(x)`, its feature maps, features and logits.
"""
import re

import torch
from torch import nn
from torch.nn import functional as F

from generate import ResNet


def rename(rules, key):
    for pattern, replacement in rules:
        key, found = re.subn(f"^{pattern}$", lambda m: replacement(*m.groups()), key)
        if found:
            return key
    return key


TIMM_V2 = [
    (r"stem\.conv\.(.*)", lambda part: f"conv1.{part}"),
    (r"stages\.(\d)\.blocks\.(\d+)\.downsample\.conv\.(.*)", lambda s, b, part: f"layer{int(s) + 1}.{b}.downsample.0.{part}"),
    (r"stages\.(\d)\.blocks\.(\d+)\.norm(\d)\.(.*)", lambda s, b, k, part: f"layer{int(s) + 1}.{b}.bn{k}.{part}"),
    (r"stages\.(\d)\.blocks\.(\d+)\.conv(\d)\.(.*)", lambda s, b, k, part: f"layer{int(s) + 1}.{b}.conv{k}.{part}"),
    (r"norm\.(.*)", lambda part: f"layer4.norm.{part}"),
    (r"head\.fc\.(.*)", lambda part: f"fc.{part}"),
]


class Timm(nn.Module):
    """timm's network, with its weights."""

    def __init__(self, arch, classes=1000):
        super().__init__()
        import timm

        self.net = timm.create_model(arch, num_classes=classes)
        self.v2 = arch.startswith("resnetv2")

    def named(self):
        for key, tensor in self.net.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                # The classifier of resnetv2 is a 1x1 convolution.
                yield rename(TIMM_V2 if self.v2 else [], key), tensor[:, :, 0, 0] if key == "head.fc.weight" else tensor

    def depths(self, x):
        net, found = self.net, {}
        if self.v2:
            y = found["stem"] = net.stem(x)
            for i, stage in enumerate(net.stages):
                y = stage(y)
                found[f"stage{i + 1}"] = y = net.norm(y) if i == 3 else y
        else:
            y = found["stem"] = net.maxpool(net.act1(net.bn1(net.conv1(x))))
            for i in range(1, 5):
                y = found[f"stage{i}"] = getattr(net, f"layer{i}")(y)
        found["features"] = y.mean((2, 3))
        found["logits"] = net.head(y) if self.v2 else net.fc(found["features"])
        return found


class Small(nn.Module):
    """A block of Original or PreActivated: layers by name, and the kind of shortcut."""

    def __init__(self, cin, width, stride, bottleneck, shortcut, pre):
        super().__init__()
        cout = 4 * width if bottleneck else width
        self.sizes = (cin, cout, stride)
        kernels = [(1, cin, width), (3, width, width), (1, width, cout)] if bottleneck else [(3, cin, width), (3, width, width)]
        for i, (kernel, a, b) in enumerate(kernels, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, stride if i == 1 else 1, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(a if pre else b))
        self.count, self.pre, self.shortcut = len(kernels), pre, shortcut
        if shortcut == "C" or (shortcut == "B" and cin != cout):
            self.down = nn.Conv2d(cin, cout, 1, stride, bias=False)
            self.down_norm = nn.Identity() if pre else nn.BatchNorm2d(cout)
        else:
            self.down = None

    def around(self, x, activated):
        cin, cout, stride = self.sizes
        if self.down is not None:
            return self.down_norm(self.down(activated))
        if cin == cout and stride == 1:
            return x
        source = x if cin == cout else activated
        pad = cout - cin
        return F.pad(source[:, :, ::stride, ::stride], (0, 0, 0, 0, pad // 2, pad - pad // 2))

    def forward(self, x):
        y = first = F.relu(self.bn1(x)) if self.pre else x
        for i in range(1, self.count + 1):
            conv, norm = getattr(self, f"conv{i}"), getattr(self, f"bn{i}")
            if self.pre:
                y = conv(y if i == 1 else F.relu(norm(y)))
            else:
                y = norm(conv(y if i == 1 else F.relu(y)))
        if self.pre:
            return y + self.around(x, first)
        return F.relu(y if self.shortcut == "none" else y + self.around(x, x))


class Residual(nn.Module):
    """He et al. 2015, section 4.2 (CIFAR) and tables 1 and 3; He et al. 2016, figure 1b. Strides of bottlenecks on the 1x1."""

    def __init__(self, counts, cifar, bottleneck=False, shortcut="A", pre=False, classes=10):
        super().__init__()
        base = 16 if cifar else 64
        self.conv1 = nn.Conv2d(3, base, 3 if cifar else 7, 1 if cifar else 2, 1 if cifar else 3, bias=False)
        self.bn1 = None if pre else nn.BatchNorm2d(base)
        self.cifar, self.stages, cin = cifar, nn.ModuleList(), base
        for stage, count in enumerate(counts):
            width, blocks = base * 2**stage, []
            for i in range(count):
                blocks.append(Small(cin, width, 2 if stage and not i else 1, bottleneck, shortcut, pre))
                cin = 4 * width if bottleneck else width
            self.stages.append(nn.Sequential(*blocks))
        self.norm = nn.BatchNorm2d(cin) if pre else None
        self.fc = nn.Linear(cin, classes)

    def named(self):
        for key, tensor in self.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            rules = [
                (r"stages\.(\d)\.(\d+)\.down_norm\.(.*)", lambda s, b, part: f"layer{int(s) + 1}.{b}.downsample.1.{part}"),
                (r"stages\.(\d)\.(\d+)\.down\.(.*)", lambda s, b, part: f"layer{int(s) + 1}.{b}.downsample.0.{part}"),
                (r"stages\.(\d)\.(\d+)\.(.*)", lambda s, b, part: f"layer{int(s) + 1}.{b}.{part}"),
                (r"norm\.(.*)", lambda part: f"layer{len(self.stages)}.norm.{part}"),
            ]
            yield rename(rules, key), tensor

    def depths(self, x):
        y = self.conv1(x)
        y = y if self.bn1 is None else F.relu(self.bn1(y))
        found = {"stem": y if self.cifar else F.max_pool2d(y, 3, 2, 1)}
        y = found["stem"]
        for i, stage in enumerate(self.stages, 1):
            y = stage(y)
            if i == len(self.stages) and self.norm is not None:
                y = F.relu(self.norm(y))
            found[f"stage{i}"] = y
        found["features"] = y.mean((2, 3))
        found["logits"] = self.fc(found["features"])
        return found


class Keras(nn.Module):
    """Keras' own network. Only `depths` is used, and without gradients."""

    NAMES = [
        (r"conv1_conv", lambda: "conv1"),
        (r"conv(\d)_block(\d+)_preact_bn", lambda s, b: f"layer{int(s) - 1}.{int(b) - 1}.bn1"),
        (r"conv(\d)_block(\d+)_0_conv", lambda s, b: f"layer{int(s) - 1}.{int(b) - 1}.downsample.0"),
        (r"conv(\d)_block(\d+)_(\d)_bn", lambda s, b, k: f"layer{int(s) - 1}.{int(b) - 1}.bn{int(k) + 1}"),
        (r"conv(\d)_block(\d+)_(\d)_conv", lambda s, b, k: f"layer{int(s) - 1}.{int(b) - 1}.conv{k}"),
        (r"post_bn", lambda: "layer4.norm"),
        (r"predictions", lambda: "fc"),
    ]
    PARTS = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}

    def __init__(self, arch, classes=1000):
        super().__init__()
        import keras

        of = {"resnet50v2": "ResNet50V2", "resnet101v2": "ResNet101V2", "resnet152v2": "ResNet152V2"}
        self.net = getattr(keras.applications, of[arch])(weights=None, input_shape=(96, 64, 3), classes=classes, include_top=False)
        self.fc = nn.Linear(2048, classes)

    def fill(self, hashed):
        for layer in self.net.layers:
            values = []
            for weight in layer.weights:
                key = f"{rename(self.NAMES, layer.name)}.{self.PARTS[weight.name]}"
                shape = tuple(weight.shape)
                value = hashed(key, (shape[3], shape[2], shape[0], shape[1]) if len(shape) == 4 else shape).numpy()
                values.append(value.transpose(2, 3, 1, 0) if len(shape) == 4 else value)
            layer.set_weights(values)
        with torch.no_grad():
            self.fc.weight.copy_(hashed("fc.weight", tuple(self.fc.weight.shape)))
            self.fc.bias.copy_(hashed("fc.bias", tuple(self.fc.bias.shape)))

    def depths(self, x):
        import keras

        ends = ["pool1_pool", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "post_relu"]
        model = keras.Model(self.net.input, [self.net.get_layer(name).output for name in ends])
        maps = [torch.tensor(y).permute(0, 3, 1, 2) for y in model.predict(x.permute(0, 2, 3, 1).numpy(), verbose=0)]
        found = dict(zip(["stem", "stage1", "stage2", "stage3", "stage4"], maps))
        found["features"] = maps[-1].mean((2, 3))
        found["logits"] = self.fc(found["features"])
        return found


SIX_N, NINE_N = {"20": 3, "56": 9, "110": 18}, {"164": 18}


def network(arch: str, classes: int) -> nn.Module:
    if arch.startswith(("resnetv2_", "resnet50d", "resnetaa50d")):
        return Timm(arch, classes)
    if arch.endswith("v2"):
        return Keras(arch, classes)
    depth = re.search(r"\d+", arch)[0]
    shortcut = "none" if arch.startswith("plain") else {"b": "B", "c": "C"}.get(arch[-1], "A")
    pre = arch.startswith("preact")
    if depth in NINE_N:
        return Residual([NINE_N[depth]] * 3, True, bottleneck=True, shortcut="B", pre=pre, classes=classes)
    if depth in SIX_N:
        return Residual([SIX_N[depth]] * 3, True, shortcut=shortcut, pre=pre, classes=classes)
    if depth in ("18", "34") and arch != f"resnet{depth}":
        return Residual([2, 2, 2, 2] if depth == "18" else [3, 4, 6, 3], False, shortcut=shortcut, classes=classes)
    return ResNet(arch, classes=classes)
