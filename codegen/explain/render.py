"""A derivation as Markdown, and as a LaTeX document."""

from __future__ import annotations

import functools
import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...dsl.derivations.derivation import Derivation, listed
from ..latex import escape, mathematics
from . import names, plain_text


def markdown(derivation: Derivation) -> str:
    """The derivation in GitHub's Markdown, with mathematics between dollars."""
    return _filled("derivation.md.j2", derivation)


def latex(derivation: Derivation) -> str:
    """The derivation as a document for pdflatex."""
    return _filled("derivation.tex.j2", derivation)


def mathematical(derivation: Derivation) -> str:
    """What is derived, as one line of mathematics for a notebook."""
    found = (mathematics.result(result) for result in derivation.results)
    return rf"$\displaystyle {', '.join(found)}$"


def _filled(template: str, derivation: Derivation) -> str:
    filled = _environment().get_template(template).render(derivation=derivation)
    return re.sub(r"\n{3,}", "\n\n", filled).strip("\n") + "\n"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("netform.codegen.explain"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters.update(
        form=lambda part: type(part).__name__,
        listed=listed,
        together=names.together,
        tex=escape.tex,
        tex_name=escape.tex_name,
        md=names.markdown,
        md_name=names.markdown_name,
        math=mathematics.shown,
        math_lines=mathematics.lines,
        math_stated=mathematics.stated,
        math_stated_lines=mathematics.stated_lines,
        math_count=mathematics.count,
        math_symbol=mathematics.symbol,
        math_quantity=mathematics.quantity,
        math_letter=mathematics.letter,
        math_row=mathematics.row,
        math_power=mathematics.power,
        math_growth=mathematics.growth,
        math_size=mathematics.size,
        point=mathematics.point,
        count=plain_text.count,
        size=plain_text.plain_size,
        reasons=names.reasons,
        sentence=names.sentence,
    )
    return environment
