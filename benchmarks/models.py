"""VGG-16 as the peers need it: a model in code, since they count models and not text.

The frameworks are imported where they are used: PyTorch's peers need no Keras.
"""

from __future__ import annotations

from typing import Any

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions
INPUT = (224, 224, 3)
PARAMS = 138_357_544


def torch_vgg16(device: str) -> Any:
    """VGG-16 in plain modules; on a real device its weights are whatever lies in memory.

    No tool counts by the weights' values, so the second that drawing them takes is left out.
    """
    from torch import nn

    layers: list[nn.Module] = []
    entering = INPUT[-1]
    for channels, convolutions in STAGES:
        for _ in range(convolutions):
            layers.append(nn.Conv2d(entering, channels, 3, padding=1, device="meta"))
            layers.append(nn.ReLU(inplace=True))
            entering = channels
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    for entering, features in ((512 * 7 * 7, 4096), (4096, 4096)):
        layers.append(nn.Linear(entering, features, device="meta"))
        layers.append(nn.ReLU(inplace=True))
        layers.append(nn.Dropout())
    layers.append(nn.Linear(4096, 1000, device="meta"))
    model = nn.Sequential(*layers).eval()
    return model if device == "meta" else model.to_empty(device=device)


def keras_vgg16(device: str) -> Any:
    """VGG-16 in Keras' layers; Keras draws all weights, but for those on the meta device."""
    import keras
    from keras import layers

    with keras.device(device):
        model = keras.Sequential([keras.Input(INPUT)])
        for channels, convolutions in STAGES:
            for _ in range(convolutions):
                model.add(layers.Conv2D(channels, 3, padding="same", activation="relu"))
            model.add(layers.MaxPool2D(2))
        model.add(layers.Flatten())
        for _ in range(2):
            model.add(layers.Dense(4096, activation="relu"))
            model.add(layers.Dropout(0.5))
        model.add(layers.Dense(1000))
    return model
