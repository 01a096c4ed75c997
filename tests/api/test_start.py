"""A fast start: nothing is imported that a command does not use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPLETION = {"_NETFORM_COMPLETE": "bash_complete", "COMP_WORDS": "netform ta", "COMP_CWORD": "1"}
SHOW_IMPORTED = """
import atexit, sys
atexit.register(lambda: print("imported:", *sys.modules, file=sys.stderr))
sys.argv[0] = "netform"
from netform.cli import main
main()
"""
NEVER = {
    *("jinja2", "keras", "tensorflow", "numpy", "matplotlib", "hypothesis", "ray", "sklearn"),
    *("PIL", "asyncio", "filelock"),
}


def imported(*words, **environment):
    """All modules that a command has imported when it ends, and its output."""
    result = subprocess.run(
        [sys.executable, "-c", SHOW_IMPORTED, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    errors, _, modules = result.stderr.rpartition("imported:")
    return set(modules.split()), result.stdout + errors


@pytest.mark.parametrize(
    ("words", "environment", "shown"),
    [
        (["--help"], {}, "Usage: netform"),
        (["fmt", "--check", "examples/cifar_vgg.net"], {}, ""),
        (["devices", "gtx970"], {}, "GeForce GTX 970"),
        ([], COMPLETION, "plain,table"),
        (["check", "-e", "input 32x32x3 conv64 k3"], {}, "without the space"),
        (["check", "-e", "input 32x32x3 cnv64k3"], {}, "did you mean conv64k3?"),
        (["check", "-e", "input 32x32x3 conv64k3)"], {}, "a parenthesis closes here"),
        (["table", "none.net"], {}, "the file cannot be read"),
    ],
)
def test_commands_that_need_no_formulas_do_not_import_sympy(words, environment, shown):
    modules, output = imported(*words, **environment)
    assert shown in output
    assert "netform.cli" in modules
    assert "sympy" not in modules
    assert not modules & NEVER


@pytest.mark.parametrize("command", ["table", "check", "formula"])
def test_commands_import_what_they_use(command):
    modules, _ = imported(command, "examples/cifar_vgg.net")
    assert not modules & {*NEVER, "sympy"}
    assert ("rich.console" in modules) == (command == "table")
    assert not {m for m in modules if m.startswith(("netform.derivation", "netform.codegen"))}


def test_formulas_with_roundings_import_sympy():
    words = ("formula", "-e", "input RxRx3 conv4k3s2 fc10", "macs", "--free", "R")
    modules, output = imported(*words)
    assert "floor(" in output or "ceiling(" in output
    assert "sympy" in modules
    assert not modules & {*NEVER, "sympy.tensor.tensor"}


def test_importing_netform_imports_nothing_else():
    code = "import sys, netform; print(*(m for m in sys.modules if m.startswith(('sympy', 'lark', 'netform.'))))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("\n", "")


def test_public_names_are_shown_and_found():
    import netform

    assert set(netform.__all__) <= set(dir(netform))
    assert all(getattr(netform, name) is not None for name in netform.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = netform.nothing


def test_the_help_reads_no_layers():
    modules, output = imported("--help")
    assert "memory" in output
    assert not {m for m in modules if m.startswith(("netform.dsl.kinds", "netform.dsl.algebra"))}
