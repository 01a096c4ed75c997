"""How layers map the extent of one axis, and where they pad.

With n pixels, a kernel that spans ``span = (kernel - 1)*dilation + 1`` and stride s:

    same    ceil(n/s)                      as TensorFlow pads: the odd pixel at the end
    valid   floor((n - span)/s) + 1
    p       floor((n + 2p - span)/s) + 1   p pixels on both sides, as PyTorch pads

Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from __future__ import annotations

from typing import Literal

from ...algebra.floor_forms import Extent
from .shape import ShapeError

Padding = Literal["same", "valid"] | int


def span(kernel: int, dilation: int) -> int:
    """The pixels from a kernel's first tap to its last."""
    return (kernel - 1) * dilation + 1


def window(
    n: int | Extent, kernel: int, stride: int, dilation: int, padding: Padding
) -> tuple[int | Extent, int]:
    """Output extent, and pixels of padding before the first; raises ShapeError where none fits.

    Of an extent that is a symbol the padding of "same" is not known, and is given as 0.
    """
    reach = span(kernel, dilation)
    if padding == "same":
        out = (n + (stride - 1)) // stride
        if isinstance(n, int) and isinstance(out, int):
            return out, max(0, (out - 1) * stride + reach - n) // 2
        return out, 0
    before = 0 if padding == "valid" else padding
    padded = n + 2 * before
    if isinstance(padded, int) and reach > padded:
        raise ShapeError(
            f"a kernel spans at most its map, but this one spans {reach} and the "
            f"{'padded ' if before else ''}map has {padded} along that axis",
            "use a smaller kernel, or leave out v"
            if padding == "valid"
            else "use a smaller kernel or more padding",
        )
    return (padded - reach) // stride + 1, before


def transposed(
    n: int | Extent, kernel: int, stride: int, dilation: int, padding: Padding
) -> tuple[int | Extent, int]:
    """Output extent of an up-convolution, and pixels cut off before the first.

    Same gives n*s, valid n*s + max(span - s, 0) as Keras has it, and p cuts p pixels off both
    sides of the valid output.
    """
    reach = span(kernel, dilation)
    if padding == "same":
        return n * stride, max(0, reach - stride) // 2
    full = n * stride + max(reach - stride, 0)
    if padding == "valid":
        return full, 0
    if isinstance(full, int) and 2 * padding >= full:
        raise ShapeError(
            f"p{padding} cuts {2 * padding} pixels off an up-convolved map of {full}",
            "use a smaller p",
        )
    return full - 2 * padding, padding
