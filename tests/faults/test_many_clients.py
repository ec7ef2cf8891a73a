"""Many clients at once, that fork and are killed: nothing wrong, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pkcs11.constants import Attribute
from pkcs11.mechanisms import Mechanism

from tests.cryptoki import CKU_USER, Module
from tests.faults.installation import eventually
from tests.servers import descendants, vhsm

if TYPE_CHECKING:
    import pytest

    from tests.servers import DevServer

PROJECT: Final = Path(__file__).resolve().parents[2]
PROGRAMS: Final = 8  # each is two processes, by its fork
VICTIMS: Final = 4
SIGNATURES: Final = 500
ROUNDS: Final = 3
ROUND_TIMEOUT_S: Final = 120
GROWTH_MAX: Final = 0.05
P256: Final = bytes.fromhex("06082a8648ce3d030107")


def start(server: DevServer, signatures: int) -> subprocess.Popen[bytes]:
    """Start a program of two processes, in a group of its own."""
    token = server.token
    command = [sys.executable, "-m", "tests.faults.signer", str(token.module), token.label, str(signatures)]
    environment = os.environ | token.environment | {"PKCS11_PIN": token.pin}
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def round_of(server: DevServer) -> None:
    """Let all programs sign at once; kill the victims while they do."""
    victims = [start(server, 1_000_000) for _ in range(VICTIMS)]
    programs = [start(server, SIGNATURES) for _ in range(PROGRAMS)]
    for victim in victims:
        assert victim.stdout
        assert [victim.stdout.readline() for _ in range(2)] == [b"signs\n"] * 2
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
    for program in programs:
        output, _ = program.communicate(timeout=ROUND_TIMEOUT_S)
        assert program.returncode == 0, output.decode()
        assert output.count(f"right {SIGNATURES} wrong 0\n".encode()) == 2, output.decode()


def counts(server: DevServer) -> tuple[int, int, int]:
    """Read applications, but for the one that asks, sessions and grants from `vhsm status`."""
    status = json.loads(vhsm("status", "--json", "--config", server.directory / "server.toml").stdout)
    return status["applications"] - 1, status["sessions"], status["grants"]


def engine_resident_kib(server: DevServer) -> int:
    """Read the engine's resident memory."""
    for pid in descendants(server.supervisor):
        status = Path(f"/proc/{pid}/status").read_text()
        if status.startswith("Name:\tvhsm-engine"):
            return int(status.partition("VmRSS:")[2].split()[0])
    raise LookupError("no engine")


def test_many_clients_leave_nothing_behind(own_dev_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 processes sign 500 times each, half of them forks of a C_Initialize; 8 more are killed while they sign.

    No signature is wrong, none hangs, the counts are back at zero after each round, and the engine does not grow.
    """
    token = own_dev_server.token
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        session.login(token.pin, CKU_USER)
        on_token = {Attribute.TOKEN: True}
        session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256, **on_token}, on_token)
    resident = []
    for _ in range(ROUNDS):
        round_of(own_dev_server)
        eventually(lambda: counts(own_dev_server) == (0, 0, 0), "no application, session or grant is left")
        resident.append(engine_resident_kib(own_dev_server))
    assert abs(resident[-1] - resident[-2]) <= GROWTH_MAX * resident[-2], resident
