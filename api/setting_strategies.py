"""Hypothesis strategies for the data and train statements of a network."""

from __future__ import annotations

from hypothesis import strategies as st

from netform.dsl.settings import OPTIMIZERS
from netform.grammar import tree

_paths = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"') | st.just(" "), min_size=1
)
_augmentations = st.sampled_from(["flip", "crop1", "flip,crop2"])
data_settings = st.one_of(
    st.just(()),
    st.builds(
        lambda source, aug: (*source, *aug),
        st.one_of(
            st.just((tree.Setting("set", "synthetic"),)),
            _paths.map(lambda path: (tree.Setting("npz", path),)),
            _paths.map(lambda path: (tree.Setting("folder", path),)),
        ),
        st.just(()) | _augmentations.map(lambda aug: (tree.Setting("aug", aug),)),
    ),
)
train_settings = st.fixed_dictionaries(
    {},
    optional={
        "opt": st.sampled_from(OPTIMIZERS),
        "lr": st.sampled_from(["0.1", "0.001", "1e-4", "1"]),
        "batch": st.integers(1, 10_000).map(str),
        "epochs": st.integers(1, 500).map(str),
    },
).map(lambda settings: tuple(tree.Setting(*pair) for pair in settings.items()))
