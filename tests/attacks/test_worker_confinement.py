"""What code that runs in a hardened worker can still do; the control does the same in a process that is not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Requires

# Each attempt in a process of its own making, as a hostile worker would: nothing here is told to behave.
ATTEMPTS = """
import ctypes, json, os, resource, socket, sys
from pathlib import Path
from vhsm.service import privileges, sandbox

data_dir, outside, listener, hardened = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "hardened"
libc = ctypes.CDLL(None, use_errno=True)

def ptrace():
    if libc.ptrace(16, os.getppid(), None, None) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, os.getppid(), None, None)

def dumpable():
    privileges.prctl(privileges.PR_SET_DUMPABLE, 1)

attempts = {
    "reach a socket": lambda: socket.socket(socket.AF_UNIX).connect(listener),
    "open a network socket": lambda: socket.socket(socket.AF_INET),
    "read a file elsewhere": lambda: Path(outside).read_text(),
    "write a file elsewhere": lambda: Path(outside + ".new").write_text("x"),
    "signal another process": lambda: os.kill(os.getppid(), 0),
    "start a process": lambda: os.waitpid(os.fork() or os._exit(0), 0),
    "become dumpable": dumpable,
    "raise a limit": lambda: resource.prlimit(0, resource.RLIMIT_CORE, (0, 0)),
    "write the database": lambda: (data_dir / "vhsm.db-wal").write_text("x"),
    "execute a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
}
if hardened:
    privileges.become_worker(None, os.getppid())
    assert sandbox.confine(data_dir) == []
done = {}
for name, attempt in attempts.items():
    try:
        attempt()
        done[name] = True
    except OSError:
        done[name] = False
print(json.dumps(done))
"""


def attempt(tmp_path: Path, manner: str) -> dict[str, bool]:
    """Try everything, hardened or not, and say what succeeded."""
    data_dir, outside = tmp_path / f"data-{manner}", tmp_path / "outside"
    data_dir.mkdir()
    outside.write_text("another's")
    program = f"""
import socket, subprocess, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind({str(tmp_path / manner)!r})
listener.listen()
subprocess.run([sys.executable, "-c", *sys.argv[1:]], check=True)
"""
    arguments = [ATTEMPTS, str(data_dir), str(outside), str(tmp_path / manner), manner]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, bool] = json.loads(done.stdout)
    return result


def test_a_worker_reaches_its_database_and_nothing_else(tmp_path: Path, requires: Requires) -> None:
    """Files elsewhere, sockets, other processes, programs: all refused; the control gets them all."""
    requires("Landlock")
    hardened = attempt(tmp_path, "hardened")
    assert hardened.pop("write the database")
    assert not any(hardened.values()), hardened
    control = attempt(tmp_path, "plain")
    assert all(control.values()), control
