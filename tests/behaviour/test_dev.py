"""`vhsm dev`: a throw-away server with one ready token."""

from __future__ import annotations

import os
import shlex
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.servers import DevServer, vhsm

if TYPE_CHECKING:
    import subprocess

NAMES = {"PKCS11_MODULE", "PKCS11_TOKEN", "PKCS11_PIN", "PKCS11_SO_PIN", "VHSM_CONFIG"}


def test_standard_output_is_shell_exports_and_nothing_else(own_dev_server: DevServer) -> None:
    """`eval "$(vhsm dev start)"` works: each line exports one of five names, and a second start prints the same."""
    first = vhsm("dev", "start", "--dir", own_dev_server.directory).stdout
    lines = first.splitlines()
    assert {shlex.split(line)[1].partition("=")[0] for line in lines} == NAMES
    assert all(shlex.split(line)[0] == "export" and len(shlex.split(line)) == 2 for line in lines)
    assert servers.exports(first) == own_dev_server.token.environment
    assert Path(own_dev_server.token.environment["PKCS11_MODULE"]).is_absolute()
    assert Path(f"/proc/{own_dev_server.supervisor}").exists()


def test_nobody_else_reads_its_directory(own_dev_server: DevServer) -> None:
    """PINs, seal and database are the user's alone."""
    assert stat.S_IMODE(own_dev_server.directory.stat().st_mode) == 0o700
    for name in ("exports", "seal/machine.seal", "data/vhsm.db"):
        assert stat.S_IMODE((own_dev_server.directory / name).stat().st_mode) == 0o600


def test_several_run_side_by_side(own_dev_server: DevServer, tmp_path: Path) -> None:
    """Two directories, two servers, two tokens; stopping one leaves the other alone."""
    with servers.dev_server(tmp_path / "second") as second:
        assert second.token.pin != own_dev_server.token.pin
        assert second.supervisor != own_dev_server.supervisor
    assert not (tmp_path / "second").exists()
    assert vhsm("status", "--json", "--config", own_dev_server.directory / "server.toml").returncode == 0


def test_a_killed_server_is_started_again_as_it_was(own_dev_server: DevServer) -> None:
    """Keys and PINs outlive kill -9 of the supervisor, which takes workers and engine with it."""
    made = key(own_dev_server, "generate", "kept")
    assert made.returncode == 0, made.stderr
    with servers.watched(servers.descendants(own_dev_server.supervisor)):
        os.kill(own_dev_server.supervisor, signal.SIGKILL)
    again = vhsm("dev", "start", "--dir", own_dev_server.directory).stdout
    assert servers.exports(again) == own_dev_server.token.environment
    assert "kept" in key(own_dev_server, "list").stdout


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Neither start nor stop touches files that `vhsm dev` did not make."""
    (tmp_path / "precious").write_text("mine")
    for command in ("start", "stop"):
        refused = vhsm("dev", command, "--dir", tmp_path, check=False)
        assert refused.returncode == 2
        assert str(tmp_path) in refused.stderr
        assert refused.stdout == ""
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("policy", ["standard", "strict"])
def test_the_policy_is_stored(tmp_path: Path, policy: str) -> None:
    """`--policy` names the policy of the token; anything else is refused and leaves nothing running."""
    with servers.dev_server(tmp_path / "dev", "--policy", policy):
        pass
    refused = vhsm("dev", "start", "--dir", tmp_path / "none", "--policy", "lax", check=False)
    assert refused.returncode != 0
    assert refused.stdout == ""


def key(server: DevServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `vhsm key` with the dev user's PIN on a descriptor."""
    return server.token.run(
        "sh", "-c", 'printf "%s\\n" "$PKCS11_PIN" | "$@" --pin-fd 0', "sh", servers.VHSM, "key", *arguments, check=False
    )
