"""What is measured: the echo floor, vhsm, and the peers, each started and stopped here."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import tempfile
import uuid
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from bench.fill import OBJECT_LABEL, fill
from bench.rows import OBJECTS_FEW, OBJECTS_MANY
from demo.containers import descendants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from bench.rows import Row

PROJECT: Final = Path(__file__).resolve().parents[1]
DRIVER: Final = PROJECT / "target/release/bench-driver"
SOFTHSM: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
REFUSED: Final = 3  # the driver's exit status when the module said no
RUN_TIMEOUT_S: Final = 600
START_TIMEOUT_S: Final = 60
PIN: Final = "bench-" + secrets.token_hex(4)

Figures = dict[str, float | int | str | None]


class NotHere(Exception):  # noqa: N818  a peer that is not installed is no error
    """A target that this machine does not have; the text says what is missing."""


class Target(ABC):
    """Something to measure."""

    name: str
    # The token of each number of objects that rows may ask for.
    tokens: dict[int, str]

    def __init__(self) -> None:
        self._cleanup = ExitStack()
        self.directory = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="vhsm-bench-")))
        self.environment: dict[str, str] = {}
        self.tokens = {}

    @abstractmethod
    def start(self) -> None:
        """Start it, ready to be measured.

        Raises:
            NotHere: it cannot be, on this machine.
        """

    @abstractmethod
    def command(self, row: Row) -> list[str | Path] | None:
        """Spell the driver's command for a row; None where the row makes no sense here."""

    def servers(self) -> list[int]:
        """List the server's processes, to be pinned; none for a module that works inside the driver."""
        return []

    def measure(self, row: Row, plan: Sequence[str], cores: set[int]) -> Figures | None:
        """Measure one row, the driver on these cores."""
        command = self.command(row)
        return None if command is None else self.drive([*command, *plan], cores)

    def drive(self, command: Sequence[str | Path], cores: set[int]) -> Figures:
        """Run the driver and read its figures; a refusal is one of them."""
        run = subprocess.run(
            ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), DRIVER, *command],
            check=False,
            capture_output=True,
            env={**os.environ, **self.environment},
            timeout=RUN_TIMEOUT_S,
        )
        if run.returncode not in (0, REFUSED):
            raise RuntimeError(f"{self.name}: {run.stderr.decode(errors='replace').strip()}")
        figures: Figures = json.loads(run.stdout)
        return figures

    def pin(self, cores: set[int]) -> None:
        """Put every thread of the server on these cores."""
        for process in self.servers():
            with suppress(OSError):
                for task in Path(f"/proc/{process}/task").iterdir():
                    with suppress(OSError):
                        os.sched_setaffinity(int(task.name), cores)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def _serve(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Start a server that ends with us, in a session of its own as every daemon, and vhsm's, is.

        The kernel schedules a session as one group (autogroup, sched(7)): a client and a server that share one wake
        each other more cheaply than any two containers can.
        """
        server = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        self._cleanup.callback(server.wait)
        self._cleanup.callback(server.kill)
        return server


class Floor(Target):
    """A unix stream socket and nothing behind it."""

    name = "echo floor"

    def start(self) -> None:
        """Start the echo server."""
        self._socket = self.directory / "echo.sock"
        self._server = self._serve([DRIVER, "echo-server", "--socket", self._socket])
        await_path(self._socket, self._server)

    def servers(self) -> list[int]:
        """List the echo server."""
        return [self._server.pid]

    def command(self, row: Row) -> list[str | Path] | None:
        """Echo as many bytes as the row's request has."""
        return ["echo", "--socket", self._socket, "--length", str(row.floor_length)]


class Library(Target):
    """aws-lc in the driver's own process: the cryptography of a row, and nothing else."""

    name = "library"

    def start(self) -> None:
        """Do nothing: it is part of the driver."""

    def command(self, row: Row) -> list[str | Path] | None:
        """Measure the rows whose goal asks for it."""
        return ["library", *row.library_arguments()] if row.raw_ratio_max else None


class Module(Target):
    """A PKCS#11 module."""

    module: Path

    def command(self, row: Row) -> list[str | Path] | None:
        """Measure on the token that has the objects the row wants."""
        if row.objects not in self.tokens:
            return None
        return ["measure", "--module", self.module, "--token", self.tokens[row.objects], *row.driver_arguments()]

    def hold(self, sessions: int, cores: set[int]) -> Figures:
        """Time many sessions held at once."""
        command: list[str | Path] = [
            "hold",
            "--module",
            self.module,
            "--token",
            self.tokens[0],
            "--sessions",
            str(sessions),
        ]
        return self.drive(command, cores)

    def _fill(self, token: str, objects: int, *options: str) -> None:
        command: list[str | Path] = ["fill", "--module", self.module, "--token", token, "--objects", str(objects)]
        command += options
        figures = self.drive(command, os.sched_getaffinity(0))
        if "refused" in figures:
            raise RuntimeError(f"{self.name}: {figures}")


class SoftHsm(Module):
    """SoftHSM2 inside the driver's own process."""

    name = "SoftHSM2"
    module = SOFTHSM

    def start(self) -> None:
        """Make its tokens: one with the two keys, one with the objects to be found."""
        self._configure({0: "bench", OBJECTS_FEW: "objects"})
        self._fill("bench", 0)
        self._fill("objects", OBJECTS_FEW)

    def _configure(self, tokens: dict[int, str]) -> None:
        if not SOFTHSM.exists():
            raise NotHere("softhsm2 is not installed")
        (self.directory / "tokens").mkdir()
        configuration = self.directory / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {self.directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
            encoding="utf-8",
        )
        self.environment = {"SOFTHSM2_CONF": str(configuration), "PKCS11_PIN": PIN}
        self.tokens = tokens
        for token in tokens.values():
            subprocess.run(
                ["softhsm2-util", "--init-token", "--free", "--label", token, "--pin", PIN, "--so-pin", PIN],
                check=True,
                capture_output=True,
                env={**os.environ, **self.environment},
            )


class SoftHsmMany(SoftHsm):
    """SoftHSM2 with very many objects: made by copying one object's file, since making each takes 13 ms."""

    def start(self) -> None:
        """Make the token, one public object, and its copies."""
        self._configure({OBJECTS_MANY: "many"})
        self._fill("many", 1, "--public")
        first = OBJECT_LABEL.format(0).encode()
        for path in list((self.directory / "tokens").rglob("*.object")):
            content = path.read_bytes()
            if content.count(first) == 1:
                for number in range(1, OBJECTS_MANY):
                    copy = path.with_name(f"{uuid.uuid4()}.object")
                    copy.write_bytes(content.replace(first, OBJECT_LABEL.format(number).encode()))
                    copy.with_suffix(".lock").touch()


class P11Kit(Module):
    """`p11-kit server` in front of the same SoftHSM2 tokens."""

    name = "p11-kit"

    def __init__(self, behind: SoftHsm) -> None:
        super().__init__()
        self._behind = behind

    def start(self) -> None:
        """Start the server on SoftHSM2's tokens."""
        modules = sorted(Path("/usr/lib").glob("*/pkcs11/p11-kit-client.so"))
        if not modules:
            raise NotHere("p11-kit-modules is not installed")
        self.module = modules[0]
        self.tokens = self._behind.tokens
        socket = self.directory / "p11.sock"
        self.environment = {**self._behind.environment, "P11_KIT_SERVER_ADDRESS": f"unix:path={socket}"}
        self._server = self._serve(["p11-kit", "server", "-f", "-n", socket, "--provider", SOFTHSM, "pkcs11:"])
        await_path(socket, self._server)

    def servers(self) -> list[int]:
        """List the server and what it forked."""
        return [self._server.pid, *descendants(self._server.pid)]


class Vhsm(Module):
    """vhsm, started by `vhsm dev start`."""

    name = "vhsm"
    module = PROJECT / "target/release/libvhsm_pkcs11.so"

    def start(self) -> None:
        """Start a throw-away server and fill its token."""
        self._made = 0
        self._home = self.directory / "dev"
        self._vhsm("start", "--policy", "compatible")
        self._cleanup.callback(self._vhsm, "stop")
        self.tokens = {0: self.environment["PKCS11_TOKEN"]}
        # The first login of all derives; later ones, for a minute, are remembered.
        self.first_login = self.drive(
            ["measure", "--module", self.module, "--token", self.tokens[0], "--operation", "session", "--size", "0"],
            os.sched_getaffinity(0),
        )["login_us"]
        self._fill(self.tokens[0], 0)
        self.fill_to(OBJECTS_FEW)

    def fill_to(self, objects: int) -> float:
        """Bring the token to this number of objects.

        Returns:
            Objects made a second.
        """
        rate = fill(Path(self.environment["VHSM_CONFIG"]), self.environment["PKCS11_PIN"], self._made, objects)
        self._made = objects
        self.tokens[objects] = self.tokens[0]
        return rate

    def servers(self) -> list[int]:
        """List supervisor, engine and workers."""
        supervisor = int((self._home / "server.pid").read_text(encoding="ascii"))
        return [supervisor, *descendants(supervisor)]

    def _vhsm(self, verb: str, *arguments: str) -> None:
        run = subprocess.run(
            [Path(sys.prefix) / "bin/vhsm", "dev", verb, "--dir", self._home, *arguments],
            check=True,
            stdout=subprocess.PIPE,
            timeout=START_TIMEOUT_S,
        )
        for line in run.stdout.decode().splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = shlex.split(value)[0]


def await_path(path: Path, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server's socket is there.

    Raises:
        RuntimeError: the server ended instead.
    """
    while not path.exists():
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.01)
            raise RuntimeError(f"{server.args!r} ended with {signal.Signals(-server.returncode).name}")
