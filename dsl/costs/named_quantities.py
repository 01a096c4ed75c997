"""Quantities by their names: formulas of a network, and numbers of a network at one point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

Value = TypeVar("Value")


class NamedQuantities(ABC, Generic[Value]):
    """What has a value of every quantity, and the properties that give it by name."""

    __slots__ = ()

    @abstractmethod
    def value_of(self, quantity: str) -> Value:
        """The value of a quantity, by its name."""

    @property
    def params(self) -> Value:
        """All parameters, as the framework counts them."""
        return self.value_of("params")

    @property
    def trainable(self) -> Value:
        """Parameters that training changes."""
        return self.value_of("trainable")

    @property
    def non_trainable(self) -> Value:
        """Statistics that norms keep."""
        return self.value_of("non_trainable")

    @property
    def weights(self) -> Value:
        """Trainable parameters except the biases."""
        return self.value_of("weights")

    @property
    def biases(self) -> Value:
        """Biases, and the shifts of norms."""
        return self.value_of("biases")

    @property
    def macs(self) -> Value:
        """Multiply-adds of the forward pass of one image."""
        return self.value_of("macs")

    @property
    def flops(self) -> Value:
        """Floating-point operations of the forward pass of one image: 2 * macs."""
        return self.value_of("flops")

    @property
    def train_macs(self) -> Value:
        """Multiply-adds of the forward and backward pass of one image."""
        return self.value_of("train_macs")

    @property
    def feature_maps(self) -> Value:
        """Values of one image and of all outputs kept for it."""
        return self.value_of("feature_maps")
