"""Formulas as LaTeX, for a document that uses amsmath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr

from .escape import tex
from .mathematics import lines, quantity


def to_latex(formulas: Mapping[str, Expr], domain: Sequence[str] = ()) -> str:
    r"""An ``align*`` with a formula for every name, and where they hold.

    >>> from sympy.abc import w
    >>> print(to_latex({"params": 2336768 * w**2 + 10}, ["w is a positive multiple of 1/32"]))
    \begin{align*}
    \mathrm{params} &= 2{,}336{,}768 w^{2} + 10
    \end{align*}
    where w is a positive multiple of 1/32.
    """
    rows = [
        f"{quantity(name)} &= " + " \\\\\n &\\quad ".join(lines(expression))
        for name, expression in formulas.items()
    ]
    where = [f"where {tex(', '.join(domain))}."] if domain else []
    display = [r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"]
    return "\n".join([*display, *where])
