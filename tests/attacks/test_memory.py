"""Root reads all of the engine's memory, and finds no key: neither of idle ones nor of those at work."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from demo.containers import descendants
from demo.memory import Way, scan
from demo.server import is_engine
from tests import servers
from vhsm.client import connect
from vhsm.config import load_client_config
from vhsm.wire.table import CKK, CKO
from vhsm.wire.tables import CKA_CLASS, CKA_KEY_TYPE, CKA_SIGN, CKA_TOKEN, CKA_VALUE, CKM_SHA256_HMAC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Requires
    from tests.servers import DevServer
    from vhsm.client import Session

KEYS: Final = 1_000
OPERATIONS: Final = 10_000
KEY_LENGTH: Final = 32


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, requires: Requires) -> Iterator[DevServer]:
    """A server of this file's own: 1,000 keys make others' finds long."""
    requires("memfd_secret")
    if os.geteuid() != 0:
        pytest.skip("only root reads another process's memory in spite of PR_SET_DUMPABLE")
    with servers.dev_server(tmp_path_factory.mktemp("dev") / "server") as started:
        yield started


@pytest.fixture(scope="module")
def engine(server: DevServer) -> int:
    """The engine's process id."""
    (found,) = (pid for pid in descendants(server.supervisor) if is_engine(pid))
    return found


@pytest.fixture(scope="module")
def session(server: DevServer) -> Iterator[Session]:
    """A session of an application that stays logged in, so that the engine holds its keys open."""
    configuration = load_client_config(Path(server.token.environment["VHSM_CONFIG"]))
    with connect(config=configuration) as client, client.open_session() as opened:
        opened.login(server.token.pin.encode())
        yield opened


@pytest.fixture(scope="module")
def keys(session: Session) -> dict[int, bytes]:
    """Known keys, imported into the token."""
    values = [secrets.token_bytes(KEY_LENGTH) for _ in range(KEYS)]
    handles = session.create_objects(
        {
            CKA_CLASS: CKO.SECRET_KEY,
            CKA_KEY_TYPE: CKK.GENERIC_SECRET,
            CKA_TOKEN: True,
            CKA_SIGN: True,
            CKA_VALUE: value,
        }
        for value in values
    )
    return dict(zip(handles, values, strict=True))


@pytest.mark.parametrize("way", [Way.PROC_MEM, Way.PROCESS_VM_READV, Way.CORE_DUMP, Way.PIDFD_GETFD])
def test_the_control_gives_every_key_away(way: Way, keys: dict[int, bytes]) -> None:
    """A process made weak on purpose: the same scan finds all thousand."""
    with subprocess.Popen([sys.executable, "-m", "demo.weak"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as weak:
        assert weak.stdin is not None
        assert weak.stdout is not None
        weak.stdin.write("".join(f"{value.hex()}\n" for value in keys.values()).encode() + b"\n")
        weak.stdin.flush()
        assert weak.stdout.readline() == b"ready\n"
        found = scan(way, weak.pid, list(keys.values())).found
        weak.kill()
    assert len(found) == KEYS


@pytest.mark.parametrize("way", list(Way))
def test_no_idle_key_lies_in_the_engines_memory(
    way: Way, engine: int, keys: dict[int, bytes], server: DevServer
) -> None:
    """Imported keys, the PIN among them: none is found, and something was read."""
    findings = scan(way, engine, [*keys.values(), server.token.pin.encode()])
    assert findings.found == set()
    assert findings.bytes_read > 0 or way is Way.PIDFD_GETFD


@pytest.mark.parametrize("way", list(Way))
def test_no_key_at_work_lies_in_the_engines_memory(
    way: Way, engine: int, keys: dict[int, bytes], server: DevServer, worked: int
) -> None:
    """After ten thousand operations with all of them, still none."""
    assert worked == OPERATIONS
    findings = scan(way, engine, [*keys.values(), server.token.pin.encode()])
    assert findings.found == set()
    assert findings.bytes_read > 0 or way is Way.PIDFD_GETFD


@pytest.fixture(scope="module")
def worked(session: Session, keys: dict[int, bytes]) -> int:
    """Use every key, over and over."""
    done = 0
    for _ in range(OPERATIONS // KEYS):
        for handle in keys:
            session.sign(handle, CKM_SHA256_HMAC, b"to be signed")
            done += 1
    return done
