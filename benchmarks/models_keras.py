"""The networks in Keras' layers; Keras draws all weights, except those on the meta device."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers
from networks import INPUT, RESNET_STAGES, VGG_STAGES


def vgg16() -> keras.Model:
    model = keras.Sequential([keras.Input(INPUT)])
    for channels, convolutions in VGG_STAGES:
        for _ in range(convolutions):
            model.add(layers.Conv2D(channels, 3, padding="same", activation="relu"))
        model.add(layers.MaxPool2D(2))
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(4096, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(1000))
    return model


def _convolution(x: Any, channels: int, kernel: int, stride: int = 1) -> Any:
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _bottleneck(x: Any, channels: int, stride: int) -> Any:
    """relu(x + f(x)) as in torchvision: a 3x3, which strides, between two 1x1."""
    y = layers.ReLU()(_convolution(x, channels, 1))
    y = layers.ReLU()(_convolution(y, channels, 3, stride))
    y = _convolution(y, 4 * channels, 1)
    if x.shape[-1] != 4 * channels:
        x = _convolution(x, 4 * channels, 1, stride)
    return layers.ReLU()(layers.Add()([x, y]))


def resnet152() -> keras.Model:
    image = keras.Input(INPUT)
    x = layers.ReLU()(_convolution(image, 64, 7, 2))
    x = layers.MaxPool2D(3, 2, padding="same")(x)
    for channels, blocks, stride in RESNET_STAGES:
        for block in range(blocks):
            x = _bottleneck(x, channels, 1 if block else stride)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(1000)(x))


MODELS = {"VGG-16": vgg16, "ResNet-152": resnet152}


def build(network: str, device: str) -> keras.Model:
    with keras.device(device):
        return MODELS[network]()
