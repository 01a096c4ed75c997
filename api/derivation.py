"""The derivation of a user: the steps of dsl, as text, Markdown, LaTeX and JSON."""

from __future__ import annotations

from typing import Any

from netform.dsl.derivations.derivation import Derivation as _Derivation


class Derivation(_Derivation):
    """How a quantity follows from the layers, step by step.

    It shows itself in a notebook; ``latex`` is a whole document.

    >>> import netform
    >>> print(netform.parse("input 8x8x1 conv16k3 fc10").explain("params", layer="fc1"))
    params of fc1 (fc10) in network, in values
    <BLANKLINE>
        params = H_in*W_in*C*F + F
    <BLANKLINE>
        H_in*W_in*C*F  weights: every unit weighs every incoming value
        F              biases: one for each unit
    <BLANKLINE>
        H_in = 8  incoming height, from the image
        W_in = 8  incoming width, from the image
        C = 16w   incoming channels, from conv1
        F = 10    units, written fc10
    <BLANKLINE>
        params = 8*8*16w*10 + 10
               = 10240w + 10
               = 10,250 at w = 1
    <BLANKLINE>
    where w is a positive multiple of 1/16
    """

    def text(self, width: int = 80) -> str:
        """In lines of plain text."""
        from netform.codegen.explain import text

        return text(self, width)

    def markdown(self) -> str:
        """In GitHub's Markdown."""
        from netform.codegen.explain import markdown

        return markdown(self)

    def latex(self) -> str:
        """As a document for pdflatex."""
        from netform.codegen.explain import latex

        return latex(self)

    def as_json(self) -> dict[str, Any]:
        """As JSON values: counts are integers, formulas text that SymPy parses."""
        from netform.codegen.explain import as_json

        return as_json(self)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_latex_(self) -> str:
        from netform.codegen.explain import mathematical

        return mathematical(self)

    def __str__(self) -> str:
        return self.text().rstrip("\n")
