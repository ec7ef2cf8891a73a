"""Containers of bubblewrap, a network namespace and a cgroup: real isolation in 45 ms, without images or a daemon.

A container here is a name, a uid, a network namespace, a cgroup (v2) and a view of the file system; each program
runs in it under a user namespace and a PID namespace of its own, with no capability and no_new_privs. Started by
root, all of it is there; started by a plain user, bubblewrap alone gives what a plain user may have: then there is no
cgroup, and every container runs under that user's uid.
"""

from __future__ import annotations

import itertools
import os
import platform
import secrets
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

PROJECT = Path(__file__).resolve().parents[1]
# Where the interpreter's packages are, also when .venv is a link into another checkout.
VENV = Path(sys.prefix).resolve()
FIRST_UID = 3001
STOP_TIMEOUT_S = 10
SYSTEM_PATH = ":/usr/sbin:/sbin"  # where Debian keeps `ip`, which is not on a plain user's PATH

# Run by root before it gives everything up: join the cgroup, then show the container's user, under names that it can
# reach, directories that lie below ones it may not enter (a home directory, the server's socket directory).
PRELUDE = """
if [ -n "$1" ]; then echo $$ > "$1/cgroup.procs"; fi
shift
while [ "$1" != -- ]; do mount --rbind "$1" "$2"; shift 2; done
shift
exec "$@"
"""

# What every program of a Debian system may need to start; each only where the host has it.
SYSTEM = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf", "/etc/localtime")


@dataclass(frozen=True, slots=True)
class Host:
    """What this machine lets us build containers from."""

    root: bool
    cgroups: Path | None
    missing: tuple[str, ...]

    @classmethod
    def probe(cls) -> Self:
        """Try each part once. A root that may not mount (inside a container) is a plain user here."""
        root = os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
        missing = []
        cgroups = cgroup_mount() if root else None
        if cgroups is None:
            missing.append("a cgroup of its own for each container")
        if not root:
            missing.append("a uid of its own for each container")
        return cls(root=root, cgroups=cgroups, missing=tuple(missing))


def cgroup_mount() -> Path | None:
    """Find the cgroup v2 hierarchy, if we may make groups in it."""
    for line in Path("/proc/self/mounts").read_text(encoding="ascii", errors="replace").splitlines():
        _, where, kind, *_ = line.split(" ")
        probe = Path(where) / f"vhsm-probe-{secrets.token_hex(4)}"
        if kind == "cgroup2":
            try:
                probe.mkdir()
                probe.rmdir()
            except OSError:
                return None
            return Path(where)
    return None


@dataclass(frozen=True, slots=True)
class Bind:
    """A directory or file of the host, seen in a container."""

    source: Path
    target: Path
    writable: bool = False


@dataclass(slots=True)
class Container:
    """One container. Made by `Lab.container`."""

    name: str
    lab: Lab
    uid: int
    cgroup: Path | None
    network: str | None
    binds: tuple[Bind, ...]
    environment: Mapping[str, str]
    sees_host_processes: bool
    root_inside: bool
    _stages: Iterator[int] = field(default_factory=itertools.count)

    @property
    def cgroup_id(self) -> int | None:
        """Give the number by which the kernel names the cgroup (its directory's inode)."""
        return None if self.cgroup is None else self.cgroup.stat().st_ino

    def start(self, command: Sequence[str | Path], *, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Start a program in the container, with pipes on all three of its streams.

        Descriptors in `pass_fds` keep their numbers inside.
        """
        process = subprocess.Popen(
            self._command([str(part) for part in command]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", "") + SYSTEM_PATH},
        )
        self.lab.started.append(process)
        return process

    def run(
        self,
        command: Sequence[str | Path],
        *,
        stdin: bytes = b"",
        timeout_s: float = 60,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program in the container to its end."""
        process = self.start(command, pass_fds=pass_fds)
        try:
            out, err = process.communicate(stdin, timeout=timeout_s)
        finally:
            end(process)
        return subprocess.CompletedProcess(list(command), process.returncode, out, err)

    def _command(self, command: list[str]) -> list[str]:
        if not self.lab.host.root:
            return ["bwrap", *self._view({}), *command]
        staged = {bind: self.lab.directory / "stage" / f"{self.name}-{next(self._stages)}" for bind in self.binds}
        mounts: list[str] = []
        for bind, stage in staged.items():
            if bind.source.is_dir():
                stage.mkdir(parents=True)
            else:
                stage.touch()
            mounts += [str(bind.source), str(stage)]
        own = str(self.uid)
        return [
            *("unshare", "--mount", "--propagation", "private", "sh", "-euc", PRELUDE, "sh"),
            *(str(self.cgroup or ""), *mounts, "--"),
            *(("ip", "netns", "exec", self.network) if self.network else ()),
            *("setpriv", "--reuid", own, "--regid", own, "--clear-groups", "--bounding-set=-all"),
            *("--inh-caps=-all", "--no-new-privs", "bwrap", *self._view(staged), *command),
        ]

    def _view(self, staged: Mapping[Bind, Path]) -> list[str]:
        """Say what the programs inside see."""
        arguments = ["--die-with-parent", "--unshare-user", "--unshare-ipc", "--unshare-uts"]
        if self.network is None:
            arguments.append("--unshare-net")
        if self.sees_host_processes:
            arguments += ["--ro-bind", "/proc", "/proc"]
        else:
            arguments += ["--unshare-pid", "--unshare-cgroup", "--proc", "/proc"]
        arguments += ["--ro-bind", "/usr", "/usr", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"]  # noqa: S108
        for link in ("lib", "lib64", "bin", "sbin"):
            arguments += ["--symlink", f"usr/{link}", f"/{link}"]
        for path in SYSTEM:
            arguments += ["--ro-bind-try", path, path]
        for bind in self.binds:
            kind = "--bind" if bind.writable else "--ro-bind"
            arguments += [kind, str(staged.get(bind, bind.source)), str(bind.target)]
        inside = 0 if self.root_inside else self.uid
        arguments += ["--uid", str(inside), "--gid", str(inside), "--cap-drop", "ALL", "--hostname", self.name]
        if self.root_inside:
            arguments += ["--cap-add", "ALL"]
        arguments.append("--clearenv")
        for name, value in self.environment.items():
            arguments += ["--setenv", name, value]
        return arguments


class Lab(AbstractContextManager["Lab"]):
    """The containers of one run; all of them and all that ran in them are gone at its end."""

    def __init__(self, host: Host | None = None) -> None:
        self.host = host or Host.probe()
        self.started: list[subprocess.Popen[bytes]] = []
        self._containers: list[Container] = []
        self._token = f"vhsm-{os.getpid()}-{secrets.token_hex(2)}"
        self._temporary = tempfile.TemporaryDirectory(prefix="vhsm-lab-")
        self.directory = Path(self._temporary.name)
        self.directory.chmod(0o755)  # the containers' users pass through it

    def container(
        self,
        name: str,
        *,
        binds: Sequence[Bind] = (),
        environment: Mapping[str, str] | None = None,
        sees_host_processes: bool = False,
        root_inside: bool = False,
    ) -> Container:
        """Make a container.

        `sees_host_processes` leaves it in the host's PID namespace, as `docker run --pid host` does: a server there
        can see its callers' cgroups, an attacker there has processes to attack. `root_inside` makes its programs
        root of their user namespace, with every capability over it.
        """
        uid = FIRST_UID + len(self._containers) if self.host.root else os.geteuid()
        cgroup = network = None
        if self.host.cgroups is not None:
            cgroup = self.host.cgroups / self._token / name
            cgroup.mkdir(parents=True)
        if self.host.root:
            network = f"{self._token}-{name}"
            self._ip("netns", "add", network)
        container = Container(
            name=name,
            lab=self,
            uid=uid,
            cgroup=cgroup,
            network=network,
            binds=tuple(binds),
            environment={"PATH": f"{VENV}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **(environment or {})},
            sees_host_processes=sees_host_processes,
            root_inside=root_inside,
        )
        self._containers.append(container)
        return container

    def own_directory(self, name: str, owner: Container | None = None) -> Path:
        """Make a private directory for a container's user (of ours, when it is not there yet)."""
        path = self.directory / name
        path.mkdir(mode=0o700)
        if owner is not None and self.host.root:
            os.chown(path, owner.uid, owner.uid)
        return path

    def _ip(self, *arguments: str) -> None:
        path = os.environ.get("PATH", "") + SYSTEM_PATH
        subprocess.run(["ip", *arguments], check=True, env={"PATH": path})

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """End every process, then take away networks, groups and files."""
        for process in self.started:
            end(process)
        for container in self._containers:
            if container.cgroup is not None:
                remove_cgroup(container.cgroup)
            if container.network is not None:
                self._ip("netns", "del", container.network)
        if self.host.cgroups is not None:
            with suppress(OSError):
                (self.host.cgroups / self._token).rmdir()
        self._temporary.cleanup()


def remove_cgroup(group: Path) -> None:
    """End what still runs in a cgroup, wait until the kernel has let go of it, and remove it."""
    with suppress(OSError):
        (group / "cgroup.kill").write_text("1", encoding="ascii")
    with (group / "cgroup.events").open("rb", buffering=0) as events:
        changed = select.poll()
        changed.register(events, select.POLLPRI)
        while b"populated 0" not in events.read() and changed.poll(STOP_TIMEOUT_S * 1000):
            events.seek(0)
    with suppress(OSError):
        group.rmdir()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a container's program and all that it started, and wait until they are gone."""
    with ExitStack() as watched:
        if process.poll() is None:
            left = [pidfd for pid in descendants(process.pid) if (pidfd := watch(pid, watched)) is not None]
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            for pidfd in left:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                gone = select.poll()
                gone.register(pidfd, select.POLLIN)
                gone.poll(STOP_TIMEOUT_S * 1000)
    process.wait(STOP_TIMEOUT_S)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def watch(pid: int, watched: ExitStack) -> int | None:
    """Open a process, unless it is gone already."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    watched.callback(os.close, pidfd)
    return pidfd


def descendants(pid: int) -> list[int]:
    """List the processes that a process started, and theirs, as the host numbers them."""
    found: list[int] = []
    queue = [pid]
    while queue:
        with suppress(OSError):
            for task in Path(f"/proc/{queue.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
                found += children
                queue += children
    return found


def executable(pid: int) -> str:
    """Give the name of a process's program (empty where we may not know)."""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name
    except OSError:
        return ""


def project_binds() -> list[Bind]:
    """Show a container this checkout and its interpreter's packages, read-only, where they stand on the host."""
    places = {PROJECT, VENV.parent if (VENV.parent / "src").is_dir() else VENV}
    return [Bind(place, place) for place in sorted(places)]


def kernel() -> str:
    """Name the kernel, for a row that it cannot offer."""
    return f"kernel {platform.release()}"
