"""The server's container: `vhsm init`, `vhsm serve`, and administration, all of it inside."""

from __future__ import annotations

import json
import secrets
import select
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from demo.containers import PROJECT, VENV, Bind, descendants, executable, project_binds

if TYPE_CHECKING:
    import subprocess

    from demo.containers import Container, Lab

READY_TIMEOUT_S: Final = 30
VHSM: Final = VENV / "bin/vhsm"
CLIENT_SOCKET_DIRECTORY: Final = Path("/run/vhsm")  # where a client looks when it is told nothing

CONFIGURATION: Final = """\
data_dir = "{home}/data"
seal_file = "{home}/seal/machine.seal"
socket_dir = "{home}/sockets"
"""


class Failed(Exception):  # noqa: N818  the name of what happened
    """A command of the demo that must work did not; the text is its last line."""


class Server:
    """vhsm in a container of its own."""

    def __init__(self, lab: Lab) -> None:
        # In the host's PID namespace, like `docker run --pid host`: only so can it see its callers' cgroups.
        self.container: Container = lab.container(
            "server", environment={"PYTHONPATH": f"{PROJECT}/src"}, sees_host_processes=True
        )
        self.home = lab.own_directory("server-home", self.container)
        self.container.binds = (*project_binds(), Bind(self.home, self.home, writable=True))
        self.password = secrets.token_urlsafe(18)
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("data", "seal"):
            self._write_directory(name)
        self.configuration = self.home / "server.toml"
        self.container.run(
            ["sh", "-c", f"cat > {self.configuration}"], stdin=CONFIGURATION.format(home=self.home).encode()
        )

    @property
    def data(self) -> Path:
        """The database's directory."""
        return self.home / "data"

    def socket_directory(self, container: str) -> Path:
        """Give the directory that is to be seen in a container."""
        return self.home / "sockets" / container

    def initialise(self) -> None:
        """Make seal, database and administrator."""
        self.vhsm("init", "--password-fd", "0", secrets=[self.password])

    def serve(self) -> None:
        """Start the service and wait until it says that it serves."""
        self._process = self.container.start([VHSM, "serve", "--config", self.configuration, "--ready-fd", "1"])
        if self._process.stdout is None:
            raise Failed("the server has no standard output")
        ready, _, _ = select.select([self._process.stdout], [], [], READY_TIMEOUT_S)
        if not ready or not self._process.stdout.readline():
            raise Failed(f"vhsm serve: {self.log()}")

    def log(self) -> str:
        """Give what the server logged, once it ended."""
        if self._process is None or self._process.stderr is None:
            return ""
        self._process.kill()
        return self._process.stderr.read().decode(errors="replace")[-2000:]

    def administer(self, *arguments: str, secrets: list[str] | None = None) -> Any:
        """Run an administrator's command; its secrets go after the administrator's password."""
        return self.vhsm(*arguments, "--password-fd", "0", secrets=[self.password, *(secrets or [])])

    def vhsm(self, *arguments: str, secrets: list[str] | None = None) -> Any:
        """Run a command of `vhsm` in the server's container and read its JSON.

        Raises:
            Failed: it did not work.
        """
        return vhsm(self.container, *arguments, "--config", str(self.configuration), secrets=secrets)

    def processes(self) -> dict[str, list[int]]:
        """Give the server's processes: the engine, and the Python ones."""
        if self._process is None:
            return {}
        all_of_them = [pid for pid in descendants(self._process.pid) if executable(pid) != "bwrap"]
        engine = [pid for pid in all_of_them if is_engine(pid)]
        return {"engine": engine, "python": [pid for pid in all_of_them if pid not in engine]}

    def _write_directory(self, name: str) -> None:
        self.container.run(["mkdir", "-m", "700", self.home / name])


def is_engine(pid: int) -> bool:
    """Tell the engine by its name, which even those may read who may not look inside."""
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("vhsm-engine")


def vhsm(container: Container, *arguments: str, secrets: list[str] | None = None) -> Any:
    """Run a command of `vhsm` in a container, its secrets on standard input, and read its JSON.

    Raises:
        Failed: it did not work.
    """
    stdin = "".join(f"{secret}\n" for secret in secrets or []).encode()
    run = container.run([VHSM, *arguments, "--json"], stdin=stdin)
    if run.returncode != 0:
        lines = run.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"vhsm {' '.join(arguments[:2])}: {lines[-1] if lines else run.returncode}")
    return json.loads(run.stdout or b"null")
