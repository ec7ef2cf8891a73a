"""OpenSSH, unmodified: the public key from the token, a login to a local sshd with it, directly and by the agent."""

from __future__ import annotations

import os
import pwd
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.openssl import Pair

pytestmark = pytest.mark.program("OpenSSH", "ssh", "-V")

SSHD: Final = "/usr/sbin/sshd"
SERVER: Final = """
ListenAddress 127.0.0.1:{port}
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/authorized_keys
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
PermitRootLogin prohibit-password
"""


class Ssh:
    """OpenSSH's programs, with a PIN that is typed by SSH_ASKPASS."""

    def __init__(self, pair: Pair, directory: Path) -> None:
        self.pair = pair
        self.directory = directory
        askpass = directory / "askpass"
        askpass.write_text(f"#!/bin/sh\necho {pair.token.pin}\n")
        askpass.chmod(0o700)
        self.environment = os.environ | {
            **pair.token.environment,
            "SSH_ASKPASS": str(askpass),
            "SSH_ASKPASS_REQUIRE": "force",
            "HOME": str(directory),
        }
        self.port = free_port()

    def run(self, *command: str | Path) -> str:
        """Run a program and return what it printed."""
        done = subprocess.run(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def log_in(self, *options: str) -> str:
        """Log in to the server and run a command there."""
        known = ["-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={self.directory}/known_hosts"]
        only = ["-F", "none", "-o", "IdentityFile=none", "-o", "PreferredAuthentications=publickey"]
        user = pwd.getpwuid(os.getuid()).pw_name
        return self.run("ssh", *known, *only, *options, "-p", str(self.port), f"{user}@127.0.0.1", "echo", "logged-in")

    def public_key(self) -> str:
        """The pair's line of `ssh-keygen -D`."""
        kind = "ssh-rsa" if self.pair.label.endswith("rsa") else "ecdsa-sha2-nistp256"
        lines = self.run("ssh-keygen", "-D", self.pair.token.module).splitlines()
        return next(line for line in lines if line.startswith(f"{kind} ") and line.endswith(self.pair.label))


@pytest.fixture
def ssh(pair: Pair, tmp_path: Path) -> Iterator[Ssh]:
    """A server that lets in who has the pair."""
    made = Ssh(pair, tmp_path)
    made.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "host_key")
    (tmp_path / "authorized_keys").write_text(made.public_key() + "\n")
    (tmp_path / "sshd_config").write_text(SERVER.format(port=made.port, directory=tmp_path))
    with sshd(made):
        yield made


@contextmanager
def sshd(ssh: Ssh) -> Iterator[None]:
    """Run sshd until the block ends."""
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", ssh.directory / "sshd_config"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert server.stderr is not None
        for line in server.stderr:
            if b"listening on" in line:
                break
        else:
            raise AssertionError("sshd ended at once")
        yield
    finally:
        server.kill()
        server.wait()


def test_a_login_with_the_key_in_the_token(ssh: Ssh) -> None:
    """`ssh -I`, which asks for the PIN."""
    assert ssh.log_in("-o", f"PKCS11Provider={ssh.pair.token.module}") == "logged-in\n"


def test_a_login_by_the_agent(ssh: Ssh) -> None:
    """`ssh-add -s` gives the module to the agent's helper, which signs for ssh."""
    socket = ssh.directory / "agent"
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", socket, "-P", str(ssh.pair.token.module.resolve())],
        env=ssh.environment,
        stdout=subprocess.PIPE,
    )
    try:
        assert agent.stdout is not None
        agent.stdout.readline()  # it listens
        ssh.environment["SSH_AUTH_SOCK"] = str(socket)
        ssh.run("ssh-add", "-s", ssh.pair.token.module)
        assert ssh.pair.label in ssh.run("ssh-add", "-L")
        assert ssh.log_in() == "logged-in\n"
        ssh.run("ssh-add", "-e", ssh.pair.token.module)
    finally:
        agent.kill()
        agent.wait()
