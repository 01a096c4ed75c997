"""A derivation in lines of plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Expr

from ...dsl.derivations.derivation import (
    Collected,
    Contribution,
    Contributions,
    Derivation,
    DerivationStep,
    Path,
    Sentence,
    listed,
)
from ...grammar.errors import printable
from .names import heading, reasons, together
from .plain_text import count, plain_size, shown, stated
from .setting import aligned, filled, run_on

MARGIN = "    "


def text(derivation: Derivation, width: int = 80) -> str:
    """The derivation in lines of plain text; only what cannot be broken is longer."""
    return _Text(derivation, width).whole()


class _Text:
    """Prints the parts of one derivation."""

    def __init__(self, derivation: Derivation, width: int) -> None:
        self.derivation, self.width = derivation, width

    def whole(self) -> str:
        paragraphs = [filled(printable(heading(self.derivation)), self.width)]
        paragraphs += self.parts(self.derivation)
        if self.derivation.domain:
            domain = "where " + ", ".join(self.derivation.domain)
            paragraphs.append(filled(domain, self.width))
        return "\n\n".join(paragraphs) + "\n"

    def parts(self, derivation: Derivation) -> Iterator[str]:
        """The paragraphs of all parts."""
        for part in derivation.parts:
            match part:
                case DerivationStep():
                    yield from self.step(part)
                case Contributions():
                    yield from self.contributions(part)
                case Collected():
                    yield from self.collected(part)
                case Path():
                    yield from self.path(part)
                case Sentence(words=words):
                    yield filled(words, self.width)
                case Derivation():
                    yield f"First, {part.quantity}:"
                    yield from self.parts(part)

    def step(self, step: DerivationStep) -> Iterator[str]:
        name = " = ".join(step.names)
        if step.terms:
            yield run_on(f"{MARGIN}{name} = ", [stated(step.rule)], self.width)
            parts = [(stated(term.formula), reasons([term])) for term in step.terms]
            if len(parts) == 1:
                yield filled(parts[0][1], self.width, MARGIN)
            else:
                yield aligned(parts, MARGIN, self.width)
            letters = []
            for letter in step.letters:
                value = shown(letter.value)
                equals = "" if value == letter.symbol else f" = {value}"
                origin = f", {letter.origin}" if letter.origin else ""
                letters.append((f"{letter.symbol}{equals}", letter.meaning + origin))
            if letters:
                yield aligned(letters, MARGIN, self.width)
        lines = [stated(step.substituted)] if step.terms else []
        if shown(step.simplified) not in lines:
            lines.append(shown(step.simplified))
        yield self.equations(name, lines, step.simplified, step.number, step.words)

    def equations(
        self, name: str, lines: Sequence[str], expression: Expr, number: Fraction | None, words: str
    ) -> str:
        """A name, what it is equal to line by line, and the number at the point."""
        found = list(lines)
        if number is not None and (at := self.point(expression)):
            found.append(f"{count(number)} at {at}")
        elif number is not None and count(number) != found[-1]:
            found.append(count(number))
        found[-1] += f": {words}" if words else ""
        return run_on(f"{MARGIN}{name} = ", found, self.width)

    def point(self, expression: Expr) -> str:
        """The numbers of the symbols of an expression."""
        symbols = {symbol.name for symbol in expression.free_symbols}
        return ", ".join(f"{n} = {count(v)}" for n, v in self.derivation.at if n in symbols)

    def contributions(self, found: Contributions) -> Iterator[str]:
        rules = [(listed(ops), stated(step.rule), reasons(step.terms)) for ops, step in found.rules]
        yield aligned(rules, MARGIN, self.width)
        yield aligned(
            [(s, "; ".join(meanings)) for s, meanings in found.letters], MARGIN, self.width
        )
        yield "\n".join(self.row(row) for row in found.rows)

    def row(self, row: Contribution) -> str:
        """A layer, what it adds, and the number at the right end."""
        times, one = len(row.layers), stated(row.step.substituted)
        lines = [one] if times == 1 else [f"{times}*({one})"]
        if shown(row.simplified) != lines[0]:
            lines.append(shown(row.simplified))
        number = "" if row.number is None else count(row.number)
        if 24 + len(" = ".join(lines)) + 3 + len(number) <= self.width:
            lines = [" = ".join(lines)]
        name = f"{MARGIN}{together(row.layers)}  "
        begin = name if len(name) <= 24 else " " * 24
        body = run_on(begin.ljust(24), lines, self.width - 15).split("\n")
        if number and len(body[-1]) + 2 + len(number) > self.width:
            body.append("")
        body[-1] += number and number.rjust(self.width - len(body[-1]))
        return "\n".join([*([] if begin == name else [name.rstrip()]), *body])

    def collected(self, found: Collected) -> Iterator[str]:
        powers = []
        for power in found.powers:
            parts = [f"{n}*{shown(c)}" if n > 1 else shown(c) for n, c in power.coefficients]
            total = shown(power.sum)
            added = " + ".join(parts).replace("+ -", "- ")
            equation = added if added == total else f"{added} = {total}"
            powers.append((shown(power.symbols), equation))
        yield "Collected by powers:"
        yield aligned(powers, MARGIN, self.width)
        lines = [shown(found.simplified)]
        yield self.equations(found.name, lines, found.simplified, found.number, "")

    def path(self, found: Path) -> Iterator[str]:
        rows = [("layer", "K", "s", "J", "A", "")]
        for row in found.rows:
            size, jump = plain_size(row.size), str(row.jump)
            if row.words:
                rows.append((row.layer, "", "", jump, size, row.words))
            else:
                growth = f"= {row.before} + {row.kernel - 1}*{row.jump_before}"
                rows.append((row.layer, str(row.kernel), str(row.stride), jump, size, growth))
        yield f"Along {listed(found.axes)}, from the image, with A = 1 and J = 1, to {found.layer}:"
        yield (
            f"{MARGIN}A_l = A_(l-1) + (K_l - 1)*J_(l-1)   the aperture (receptive field)\n"
            f"{MARGIN}J_l = s_l*J_(l-1)                   the jump: all strides so far, multiplied"
        )
        yield aligned(rows, MARGIN, self.width)
        yield f"{MARGIN}A = {plain_size(found.size)}"
