"""Look for known secrets in a process, as root would: five ways in, one search.

`python -m demo.memory WAY PID` reads the secrets from standard input (hexadecimal, a line each) and prints what it
found as JSON, so that an attacker in a container can run it, too. A finding counts half a secret: any 16 bytes at
one of its ends that lie in memory in a row.
"""

from __future__ import annotations

import ctypes
import enum
import json
import mmap
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FRAGMENT_LENGTH: Final = 16  # an AES-128 key; what OpenSSL 3.0 was seen to leave on the stack
PIECE_LENGTH: Final = 16 << 20  # bytes read at once
OVERLAP: Final = FRAGMENT_LENGTH - 1
TABLE_BITS: Final = 24  # of the first filter: 16 MiB, and one false candidate in 16,000 places for 1,000 secrets
SYS_PIDFD_GETFD: Final = 438
GCORE_TIMEOUT_S: Final = 120
LIBC = ctypes.CDLL(None, use_errno=True)


class Way(enum.StrEnum):
    """How the attacker comes at the memory."""

    PROC_MEM = "/proc/PID/mem"
    PROCESS_VM_READV = "process_vm_readv"
    CORE_DUMP = "gcore"
    PIDFD_GETFD = "pidfd_getfd"


@dataclass(slots=True)
class Findings:
    """What one scan saw. `found` holds the places of the secrets in the list that was asked for."""

    found: set[int] = field(default_factory=set)
    bytes_read: int = 0
    # Pages (or descriptors) that the kernel would not let us read.
    refused: int = 0
    # Why nothing at all could be tried, as the kernel put it.
    error: str = ""

    def json(self) -> str:
        """Write as `Findings.parse` reads it."""
        return json.dumps({**asdict(self), "found": sorted(self.found)})

    @classmethod
    def parse(cls, text: str | bytes) -> Findings:
        """Read what `json` wrote."""
        fields = json.loads(text)
        return cls(set(fields["found"]), fields["bytes_read"], fields["refused"], fields["error"])


class Needles:
    """Secrets to look for, at any alignment, in time that hardly grows with their number."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Take the first and the last 16 bytes of each; shorter secrets (PINs) whole, from 8 bytes on."""
        self._fragments: dict[bytes, int] = {}
        self._lengths: set[int] = set()
        self._table = np.zeros(1 << TABLE_BITS, dtype=np.bool_)
        for place, secret in enumerate(secrets):
            if len(secret) < 8:  # noqa: PLR2004  a shorter one turns up by chance
                raise ValueError("a secret of fewer than 8 bytes cannot be told from chance")
            for fragment in {secret[:FRAGMENT_LENGTH], secret[-FRAGMENT_LENGTH:]}:
                self._fragments[fragment] = place
                self._lengths.add(len(fragment))
                self._table[int.from_bytes(fragment[:4], "little") & ((1 << TABLE_BITS) - 1)] = True

    def search(self, piece: bytes) -> set[int]:
        """Say which secrets stand in a piece of memory."""
        found: set[int] = set()
        for shift in range(4):
            words = np.frombuffer(piece, dtype="<u4", offset=shift, count=max(0, (len(piece) - shift) // 4))
            for index in np.flatnonzero(self._table[words & ((1 << TABLE_BITS) - 1)]):
                where = int(index) * 4 + shift
                for length in self._lengths:
                    place = self._fragments.get(piece[where : where + length])
                    if place is not None:
                        found.add(place)
        return found


def search_stream(read: Callable[[int, int], bytes], start: int, end: int, needles: Needles, into: Findings) -> None:
    """Search a range that `read(offset, length)` gives, in pieces that overlap; skip pages that cannot be read."""
    where = start
    while where < end:
        try:
            piece = read(where, min(PIECE_LENGTH, end - where))
        except (OSError, OverflowError):
            into.refused += 1
            where = (where // mmap.PAGESIZE + 1) * mmap.PAGESIZE
            continue
        if not piece:
            return
        into.bytes_read += len(piece)
        if piece.count(0) != len(piece):
            into.found |= needles.search(piece)
        if where + len(piece) >= end:
            return
        # A short piece ends where reading failed: go on there. What is cut in two is no secret's half.
        where += len(piece) - (OVERLAP if len(piece) == PIECE_LENGTH else 0)


def reader(descriptor: int) -> Callable[[int, int], bytes]:
    """Read from a descriptor at any place."""
    return lambda at, length: os.pread(descriptor, length, at)


def mappings(pid: int) -> Iterator[tuple[int, int, bool]]:
    """List a process's mappings: start, end, and whether its own protection lets it be read."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span = re.match(r"([0-9a-f]+)-([0-9a-f]+) (.)", line)
        if span and "[vvar" not in line and "[vsyscall]" not in line:
            yield int(span[1], 16), int(span[2], 16), span[3] == "r"


def scan_proc_mem(pid: int, needles: Needles) -> Findings:
    """Read all memory through /proc/PID/mem."""
    findings = Findings()
    descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        # Also what the process itself may not read: this way in does not ask.
        for start, end, _ in mappings(pid):
            search_stream(reader(descriptor), start, end, needles, findings)
    finally:
        os.close(descriptor)
    return findings


class _IoVec(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def scan_process_vm_readv(pid: int, needles: Needles) -> Findings:
    """Read all memory by the system call that debuggers use."""
    findings = Findings()
    buffer = ctypes.create_string_buffer(PIECE_LENGTH)

    def read(at: int, length: int) -> bytes:
        ours = _IoVec(ctypes.addressof(buffer), length)
        theirs = _IoVec(at, length)
        count = LIBC.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
        if count < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return buffer.raw[:count]

    for start, end, readable in mappings(pid):
        if readable:
            search_stream(read, start, end, needles, findings)
    if findings.bytes_read == 0:
        findings.error = "nothing could be read"
    return findings


def scan_core_dump(pid: int, needles: Needles) -> Findings:
    """Have gdb write a core file of the running process, and read that."""
    if shutil.which("gcore") is None:
        return Findings(error="not offered: gdb is not installed")
    with tempfile.TemporaryDirectory(prefix="vhsm-core-") as directory:
        run = subprocess.run(
            ["gcore", "-a", "-o", f"{directory}/core", str(pid)],
            check=False,
            capture_output=True,
            timeout=GCORE_TIMEOUT_S,
        )
        cores = list(Path(directory).iterdir())
        if not cores:
            lines = run.stderr.decode(errors="replace").strip().splitlines() or ["no core file"]
            return Findings(error=next((line for line in lines if line.startswith("ptrace")), lines[-1]))
        return scan_files(cores, needles)


def scan_descriptors(pid: int, needles: Needles) -> Findings:
    """Take every descriptor of the process by pidfd_getfd, and read what can be read or mapped through it."""
    findings = Findings()
    process = os.pidfd_open(pid)
    try:
        numbers = [int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        for number in numbers:
            taken = LIBC.syscall(SYS_PIDFD_GETFD, process, number, 0)
            if taken < 0:
                findings.refused += 1
                continue
            try:
                search_descriptor(taken, needles, findings)
            finally:
                os.close(taken)
        if findings.refused == len(numbers):
            findings.error = "no descriptor could be taken"
    finally:
        os.close(process)
    return findings


def search_descriptor(descriptor: int, needles: Needles, into: Findings) -> None:
    """Search what lies behind a descriptor: mapped, since memfd_secret's cannot be read, else read."""
    length = os.fstat(descriptor).st_size
    if not length:
        return
    try:
        with mmap.mmap(descriptor, length, prot=mmap.PROT_READ) as mapped:
            search_stream(lambda at, size: mapped[at : at + size], 0, length, needles, into)
    except (OSError, ValueError):
        search_stream(reader(descriptor), 0, length, needles, into)


def scan_files(paths: Iterable[Path], needles: Needles) -> Findings:
    """Search files: a core, a database with its log, a backup."""
    findings = Findings()
    for path in paths:
        with path.open("rb", buffering=0) as file:
            length = path.stat().st_size
            search_stream(reader(file.fileno()), 0, length, needles, findings)
    return findings


SCANS: Final = {
    Way.PROC_MEM: scan_proc_mem,
    Way.PROCESS_VM_READV: scan_process_vm_readv,
    Way.CORE_DUMP: scan_core_dump,
    Way.PIDFD_GETFD: scan_descriptors,
}


def scan(way: Way, pid: int, secrets: Sequence[bytes]) -> Findings:
    """Try one way in; a refusal by the kernel is told in `error`."""
    try:
        return SCANS[way](pid, Needles(secrets))
    except OSError as error:
        return Findings(error=error.strerror or str(error))


def main() -> int:
    """Scan for the secrets on standard input."""
    way, pid = Way(sys.argv[1]), int(sys.argv[2])
    secrets = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    sys.stdout.write(scan(way, pid, secrets).json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
