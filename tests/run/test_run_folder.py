"""The folder of a run: whose it is, and that nothing in it is lost."""

from fractions import Fraction

import pytest

import netform
from netform.codegen.cells import safe_cell
from netform.codegen.run.run_folder import check_folder, folder_of, place, read_json
from netform.codegen.run.training_run import run

OURS = '"""Train it. By netform."""\n'
SUMS_UP = (
    OURS
    + """
import sys
from pathlib import Path
Path(sys.argv[2], "summary.json").write_text('{"epochs": 7}')
"""
)
FAILS = OURS + "raise SystemExit('no data')\n"


def content(folder):
    return {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.startswith(".lock")}


@pytest.fixture
def finished(tmp_path):
    """The folder of a finished run."""
    (tmp_path / "a.py").write_text(SUMS_UP)
    for name in ("last.keras", "best.keras", "log.csv"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "summary.json").write_text('{"epochs": 3}')
    return tmp_path


@pytest.mark.parametrize("name", ["a", "b"])
def test_another_program_is_refused_and_leaves_a_finished_run_as_it_was(name, finished):
    before = content(finished)
    with pytest.raises(netform.NetformError, match="contains the run of another program"):
        run(FAILS, name, finished, [], quiet=True)
    assert content(finished) == before


def test_a_failed_program_leaves_a_finished_run_as_it_was(finished):
    (finished / "a.py").write_text(FAILS)
    before = content(finished)
    with pytest.raises(netform.NetformError, match="ended with status 1"):
        run(FAILS, "a", finished, [], quiet=True)
    assert content(finished) == before


def test_a_repeated_program_is_not_written_again(finished):
    before = (finished / "a.py").stat().st_mtime_ns
    place(SUMS_UP, finished / "a.py")
    assert (finished / "a.py").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_failed_first_run_does_not_block_its_folder(name, tmp_path):
    with pytest.raises(netform.NetformError, match="ended with status 1"):
        run(FAILS, "a", tmp_path, [], quiet=True)
    assert run(SUMS_UP, name, tmp_path, [], quiet=True) == {"epochs": 7}


def test_a_file_that_netform_has_not_written_is_not_replaced(tmp_path):
    """Where --out names a folder of the user's own."""
    (tmp_path / "digits.py").write_text("print(1)")
    with pytest.raises(netform.NetformError, match="another program"):
        place(SUMS_UP, tmp_path / "digits.py")
    assert (tmp_path / "digits.py").read_text() == "print(1)"
    check_folder(SUMS_UP, tmp_path / "other.py")


def test_a_program_in_another_encoding_is_another_program(finished):
    (finished / "a.py").write_bytes(SUMS_UP.encode("utf-16"))
    with pytest.raises(netform.NetformError, match="contains the run of another program"):
        place(SUMS_UP, finished / "a.py")


def test_networks_without_a_file_have_folders_of_their_own():
    texts = [
        "input 8x8x1 fc10",
        "input 8x8x1 fc3",
        "input 8x8x1 train lr=0.1 fc10",
        "input 8x8x1 train batch=32|64 fc10",
        "input 8x8x1 let n = 1 sweep n=1|2 fc(n)",
        "input 8x8x1 let n = 1 fc(n)",
    ]
    networks = [netform.parse(text) for text in texts]
    networks += [netform.parse(texts[-1], values={"n": n}) for n in (1, 2)]
    folders = [folder_of(network, False) for network in networks]
    folders += [folder_of(networks[0], False, Fraction(w)) for w in (2, 3)]
    folders.append(folder_of(networks[0], False, Fraction(2), "floor"))
    assert len(set(folders)) == len(folders)
    assert {folder.parent.name for folder in folders} == {"runs"}
    assert folder_of(netform.parse(" input 8x8x1   fc10 # same"), False) == folders[0]
    assert folder_of(networks[0], True).as_posix() == "runs/network"


def test_a_sweep_with_more_values_has_the_same_folder():
    text = "input 8x8x1 let d = 0 train batch={} lr=0.1 sweep d={} drop(d) fc10"
    few, more = (netform.parse(text.format(*v)) for v in (("1|2", "0|0.5"), ("8|1|2", "0.1|0")))
    assert folder_of(few, False) == folder_of(more, False)


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"[1]", b"\xff\xfe{", b"[" * 100_000])
def test_json_that_is_damaged_is_none(content, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    assert read_json(tmp_path / "x.json") is None
    assert read_json(tmp_path) is None


@pytest.mark.parametrize("start", "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
def test_a_cell_that_a_spreadsheet_would_compute_is_text(start):
    assert safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("cell", ["-1", "+0.5", "-1e-3", "-.5", "a=b", "", "'=1", -1, 0.5, None])
def test_other_cells_are_as_they_are(cell):
    assert safe_cell(cell) is cell
