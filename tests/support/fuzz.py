"""Fuzz the language with atheris: whatever a text is, netform answers or raises its own error.

    python tests/support/fuzz.py -runs=100000

Inputs are random bytes as text, and the repository's own networks and wrong texts cut up and put
together anew, which reaches deeper. An input that ends in any other exception stops the run with
its traceback, and is kept as ./crash-*. fuzz_everything.py has no coverage to guide it, but tries the
commands, the programs and the Python API too.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["netform"]):
    import netform
    from netform.grammar.format.formatter import format_text

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.mutation import mutated

LONGEST = 2000  # characters


class Choice:
    """Choices made by the bytes of an input."""

    def __init__(self, data):
        self.data = data

    def number(self, low, high):
        return self.data.ConsumeIntInRange(low, high)

    def pick(self, options):
        return self.data.PickValueInList(options)

    def characters(self, most):
        return self.data.ConsumeUnicode(most)


def one_input(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    choice = Choice(data)
    text = choice.characters(LONGEST) if choice.number(0, 3) == 0 else mutated(choice)
    try:
        network = netform.parse(text)
        network.at()
        network.warnings()
        assert netform.parse(netform.show(network)) == network
        if choice.number(0, 9) == 0:
            network.emit()
        format_text(text)
    except netform.NetformError as error:
        assert str(error)


if __name__ == "__main__":
    atheris.Setup(
        [*sys.argv, "-len_control=0", "-max_len=256", "-rss_limit_mb=2048", "-timeout=20"],
        one_input,
    )
    atheris.Fuzz()
