"""Names and sentences inside LaTeX: nothing in them is an instruction there."""

from __future__ import annotations

from ...grammar.errors import printable

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "_": r"\_\allowbreak{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "-": "{-}",
    "`": r"{\char96}",
    "'": r"{'}",
    ".": r".\allowbreak{}",
    "!": "{!}",
    "?": "{?}",
    ",": "{,}",
}
_TEX_SENTENCE = {**_TEX, ".": ".", "_": r"\_", "-": "-", ",": ","}


def tex(text: str, table: dict[str, str] = _TEX_SENTENCE) -> str:
    """A sentence in LaTeX."""
    return "".join(table.get(c, c) for c in _ascii(text))


def tex_name(text: str) -> str:
    """A name in LaTeX, in type as on a keyboard, which may break after a dot."""
    return rf"\texttt{{{tex(text, _TEX)}}}"


def _ascii(text: str) -> str:
    """The text with everything but ASCII as an escape, since TeX's fonts hold little else."""
    return printable(text).encode("ascii", "backslashreplace").decode()
