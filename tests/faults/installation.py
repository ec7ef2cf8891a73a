"""A whole server of a test's own, made as an operator makes it, to be killed, filled and corrupted."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from vhsm.client import DeviceError, Refusal, connect, connect_admin
from vhsm.config import ClientConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vhsm.client import Administration, Client, Session

ROOT: Final = Path(__file__).resolve().parents[2]
WAIT_S: Final = 60.0  # far beyond whatever is waited for
ADMINISTRATOR: Final = "admin"
PASSWORD: Final = b"administrator's password"
PIN: Final = b"owner's PIN"
SO_PIN: Final = b"officer's PIN"
USER: Final = "owner"
TOKEN: Final = "token"
CONTAINER: Final = "home"


def command(*arguments: str | Path) -> list[str]:
    """Spell a `vhsm` command of this checkout."""
    return [sys.executable, "-m", "vhsm.cli.main", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Name this checkout's code to a process."""
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "VHSM_ENGINE": engine_program()}


def engine_program() -> str:
    """The engine to test."""
    return os.environ.get("VHSM_ENGINE", str(ROOT / "target" / "release" / "vhsm-engine"))


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it does not, within WAIT_S.
    """
    never = select.poll()
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        never.poll(5)


@dataclass(eq=False)
class Installation:
    """One server's files and, while it runs, its processes."""

    folder: Path
    supervisor: subprocess.Popen[bytes] | None = None
    bound: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, *, policy: str = "standard") -> Self:
        """Initialise, serve, and add one container and one user."""
        made = cls(folder)
        made.config.write_text(
            f'data_dir = "{folder}/data"\nseal_file = "{folder}/seal/machine.seal"\nsocket_dir = "{folder}/sockets"\n'
            "separate_uids = false\n"
        )
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as password:
            password.write(PASSWORD + b"\n")
        init = command("init", "--config", made.config, "--admin", ADMINISTRATOR, "--password-fd", str(reading))
        subprocess.run(init, env=environment(), pass_fds=(reading,), check=True, timeout=WAIT_S, capture_output=True)
        os.close(reading)
        made.serve()
        try:
            with made.administration() as admin:
                admin.add_container(CONTAINER)
                admin.add_user(USER, CONTAINER, TOKEN, PIN, SO_PIN, policy=policy)
        except BaseException:
            made.stop()
            raise
        return made

    @property
    def config(self) -> Path:
        """The server's configuration."""
        return self.folder / "server.toml"

    @property
    def database(self) -> Path:
        """The database."""
        return self.folder / "data" / "vhsm.db"

    @property
    def log(self) -> str:
        """What the server logged."""
        return (self.folder / "server.log").read_text(errors="replace")

    def socket(self, container: str = CONTAINER) -> Path:
        """A container's socket."""
        return self.folder / "sockets" / container / "vhsm.sock"

    # ---- life ------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Start the service as an init system does, and wait until it serves.

        Raises:
            AssertionError: it does not.
        """
        reading, writing = os.pipe()
        try:
            with (self.folder / "server.log").open("ab") as log:
                serve = command("serve", "--config", self.config, "--ready-fd", str(writing))
                self.supervisor = subprocess.Popen(
                    serve, env=environment(), pass_fds=(writing,), stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            os.close(writing)
            readable = select.select([reading], [], [], WAIT_S)[0]
            assert readable, f"not ready in time:\n{self.log[-4000:]}"
            assert os.read(reading, 6), f"ended instead of serving:\n{self.log[-4000:]}"
        finally:
            os.close(reading)

    def stop(self) -> None:
        """End the service by SIGTERM; whatever is left of it after a test is killed."""
        if self.supervisor is None:
            return
        children = self.children()
        self.supervisor.send_signal(signal.SIGTERM)
        try:
            self.supervisor.wait(WAIT_S)
        finally:
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.supervisor.kill()
            self.supervisor.wait()
            self.supervisor = None

    def children(self) -> dict[int, str]:
        """Name the supervisor's children: process id and program."""
        assert self.supervisor is not None
        found: dict[int, str] = {}
        listed = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children")
        with contextlib.suppress(OSError):
            for pid in map(int, listed.read_text().split()):
                with contextlib.suppress(OSError):
                    found[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
        return found

    def engine(self) -> int:
        """The engine's process id."""
        return next(pid for pid, name in self.children().items() if name.startswith("vhsm-engine"))

    def workers(self) -> list[int]:
        """The workers' process ids."""
        return [pid for pid, name in self.children().items() if not name.startswith("vhsm-engine")]

    def await_end(self) -> None:
        """Wait for the supervisor's end, which an engine's death leads to."""
        assert self.supervisor is not None
        self.supervisor.wait(WAIT_S)

    # ---- clients ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def administration(self) -> Iterator[Administration]:
        """An administrator, logged in."""
        with connect_admin(self.folder / "sockets" / "admin" / "admin.sock") as admin:
            admin.login(ADMINISTRATOR, PASSWORD)
            yield admin

    def client(self, container: str = CONTAINER) -> Client:
        """An application of a container."""
        return connect(config=ClientConfig(socket=self.socket(container)))

    @contextlib.contextmanager
    def session(self, pin: bytes = PIN, container: str = CONTAINER) -> Iterator[Session]:
        """An application of its own with one session, logged in."""
        with self.client(container) as client:
            session = client.open_session()
            session.login(pin)
            yield session

    def serves(self, pin: bytes = PIN) -> bool:
        """Whether a login is served now."""
        try:
            with self.session(pin):
                return True
        except (DeviceError, Refusal):
            return False

    # ---- database --------------------------------------------------------------------------------

    def sql(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run one statement behind the server's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=WAIT_S)) as connection, connection:
            return connection.execute(statement, parameters).fetchall()

    def assert_sound(self) -> None:
        """The database holds together."""
        assert self.sql("PRAGMA integrity_check") == [("ok",)]
        assert self.sql("PRAGMA foreign_key_check") == []
