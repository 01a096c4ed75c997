"""The settings of ``data`` and ``train``, and the axes of a sweep: read, checked and completed.

A setting is one row in rows.py. This room may import grammar, algebra, graph and costs.
"""

from __future__ import annotations

from .axes import Axis, axes_of
from .checks import train_of
from .data import Data, data_of, reading
from .image_sources import DATA_SETS
from .readers import LARGEST_COUNT
from .rows import LOGS, OPTIMIZERS, ROWS, SCHEDULES, SettingRow
from .training import Train

__all__ = [
    "DATA_SETS",
    "LARGEST_COUNT",
    "LOGS",
    "OPTIMIZERS",
    "ROWS",
    "SCHEDULES",
    "Axis",
    "Data",
    "SettingRow",
    "Train",
    "axes_of",
    "data_of",
    "reading",
    "train_of",
]
