"""The profiles of memory, each with the modes that it counts in its own way."""

from itertools import product

from netform.dsl.memory.profiles import MODES, PROFILES

COUNTED = [
    (profile, mode)
    for profile, mode in product(PROFILES, MODES)
    if (profile, mode) not in {("textbook", "training_peak"), ("keras-torch", "training_peak")}
]
