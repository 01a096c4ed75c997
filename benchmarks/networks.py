"""The networks that are counted: netform's text, the models' sizes, what every tool must find.

Both sides read this file, so it imports nothing of netform and nothing of the peers.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT = (224, 224, 3)
VGG_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions
RESNET_STAGES = ((64, 3, 1), (128, 8, 2), (256, 36, 2), (512, 3, 2))  # channels, blocks, stride

VGG16 = """
input 224x224x3
conv64k3  conv64k3             pool2
conv128k3 conv128k3            pool2
conv256k3 conv256k3 conv256k3  pool2
conv512k3 conv512k3 conv512k3  pool2
conv512k3 conv512k3 conv512k3  pool2
fc4096 drop0.5  fc4096 drop0.5  fc1000
"""

RESNET152 = """
input 224x224x3
post conv=bn.relu
def Bott(n)          [ add[conv(n)k1 conv(n)k3 conv(4*n)k1:bn] relu ]
def Down(n, s)       [ add[conv(n)k1 conv(n)k3s(s)p1 conv(4*n)k1:bn | conv(4*n)k1s(s):bn] relu ]
def Stage(n, r, s=2) [ Down(n, s) Bott(n)*(r-1) ]
conv64k7s2p3 pool3s2p1
Stage(64, 3, 1) Stage(128, 8) Stage(256, 36) Stage(512, 3)
gap fc1000
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A network and its figures: ``statistics`` are values that norms keep beside parameters.

    ``aperture`` is, in pixels, that of the last map which does not see the whole image.
    """

    text: str
    trainable: int
    statistics: int
    macs: int
    aperture: int


NETWORKS = {
    "VGG-16": Known(VGG16, 138_357_544, 0, 15_470_264_320, 212),
    "ResNet-152": Known(RESNET152, 60_192_808, 151_424, 11_513_626_624, 1451),
}
