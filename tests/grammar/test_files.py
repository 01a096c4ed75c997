"""Only regular files are read, and whatever else a path leads to ends in a sentence."""

import os
import signal
import socket

import pytest

import netform
from netform.grammar.budget import MOST_BYTES
from support.commands import netform_command

NETWORK = "input 8x8x1 conv8k3 fc10\n"


def pipe(path):
    os.mkfifo(path)
    return "it is a named pipe, not a regular file"


def folder(path):
    path.mkdir()
    return "it is a folder, not a regular file"


def device(path):
    path.symlink_to("/dev/zero")
    return "it is a device, not a regular file"


def circle(path):
    other = path.with_name("other.net")
    other.symlink_to(path)
    path.symlink_to(other)
    return "Too many levels of symbolic links"


def nothing(path):
    return "No such file or directory"


def lost_link(path):
    path.symlink_to(path.with_name("nowhere.net"))
    return "No such file or directory"


def huge(path):
    with path.open("wb") as file:  # a hole, which takes no room
        file.truncate(2**40)
    return f"it has more than {MOST_BYTES:,} bytes"


def a_socket(path):
    bound = socket.socket(socket.AF_UNIX)
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # the path of a socket is short
    bound.bind(path.name)
    os.chdir(here)
    os.close(here)
    return "it is a socket, not a regular file"


KINDS = [pipe, folder, device, circle, nothing, lost_link, huge, a_socket]


@pytest.fixture(autouse=True)
def alarm():
    """Ends what waits for ever."""
    signal.alarm(20)
    yield
    signal.alarm(0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_read_from_a_regular_file_only(kind, tmp_path):
    path = tmp_path / "net.net"
    reason = kind(path)
    with pytest.raises(netform.NetformError) as caught:
        netform.load(path)
    assert str(caught.value).startswith(f"{path}: the file cannot be read: {reason}")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (circle, device)])
def test_blocks_are_used_from_a_regular_file_only(kind, tmp_path):
    reason = kind(tmp_path / "blocks.net")
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(f'use "blocks.net" {NETWORK}', root=tmp_path)
    assert reason in str(caught.value)
    assert "^" in str(caught.value)


def test_blocks_behind_links_in_a_circle_lead_nowhere(tmp_path):
    circle(tmp_path / "blocks.net")
    with pytest.raises(netform.NetformError, match="leads nowhere"):
        netform.parse(f'use "blocks.net" {NETWORK}', root=tmp_path)


def test_links_to_regular_files_are_followed(tmp_path):
    (tmp_path / "real.net").write_text(NETWORK)
    (tmp_path / "link.net").symlink_to(tmp_path / "real.net")
    assert netform.load(tmp_path / "link.net") == netform.load(tmp_path / "real.net")


def test_a_root_behind_links_in_a_circle_is_refused_in_a_sentence(tmp_path):
    circle(tmp_path / "root")
    with pytest.raises(netform.NetformError, match="cannot be used"):
        netform.parse(NETWORK, root=tmp_path / "root")


@pytest.mark.parametrize("kind", [pipe, device, folder])
def test_commands_end_where_a_file_is_no_file(kind, tmp_path):
    reason = kind(tmp_path / "net.net")
    result = netform_command("check", tmp_path / "net.net")
    assert (result.returncode, result.stdout) == (1, "")
    assert reason in result.stderr
