"""The originals of examples/zoo in PyTorch: torchvision's, timm's, and those written here.

``python -m support.torch_originals`` in tests/ writes tests/fixtures/zoo.csv and kept_bytes.csv, which
the tests hold every file against. The models are on the meta device: they have sizes and no values.
"""

import csv
from collections import Counter
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

try:
    import torchvision
except RuntimeError:  # its operators on boxes are built for one build of PyTorch only
    boxes = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        boxes.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision
import timm

from support import as_original
from support.torch_saved import saved_bytes
from support.zoo import FIXTURE, OPS

COLUMNS = ("network", "original", "side", "trainable", "statistics", *OPS)
SIDES = (33, 97, 129, 191, 192, 200, 223, 224, 239, 255, 256, 288, 299, 331, 341)
MORE_SIDES = {"alexnet": (222, 254)}  # about where its last map is 6x6


# ---- originals that no package has


class Branches(nn.ModuleList):
    """The outputs of all branches, one behind the other."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


def conv(entering, leaving, kernel, stride=1, padding=0):
    return nn.Sequential(nn.Conv2d(entering, leaving, kernel, stride, padding), nn.ReLU())


def inception(entering, a, r3, n3, r5, n5, p):
    return Branches(
        [
            conv(entering, a, 1),
            nn.Sequential(conv(entering, r3, 1), conv(r3, n3, 3, 1, 1)),
            nn.Sequential(conv(entering, r5, 1), conv(r5, n5, 5, 1, 2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(entering, p, 1)),
        ]
    )


def googlenet():
    """bvlc_googlenet of Caffe, whose pools round up; the last pool is of the whole map."""
    return nn.Sequential(
        conv(3, 64, 7, 2, 3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        conv(64, 64, 1),
        conv(64, 192, 3, 1, 1),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        inception(192, 64, 96, 128, 16, 32, 32),
        inception(256, 128, 128, 192, 32, 96, 64),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        inception(480, 192, 96, 208, 16, 48, 64),
        inception(512, 160, 112, 224, 24, 64, 64),
        inception(512, 128, 128, 256, 24, 64, 64),
        inception(512, 112, 144, 288, 32, 64, 64),
        inception(528, 256, 160, 320, 32, 128, 128),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        inception(832, 256, 160, 320, 32, 128, 128),
        inception(832, 384, 192, 384, 48, 128, 128),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(1024, 1000),
    )


class Level(nn.Module):
    """A level of U-Net: two convolutions, what is below, and two convolutions of both."""

    def __init__(self, entering, channels, depth):
        super().__init__()
        self.before = nn.Sequential(
            conv(entering, channels, 3, 1, 1), conv(channels, channels, 3, 1, 1)
        )
        self.below = None
        if depth:
            self.below = nn.Sequential(
                nn.MaxPool2d(2),
                Level(channels, 2 * channels, depth - 1),
                nn.ConvTranspose2d(2 * channels, channels, 2, 2),
            )
            self.after = nn.Sequential(
                conv(2 * channels, channels, 3, 1, 1), conv(channels, channels, 3, 1, 1)
            )

    def forward(self, x):
        x = self.before(x)
        return self.after(torch.cat([x, self.below(x)], 1)) if self.below else x


def unet():
    return nn.Sequential(Level(1, 64, 4), nn.Conv2d(64, 2, 1))


class Basic(nn.Module):
    """Two 3x3 of a ResNet for CIFAR; its shortcut has no weights (option A)."""

    def __init__(self, entering, channels):
        super().__init__()
        self.stride, self.new = (1, 0) if entering == channels else (2, channels - entering)
        self.conv1 = nn.Conv2d(entering, channels, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        inside = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        kept = x[:, :, :: self.stride, :: self.stride]
        return (inside + functional.pad(kept, (0, 0, 0, 0, 0, self.new))).relu()


def resnet_cifar(blocks):
    widths = [16] * (blocks + 1) + [32] * blocks + [64] * blocks
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *(Basic(entering, channels) for entering, channels in pairwise(widths)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def resnet50_v1():
    """torchvision's, with the strides of the first blocks moved from conv2 to conv1."""
    model = torchvision.models.resnet50()
    for stage in (model.layer2, model.layer3, model.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    return model


# ---- all of them


def of_torchvision(name, **settings):
    return lambda: getattr(torchvision.models, name)(weights=None, **settings)


def of_timm(name):
    return lambda: timm.create_model(name)


ALIKE = ("alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "densenet121", "densenet169")
ALIKE += ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
ALIKE += ("mobilenet_v2", "efficientnet_b0")
WITHOUT_AUXILIARY_HEADS = {"aux_logits": False, "init_weights": False}
ORIGINALS = {  # by file: whose it is, and what builds it
    **{name: ("torchvision", of_torchvision(name)) for name in ALIKE},
    "googlenet_bn": ("torchvision", of_torchvision("googlenet", **WITHOUT_AUXILIARY_HEADS)),
    "inception_v3": ("torchvision", of_torchvision("inception_v3", **WITHOUT_AUXILIARY_HEADS)),
    "resnext50": ("torchvision", of_torchvision("resnext50_32x4d")),
    "squeezenet": ("torchvision", of_torchvision("squeezenet1_1")),
    "convnext_t": ("torchvision", of_torchvision("convnext_tiny")),
    "mobilenet_v1": ("timm", of_timm("mobilenetv1_100")),
    "se_resnet50": ("timm", of_timm("seresnet50")),
    "inception_v4": ("timm", of_timm("inception_v4")),
    "resnet50_v1": ("torchvision with its strides moved", resnet50_v1),
    "googlenet": ("Caffe", googlenet),
    "unet": ("the paper", unet),
    "resnet20_cifar": ("the paper", lambda: resnet_cifar(3)),
    "resnet56_cifar": ("the paper", lambda: resnet_cifar(9)),
}


def built(name):
    """The original of a file in evaluation mode, on the meta device."""
    with torch.device("meta"):
        return ORIGINALS[name][1]().eval()


# ---- counting


def multiply_adds(model, side):
    """Those of one image by op, as a Counter; or None where the network has no such size.

    A linear layer over the pixels of a map is a 1x1 convolution.
    """
    found = Counter()

    def count(module, inputs, output):
        values, weights = output.numel(), module.weight.numel()
        match module:
            case nn.Linear():
                op = "fc" if output.dim() == 2 else "conv"
                found[op] += values * module.in_features
            case nn.ConvTranspose2d():
                found["deconv"] += inputs[0].numel() * weights // module.in_channels
            case _:
                is_dw = module.groups == module.in_channels > 1
                found["dw" if is_dw else "conv"] += values * weights // module.out_channels

    weighted = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    layers = [module for module in model.modules() if isinstance(module, weighted)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    channels = next(layer.in_channels for layer in layers if isinstance(layer, nn.Conv2d))
    try:
        model(torch.empty(1, channels, side, side, device="meta"))
    except RuntimeError:
        return None
    finally:
        for hook in hooks:
            hook.remove()
    return found


def rows(name, sides):
    """The rows of the fixture of one file; without figures where the original has no such size."""
    model = built(name)
    trainable = sum(values.numel() for values in model.parameters())
    statistics = sum(values.numel() for values in model.buffers() if values.dim())
    for side in sides:
        found = multiply_adds(model, side)
        figures = ["", "", "", "", "", ""]
        if found is not None:
            figures = [trainable, statistics, *(found[op] for op in OPS)]
        row = (name, ORIGINALS[name][0], side, *figures)
        yield dict(zip(COLUMNS, map(str, row), strict=True))


def kept_bytes(name):
    """What autograd keeps at the size of the file, as a row of the fixture."""
    model, (*extents, channels) = built(name).train(), as_original.image_of(name)
    found = [
        saved_bytes(model, torch.empty(batch, channels, *extents, device="meta"))
        for batch in as_original.BATCHES
    ]
    return dict(zip(as_original.COLUMNS, map(str, (name, *found)), strict=True))


def write():
    with as_original.FIXTURE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, as_original.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(kept_bytes, sorted(ORIGINALS)))
    with FIXTURE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for name in sorted(ORIGINALS):
            writer.writerows(rows(name, sorted(SIDES + MORE_SIDES.get(name, ()))))


if __name__ == "__main__":
    write()
