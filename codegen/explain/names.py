"""Names and sentences of a derivation; in Markdown nothing in them is an instruction."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...dsl.derivations.derivation import Derivation, Term
from ...grammar.errors import printable

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|$~^&-])")


def markdown(text: str) -> str:
    """A sentence in Markdown."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def markdown_name(text: str) -> str:
    """A name in Markdown, as code; a bar would end the cell of a table."""
    shown = printable(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if longest else f"{fence}{shown}{fence}"


def heading(derivation: Derivation) -> str:
    """What is derived, of what."""
    if derivation.layer is None:
        about = f"{derivation.quantity} of {derivation.network}: {derivation.meaning}"
    else:
        about = (
            f"{derivation.quantity} of {derivation.layer} ({derivation.written}) "
            f"in {derivation.network}"
        )
    return f"{about}, in {derivation.unit}"


def reasons(terms: Sequence[Term]) -> str:
    """Why a rule is as it is, part by part."""
    return "; ".join(f"{term.name}: {term.words}" if term.name else term.words for term in terms)


def sentence(words: str) -> str:
    """The words with a capital letter in front."""
    return words[:1].upper() + words[1:]


def together(names: Sequence[str]) -> str:
    """The names of equal layers: ``bott1..5.conv1`` where only a number differs, in order."""
    if len(names) == 1:
        return names[0]
    pieces = [re.split(r"([0-9]+)", name) for name in names]
    if len({len(piece) for piece in pieces}) == 1:
        places = [i for i in range(len(pieces[0])) if len({piece[i] for piece in pieces}) > 1]
        if len(places) == 1 and places[0] % 2:
            (place,) = places
            numbers = [int(piece[place]) for piece in pieces]
            if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                first = pieces[0]
                ends = f"{numbers[0]}..{numbers[-1]}"
                return "".join([*first[:place], ends, *first[place + 1 :]])
    return f"{names[0]}, {names[1]}" if len(names) == 2 else f"{names[0]}, ..., {names[-1]}"
