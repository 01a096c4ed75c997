"""A Keras 3 program for a network: ``emit`` writes it, ``run`` runs it."""

from __future__ import annotations

from .emit import emit

__all__ = ["emit"]
