"""Wrong paths, wrong keys and wrong files: one line that names the file and the remedy, and no hanging."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import WAIT_S, command, environment
from vhsm.client import DeviceError, connect
from vhsm.config import ClientConfig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.installation import Installation

EXIT_CONFIG = 3
EXIT_UNREACHABLE = 4


def run(*arguments: str | Path, **variables: str) -> tuple[int, str]:
    """Run a command; its exit status and the one line that it says."""
    done = subprocess.run(
        command(*arguments),
        env=environment() | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, f"one line: {done.stderr}"
    return done.returncode, done.stderr


@pytest.mark.parametrize("subcommand", ["init", "serve", "status"])
def test_an_unknown_key_of_the_servers_configuration(tmp_path: Path, subcommand: str) -> None:
    """Named with its file and the remedy."""
    config = tmp_path / "server.toml"
    config.write_text(f'data_dir = "{tmp_path}/data"\ndata_folder = "typo"\n')
    code, line = run(subcommand, "--config", config)
    assert code == EXIT_CONFIG
    assert str(config) in line
    assert "data_folder" in line
    assert "remove" in line


def test_an_unknown_key_of_the_clients_configuration(tmp_path: Path) -> None:
    """Named with its file and the remedy."""
    config = tmp_path / "client.toml"
    config.write_text('sockets = "/run/vhsm.sock"\n')
    code, line = run("key", "list", VHSM_CONFIG=str(config))
    assert code == EXIT_CONFIG
    assert str(config) in line
    assert "sockets" in line
    assert "remove" in line


@pytest.mark.parametrize("there", ["nothing", "no socket", "nobody listens"])
def test_a_missing_socket(tmp_path: Path, there: str) -> None:
    """Named, by the command line and by the API, at once."""
    path = tmp_path / "vhsm.sock"
    if there == "no socket":
        path.write_text("a file")
    elif there == "nobody listens":
        socket.socket(socket.AF_UNIX).bind(str(path))
    with pytest.raises(DeviceError, match="is the server running"):
        connect(config=ClientConfig(socket=path))
    code, line = run("key", "list", VHSM_SOCKET=str(path))
    assert code == EXIT_UNREACHABLE
    assert str(path) in line


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """A socket that accepts and says nothing: bounded by reply_timeout_ms."""
    path = tmp_path / "vhsm.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(DeviceError):
            connect(config=ClientConfig(socket=path, reply_timeout_ms=200))


def spoil_seal(installation: Installation) -> None:
    """One bit of the seal."""
    path = installation.folder / "seal" / "machine.seal"
    content = path.read_bytes()
    path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])


def test_a_corrupt_seal_or_database_does_not_start(installation: Installation) -> None:
    """Said with the file's name; put back, the server serves again."""
    installation.stop()
    for path in (installation.folder / "seal" / "machine.seal", installation.database):
        kept = path.read_bytes()
        for content in (b"", kept[: len(kept) // 2], os.urandom(len(kept))):
            path.write_bytes(content)
            done = subprocess.run(
                command("serve", "--config", installation.config),
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=WAIT_S,
                check=False,
            )
            assert done.returncode != 0, path
            assert "Traceback" not in done.stderr, done.stderr
            assert path.name in done.stderr + done.stdout, done.stderr
        path.write_bytes(kept)
    installation.serve()
    assert installation.serves()
