"""What a user gives is shown, never sent: no command writes a control or bidi character of it."""

import contextlib
import sys

import pytest
from rich.cells import cell_len

import netform
from netform.cli import COMMANDS, main
from netform.grammar.errors import printable

# an escape sequence, a bell, a carriage return, C1's CSI, a separator of lines, two that turn the
# direction of writing, one without a width, and a byte that is no UTF-8
HOSTILE = [
    "\n\t\x1b]0;x\x07",
    "\x1b[2J",
    "\x07",
    "\r",
    "\x9b2J",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200b",
    "\udcff",
]
NET = "input 8x8x1 let n = 2 conv8k3 conv(n)k3 fc10"


def shown(*words):
    """What a command writes, as its terminal would get it."""
    sys.argv = ["netform", *map(str, words)]
    with pytest.raises(SystemExit):
        main()


def hostile_words(command, evil, folder):
    """Calls of a command with a hostile text at every place that takes one."""
    file = folder / f"a{evil}b.net"
    with contextlib.suppress(UnicodeEncodeError, OSError):
        file.write_text(f"# {evil}\n{NET}  # {evil}\n", encoding="utf-8", errors="replace")
    wrong = folder / f"c{evil}.net"
    with contextlib.suppress(UnicodeEncodeError, OSError):
        wrong.write_text(f"# {evil}\ninput 8x8x1 {evil}cnv3k3 # {evil}\n", errors="replace")
    rest = {
        "solve": ["params <= 1M"],
        "fit": ["--memory", "1GiB"],
        "formula": ["params"],
        "explain": ["params"],
        "roofline": ["--device", "t4"],
        "plot": ["macs", "--over", "w=1,2", "-o", folder / f"{evil}.xyz"],
        "compare": [file],
    }.get(command, [])
    if command == "fmt":
        rest = ["--check"]  # else the files are written
    if command not in ("train", "sweep", "devices", "conventions", "read"):
        yield [command, file, *rest]
    yield [command, wrong, *rest]
    yield [command, folder / f"missing{evil}", *rest]
    if command not in ("train", "sweep"):  # which would train where the text is right
        yield [command, "-e", f"input 8x8x1 conv3k3 {evil} fc10", *rest]
        yield [command, "-e", f"input 8x8x1 {evil}conv3k3 # {evil}", *rest]
    yield [command, "-e", f'input 8x8x1 data npz="{evil}" conv8k3 cnv # {evil}', *rest]
    yield [command, "-e", f'input 8x8x1 use "{evil}.net" fc10', *rest]
    for option in ("--set", "--free", "--for", "--memory", "--device", "--as", "--input", "--over"):
        yield [command, file, option, f"x={evil}", *rest]
    for option in ("--root", "--out", "-o", "--data", "--convention", "--by", "--budget"):
        yield [command, wrong, option, f"/no{evil}/x", *rest]
    if command == "read":
        for notation in ("ciresan", "vgg", "metaqnn", "timm"):
            yield [command, "--as", notation, f"1x29x29-20C4{evil}-10N", "--input", f"8x{evil}"]
            yield [command, "--as", notation, f"[C(8,3,1), {evil}]", "--input", "8x8x1"]
            yield [command, "--as", notation, f"{evil}1x29x29-20C4-MP2-10N{evil}"]
    yield [command, f"--{evil}", file]
    yield [command, file, evil, *rest]
    yield [f"{command}{evil}"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("evil", [HOSTILE[0], "".join(HOSTILE[1:])], ids=["line", "others"])
def test_no_command_writes_a_control_character(command, evil, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in hostile_words(command, evil, tmp_path):
        shown(*words)
        printed = capsys.readouterr()
        assert "internal error" not in printed.err, (words, printed.err)
        for text in (printed.out, printed.err):
            sent = {c for c in text if not c.isprintable() and c != "\n"}
            assert not sent, (words, text[-600:])


@pytest.mark.parametrize("evil", HOSTILE, ids=ascii)
def test_objects_show_no_control_character(evil):
    network, other = netform.parse(NET, f"a{evil}"), netform.parse(NET, f"b{evil}")
    compared = network.compare(other)
    derivation = network.explain("params")
    for shown in (network, network.table(), compared, derivation, network.layers):
        assert repr(shown).isprintable()
    for text in (str(compared), str(derivation), compared._repr_html_(), network._repr_html_()):
        assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("evil", [*HOSTILE[1:], "\t", "\u4e2d", "e\u0301", "\U0001f600"], ids=ascii)
def test_carets_are_under_the_word_behind_any_character(evil):
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(f"input 8x8x1 conv8k3 # {evil}\n# ok\n cnv3k3 # {evil}")
    assert str(caught.value).splitlines()[3].endswith(" ^^^^^^")
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(f'input 8x8x1 data npz="x{evil}" set=mnist fc10')
    error = str(caught.value)
    assert error.replace("\n", "").isprintable()
    line, carets = error.splitlines()[2:4]
    columns = [c for c in line for _ in range(cell_len(c))]  # the characters as a terminal has them
    marked = "".join(columns[carets.index("^") : carets.rindex("^") + 1])
    assert marked in ("set=mnist", columns_of(caught.value))


def columns_of(error):
    """The text that an error marks, as a terminal has it."""
    start, end = error.span.start, error.span.end
    text = "".join(map(printable, error.source.text[start:end].replace("\t", " ")))
    return "".join(c for c in text for _ in range(cell_len(c)))
