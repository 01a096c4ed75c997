"""The networks in PyTorch's plain modules: models in code, since the peers count no text."""

from __future__ import annotations

from functools import partial

from networks import INPUT, RESNET_STAGES, VGG_STAGES
from torch import Tensor, nn

Conv = partial(nn.Conv2d, device="meta")
Norm = partial(nn.BatchNorm2d, device="meta")
Linear = partial(nn.Linear, device="meta")


def vgg16() -> nn.Module:
    layers: list[nn.Module] = []
    entering = INPUT[-1]
    for channels, convolutions in VGG_STAGES:
        for _ in range(convolutions):
            layers += [Conv(entering, channels, 3, padding=1), nn.ReLU(inplace=True)]
            entering = channels
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    for entering, features in ((512 * 7 * 7, 4096), (4096, 4096)):
        layers += [Linear(entering, features), nn.ReLU(inplace=True), nn.Dropout()]
    return nn.Sequential(*layers, Linear(4096, 1000))


class Bottleneck(nn.Module):
    """relu(x + f(x)) as in torchvision: a 3x3, which strides, between two 1x1."""

    def __init__(self, entering: int, channels: int, stride: int) -> None:
        super().__init__()
        leaving = 4 * channels
        self.conv1 = Conv(entering, channels, 1, bias=False)
        self.bn1 = Norm(channels)
        self.conv2 = Conv(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = Norm(channels)
        self.conv3 = Conv(channels, leaving, 1, bias=False)
        self.bn3 = Norm(leaving)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut: nn.Module | None = None
        if entering != leaving:
            convolution = Conv(entering, leaving, 1, stride, bias=False)
            self.shortcut = nn.Sequential(convolution, Norm(leaving))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.shortcut is None else self.shortcut(x)))


def resnet152() -> nn.Module:
    layers = [Conv(INPUT[-1], 64, 7, 2, padding=3, bias=False), Norm(64), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(3, 2, padding=1))
    entering = 64
    for channels, blocks, stride in RESNET_STAGES:
        for block in range(blocks):
            layers.append(Bottleneck(entering, channels, 1 if block else stride))
            entering = 4 * channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), Linear(entering, 1000)]
    return nn.Sequential(*layers)


MODELS = {"VGG-16": vgg16, "ResNet-152": resnet152}


def build(network: str, device: str) -> nn.Module:
    """The network, ready to infer; on a real device its weights are arbitrary.

    No tool counts by the weights' values, so the second that drawing them takes is left out.
    """
    model = MODELS[network]().eval()
    return model if device == "meta" else model.to_empty(device=device)
