"""A token to test, and how the usual programs reach it."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from vhsm.config import ClientConfig, load_client_config
from vhsm.service.binaries import module_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VHSM: Final = Path(sys.executable).with_name("vhsm")
SOFTHSM2: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
COMMAND_TIMEOUT_S: Final = 120
EXIT_TIMEOUT_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Token:
    """What a program must know to use a token."""

    module: Path
    label: str
    pin: str
    so_pin: str
    # What the module reads from the environment: VHSM_CONFIG, or SoftHSM2's configuration.
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def client_config(self) -> ClientConfig:
        """The same for `vhsm.client`."""
        return load_client_config(environment=self.environment)

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program that finds the token by its environment."""
        return subprocess.run(
            command,
            env=os.environ | self.environment,
            check=check,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )

    def pkcs11_tool(self, *arguments: str | Path, login: bool = True, check: bool = True) -> str:
        """Run OpenSC's pkcs11-tool on the token, and return all that it printed."""
        pin = ["--login", "--pin", self.pin] if login else []
        command = ["pkcs11-tool", "--module", self.module, "--token-label", self.label, *pin, *arguments]
        done = self.run(*command, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def python(self, program: str, *arguments: str) -> str:
        """Run a Python program in a process of its own, and return what it printed.

        It finds module, label and PIN as `MODULE`, `LABEL` and `PIN`. A module is loaded once in a process and keeps
        what it read there, so programs that load one by a library of their own never run in the tests' process.
        """
        preamble = f"MODULE, LABEL, PIN = {str(self.module)!r}, {self.label!r}, {self.pin!r}\n"
        done = self.run(sys.executable, "-c", preamble + program, *arguments, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout


@dataclass(frozen=True, slots=True)
class DevServer:
    """A throw-away server of `vhsm dev start`."""

    directory: Path
    token: Token

    @property
    def supervisor(self) -> int:
        """Its supervisor's process id."""
        return int((self.directory / "server.pid").read_text())


def vhsm(*arguments: str | Path, check: bool = True, pass_fds: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command line of the checkout; descriptors in `pass_fds` keep their numbers."""
    done = subprocess.run(
        [VHSM, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        pass_fds=pass_fds,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"vhsm {shlex.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def free_port() -> int:
    """Find a TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def exports(text: str) -> dict[str, str]:
    """Read `export NAME=VALUE` lines as a shell does."""
    pairs = (word.partition("=") for word in shlex.split(text) if word != "export")
    return {name: value.removesuffix(";") for name, _, value in pairs}


def descendants(root: int) -> set[int]:
    """Name a process and all below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                # proc(5): the name, in brackets, may hold anything; the parent is the second field after it.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, size = {root}, 0
    while size < len(found):
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


@contextlib.contextmanager
def watched(processes: set[int]) -> Iterator[None]:
    """Check that all these processes are gone soon after the block; kill the rest, so that no test meets them."""
    pidfds = {}
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            pidfds[os.pidfd_open(pid)] = pid
    try:
        yield
        left = {pid for pidfd, pid in pidfds.items() if not ended(pidfd)}
        assert not left, f"left behind: {left}"
    finally:
        for pidfd in pidfds:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)


def ended(pidfd: int) -> bool:
    """Wait until a process has ended, for a bounded time."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(EXIT_TIMEOUT_MS))


@contextlib.contextmanager
def dev_server(directory: Path, *arguments: str) -> Iterator[DevServer]:
    """Run `vhsm dev start`, and `vhsm dev stop` after; nothing may be left running."""
    names = exports(vhsm("dev", "start", "--dir", directory, *arguments).stdout)
    token = Token(
        module=Path(names["PKCS11_MODULE"]),
        label=names["PKCS11_TOKEN"],
        pin=names["PKCS11_PIN"],
        so_pin=names["PKCS11_SO_PIN"],
        environment=names,
    )
    server = DevServer(directory, token)
    try:
        yield server
    finally:
        with watched(descendants(server.supervisor)):
            vhsm("dev", "stop", "--dir", directory)
    assert not (directory / "server.pid").exists()


def await_said(process: subprocess.Popen[str], words: str, times: int = 1) -> None:
    """Read what a process says until it has said these words so many times."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        times -= words in line
        if times == 0:
            return
    raise AssertionError("".join(said))


@contextlib.contextmanager
def serving(
    command: Sequence[str | Path], environment: dict[str, str], ready: str, times: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """Run a server of others that says `ready` so many times once it serves; it and its children end with the block."""
    process = subprocess.Popen(
        command,
        env={"PATH": "/usr/bin:/bin:/usr/sbin", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        await_said(process, ready, times)
        yield process
    finally:
        with watched(descendants(process.pid)):
            process.terminate()
            process.communicate()


def softhsm2(directory: Path) -> Token:
    """Make a token of SoftHSM2: the reference that the behaviour tests can be run against."""
    (directory / "tokens").mkdir()
    config = directory / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {directory / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    token = Token(SOFTHSM2, "reference", "1234-user", "1234-so", {"SOFTHSM2_CONF": str(config)})
    token.run(
        *("softhsm2-util", "--init-token", "--free", "--label", token.label),
        *("--pin", token.pin, "--so-pin", token.so_pin),
    )
    return token


@dataclass(frozen=True, slots=True)
class Server:
    """A server as an operator runs it: `vhsm init`, `vhsm serve`, containers and users of one's choice."""

    directory: Path

    ADMIN_PASSWORD: ClassVar = "administrator's password"

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.directory / "server.toml"

    def administer(self, *arguments: str, **secrets: str) -> str:
        """Run an administrator's command, and return what it printed.

        Args:
            arguments: of the command.
            secrets: passwords by the option that names their descriptor, without `--` and `-fd`.
        """
        secrets = {"password": self.ADMIN_PASSWORD, **secrets}
        with contextlib.ExitStack() as stack:
            options: list[str] = []
            descriptors = []
            for name, secret in secrets.items():
                reader, writer = os.pipe()
                stack.callback(os.close, reader)
                os.write(writer, secret.encode() + b"\n")
                os.close(writer)
                descriptors.append(reader)
                options += [f"--{name.replace('_', '-')}-fd", str(reader)]
            return vhsm(*arguments, "--config", self.config, *options, pass_fds=descriptors).stdout

    def add_user(self, name: str, container: str, policy: str = "standard") -> Token:
        """Add a user with a token of the same name, reached from `container`, which is enrolled if it is new."""
        client = self.directory / f"{container}.toml"
        if not client.exists():
            self.administer("container", "add", container)
            client.write_text(f'socket = "{self.directory / "sockets" / container / "vhsm.sock"}"\n')
        token = Token(module_path(), name, f"{name}'s pin", f"{name}'s so pin", {"VHSM_CONFIG": str(client)})
        self.administer(
            *("user", "add", name, "--container", container, "--label", name, "--policy", policy),
            pin=token.pin,
            so_pin=token.so_pin,
        )
        return token


@contextlib.contextmanager
def server(directory: Path) -> Iterator[Server]:
    """Run a server of one's own; nothing may be left running."""
    directory.mkdir(mode=0o700)
    made = Server(directory)
    paths = {
        "data_dir": directory / "data",
        "seal_file": directory / "seal" / "machine.seal",
        "socket_dir": directory / "sockets",
        "pid_file": directory / "server.pid",
    }
    lines = [f'{name} = "{path}"\n' for name, path in paths.items()]
    made.config.write_text("".join([*lines, "separate_uids = false\n"]))
    made.administer("init")
    reader, writer = os.pipe()
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [VHSM, "serve", "--config", made.config, "--ready-fd", str(writer)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writer],
        )
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as ready:
            assert ready.readline(), (directory / "server.log").read_text()
        yield made
    finally:
        with watched(descendants(process.pid)):
            process.terminate()
            process.wait(EXIT_TIMEOUT_MS / 1000)
