"""Text to syntax tree: Lark reads the form, the builder makes the nodes."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from . import tree
from .brackets import check_brackets
from .budget import MOST_CHARACTERS, MOST_WORDS, Work, spend
from .builder import Builder
from .cached_parser import cached_parser
from .errors import NetformError, Source, Span
from .files import content_of, folder_of, read_source, working_directory
from .garbage import garbage_kept
from .includes import Includes
from .statements import assemble, assemble_library
from .syntax_errors import complain, complain_of_change
from .words import AtomError

LONGEST_CHANGE = 1_000  # characters
STEPS_OF_A_WORD = 6

_STARTS = ["start", "change"]
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # in arguments, a byte that is not UTF-8
_WORD = re.compile(r"[a-z]+|[A-Z]\w*|[0-9.]+|[^\sa-zA-Z0-9]")


def parse(text: str, name: str = "<text>", root: str | Path | None = None) -> tree.Program:
    """Read a network as text; messages call the text ``name``.

    Files that it uses are inside the folder ``root``, which is the working directory unless
    given. Raises NetformError where the text is not a network in form. Whether the layers exist
    and fit together is decided later, by dsl.

    >>> parse("input 8x8x1 fc10").chain[0].op
    'fc'
    """
    folder = folder_of(root) if root else working_directory()
    return _program(Source(text, name), folder, folder)


def read(path: str | Path, root: str | Path | None = None) -> tree.Program:
    """Read a ``.net`` file, which is UTF-8 text.

    Files that it uses are inside the folder ``root``: unless given, the working directory where
    the file is in it, else the folder of the file.
    """
    source = read_source(path)
    here = working_directory()
    folder = (here / path).resolve().parent
    default = here if folder.is_relative_to(here) else folder
    return _program(source, folder, folder_of(root) if root else default)


def items_of(source: Source) -> list[Any]:
    """The statements and parts of a chain in a text, in their order."""
    text = source.text
    surrogate = _SURROGATE.search(text)
    if surrogate:
        raise NetformError(
            "a network is Unicode text, but this is a byte that is not UTF-8",
            Span(*surrogate.span()),
            source,
            "write the character in UTF-8",
        )
    if len(text) > MOST_CHARACTERS:
        raise NetformError(
            f"a network has at most {MOST_CHARACTERS:,} characters, but this text has {len(text):,}",
            Span(0, 0),
            source,
            "write what repeats once",
        )
    words = sum(1 for _ in _WORD.finditer(text))
    if words > MOST_WORDS:
        raise NetformError(
            f"a network has at most {MOST_WORDS:,} words and signs, but this text has {words:,}",
            Span(0, 0),
            source,
            "write what repeats once: [conv64k3]*8",
        )
    spend(words * STEPS_OF_A_WORD, Work.WORDS)
    check_brackets(source)
    with garbage_kept():
        return list(_parsed(source, "start", complain))  # the builder makes a list of the tree


def change_of(source: Source) -> tree.Let:
    """What a text such as ``R=2*R`` makes of a symbol.

    >>> change_of(Source("n = n+1")).value.operator
    '+'
    """
    if len(source.text) > LONGEST_CHANGE:
        raise NetformError(
            f"a change has at most {LONGEST_CHANGE} characters, but this has {len(source.text):,}",
            hint="write w=1/2, R=2*R or n=n+1",
        )
    check_brackets(source)
    change: tree.Let = _parsed(source, "change", complain_of_change)
    return change


def _parsed(
    source: Source, start: str, complaint: Callable[[UnexpectedInput, Source], NetformError]
) -> Any:
    try:
        return _lark().parse(source.text, start=start)
    except UnexpectedInput as error:
        raise complaint(error, source) from None
    except AtomError as error:
        raise NetformError(error.message, error.span, source, error.hint) from None


def _program(source: Source, folder: Path, root: Path) -> tree.Program:
    program = assemble(items_of(source), source)
    if not program.uses:
        return program
    uses = Includes(root, _read_library).resolved(program.uses, folder, source)
    return dataclasses.replace(program, uses=uses)


def _read_library(file: Path, name: str) -> tree.Library:
    source = Source(content_of(file).decode("utf-8-sig"), name)
    return assemble_library(items_of(source), source)


def grammar_text() -> str:
    """The grammar that Lark reads."""
    return Path(__file__).with_name("netform.lark").read_text(encoding="utf-8")


@functools.cache
def _lark() -> Lark:
    """The parser of programs and of changes."""
    return cached_parser(grammar_text(), "grammar", transformer=Builder(), start=_STARTS)
