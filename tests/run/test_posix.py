"""Nothing but what supervises a run or limits a process uses what only POSIX has."""

import ast
import sys
from pathlib import Path

import pytest

from netform.codegen.measure.in_child import limit_process
from netform.codegen.run import supervisor

ROOT = Path(__file__).parents[2]
FILES = [
    f for folder in ("api", "grammar", "dsl", "codegen") for f in (ROOT / folder).rglob("*.py")
]
MODULES = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "syslog", "posix"}
NAMES = {
    *("killpg", "getpgrp", "getpgid", "setsid", "setpgid", "fork", "forkpty", "prctl"),
    *("SIGKILL", "SIGSTOP", "SIGCONT", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2"),
    *("preexec_fn", "pass_fds", "start_new_session"),
}


def posix_only(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from {name.name for name in names} & MODULES
            case ast.ImportFrom(module=module, level=0, names=names):
                yield from ({module} & MODULES) | ({name.name for name in names} & NAMES)
            case ast.Attribute(attr=name) | ast.keyword(arg=name) if name in NAMES:
                yield name


def test_only_what_supervises_or_limits_uses_what_only_posix_has():
    users = {file.relative_to(ROOT).as_posix() for file in FILES if list(posix_only(file))}
    assert users == {"codegen/run/supervisor.py", "codegen/measure/in_child.py"}


def test_windows_is_told_what_is_missing(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(OSError, match="needs Linux or macOS"):
        supervisor.start(["true"])
    with pytest.raises(OSError, match="on Linux only"):
        limit_process(2**30, 0)
