"""What a bound of time is asked for: the data types that layers compute in, and the modes."""

from __future__ import annotations

from dataclasses import dataclass

from ..costs.memory import POLICIES, Policy

MODES = ("inference", "training")  # a forward pass, and a training step


@dataclass(frozen=True, slots=True)
class DataType:
    """What a network computes in: the arithmetic of data sheets, and the bytes of its values."""

    arithmetic: str
    policy: Policy


DATA_TYPES = {
    "float32": DataType("float32", POLICIES["float32"]),
    "tf32": DataType("tf32", POLICIES["float32"]),
    "float64": DataType("float64", POLICIES["float64"]),
    "float16": DataType("float16", Policy(2, 2)),
    "bfloat16": DataType("bfloat16", Policy(2, 2)),
    "mixed_float16": DataType("float16", POLICIES["mixed_float16"]),
    "mixed_bfloat16": DataType("bfloat16", POLICIES["mixed_bfloat16"]),
}
