"""Notations that people already write networks in, read as ours.

A notation is a module here: what it calls things, and what it leaves unsaid. Its ``translate``
turns a text into phrases of our language, each with its place in the text, and lists what it
had to assume; :func:`read` makes a program of the phrases. What a notation does not know is
refused, never guessed.
"""

from __future__ import annotations

from ..errors import NetformError, Source, Span
from . import ciresan, metaqnn, timm, vgg
from .translation import LONGEST_TEXT, Notation, Reading, nothing_said, read_phrases

__all__ = ["NOTATIONS", "Notation", "Reading", "read"]

NOTATIONS: dict[str, Notation] = {
    "ciresan": ciresan.NOTATION,
    "vgg": vgg.NOTATION,
    "metaqnn": metaqnn.NOTATION,
    "timm": timm.NOTATION,
}


def read(text: str, notation: str, image: str | None = None) -> Reading:
    """Read a network in a notation of the table; ``image`` is its input where it names none.

    The layers of the program have their places in the text, so that whatever is wrong with
    them is shown in the text as it was written. Raises NetformError where the notation does not
    know the text.

    >>> print(read("1x29x29-20C4-MP2-40C5-MP3-150N-10N", "ciresan").text, end="")
    # convolutions have no padding
    # a pooling moves by its own size
    # tanh follows every layer with weights but the last; the paper scales it
    # the softmax of the last layer is left to the loss
    input 29x29x1
    post conv=tanh fc=tanh
    conv20k4v pool2   conv40k5v pool3   fc150 fc10
    """
    source = Source(text, f"<{notation}>")
    if len(text) > LONGEST_TEXT:
        raise NetformError(
            f"a network in another notation has at most {LONGEST_TEXT:,} characters, but this "
            f"text has {len(text):,}",
            Span(0, 0),
            source,
            "write it in netform's own language, where [...]*8 repeats",
        )
    if not text.strip():
        raise nothing_said(source, NOTATIONS[notation].example)
    return read_phrases(NOTATIONS[notation].translate(source, image), source)
