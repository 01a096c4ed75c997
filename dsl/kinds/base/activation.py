"""What activations share: a function of every value, without weights."""

from __future__ import annotations

from .kind import Pointwise


class Activation(Pointwise):
    """A kind that may be in a post chain, and that conventions and targets treat as one group.

    ``is_non_negative`` of :class:`.kind.Kind` states the sign of its values.
    """

    __slots__ = ()

    in_post = True
