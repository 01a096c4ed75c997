"""Names for the functions, parameters and tensors of a program."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterator, Sequence

from ...dsl.graph.layer import Layer
from ...dsl.graph.unrolling.unrolling import snake_case

LOOP_VARIABLES = "ij"
_TENSORS = "xyzuv"  # a variable at each depth of branches

# the names of the program's other parts
_MODULE = {
    "argparse", "csv", "json", "os", "shutil", "subprocess", "tempfile", "threading", "time",
    "signal", "sqlite3", "sys", "closing", "suppress", "read_run", "write", "zipfile", "zlib",
    "find_spec",
    "ThreadPoolExecutor", "Path", "keras", "np", "layers", "Image", "ImageOps", "load_digits",
    "FORMATS", "LOST", "PARTS", "POOL", "Rows", "as_text", "describe", "is_image", "is_unscaled",
    "measure", "read_about", "read_array", "read_part", "scan", "statistics", "NAME", "SPEC",
    "PARAMS", "SHAPE", "CLASSES", "DATA", "DEVICES", "MEMORY",
    "Batches", "Checkpoint", "Remat", "augment", "build_model", "callbacks", "check", "contextmanager",
    "find_classes", "find_images", "limit_memory", "load_data", "log_gpu", "logging_gpu", "main",
    "memory_of_cards", "parse_arguments", "predict", "read_image", "read_images", "report",
    "sharing", "split", "to_input", "train", "train_model", "warp", "wide", "inputs", "mean", "variance", "name",
}  # fmt: skip
_OWN = re.compile(rf"[{_TENSORS}][0-9]*|t[0-9]+(_[0-9]+)?|c[0-9]*|[{LOOP_VARIABLES}]")


def tensor(depth: int, branch: int | None = None) -> str:
    """The variable of a branch: ``y`` for the only one, ``y2`` for the second."""
    if depth < len(_TENSORS):
        return _TENSORS[depth] + ("" if branch is None else str(branch))
    return f"t{depth}" + ("" if branch is None else f"_{branch}")


def channels(bracket: int) -> str:
    """The variable for c in a bracket, inside so many others that need one."""
    return f"c{bracket + 1}" if bracket else "c"


def separator(layers: Sequence[Layer]) -> str:
    """What joins the parts of names in Keras; with dots they are netform's own, and unique."""
    keras_names = [
        layer.name.replace(".", "_") + suffix
        for layer in layers
        for suffix in ("", "_pad", "_crop")
    ]
    groups = dict.fromkeys(layer.remat for layer in layers if layer.remat is not None)
    keras_names += [group.name.replace(".", "_") for group in groups]
    return "_" if len(set(keras_names)) == len(keras_names) else "."


class Names:
    """The names in one function, or in the module: no name is given twice or hides another.

    ``stems`` are the blocks in snake case, after which functions are called.
    """

    def __init__(self, stems: Collection[str]) -> None:
        self._stems = stems
        self._given: set[str] = set()

    def variable(self, word: str) -> str:
        """A name for a parameter or a tap: the word itself where that is possible."""
        return self._first(name for name in _variants(word) if not self._is_function(name))

    def function(self, word: str) -> str:
        """A name for the function of a block."""
        stem = snake_case(word)
        return self._first(name for start in (stem, f"{stem}_block") for name in _few(start))

    def _is_function(self, name: str) -> bool:
        """Whether a function may have the name: ``bott``, ``bott_2``, ``bott_block_2``."""
        unnumbered = re.sub(r"_[0-9]+$", "", name)
        found = (name, unnumbered)
        return any(n in self._stems or n.removesuffix("_block") in self._stems for n in found)

    def _first(self, names: Iterator[str]) -> str:
        name = next(name for name in names if not _is_taken(name) and name not in self._given)
        self._given.add(name)
        return name


def _variants(word: str) -> Iterator[str]:
    yield word
    yield f"{word}_"
    number = 2
    while True:
        yield f"{word}_v{number}"
        number += 1


def _few(stem: str) -> Iterator[str]:
    yield stem
    if not _is_taken(stem):
        number = 2
        while True:
            yield f"{stem}_{number}"
            number += 1


def _is_taken(name: str) -> bool:
    return (
        keyword.iskeyword(name)
        or keyword.issoftkeyword(name)
        or name in _MODULE
        or hasattr(builtins, name)
        or _OWN.fullmatch(name) is not None
    )
