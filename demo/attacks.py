"""The attacker: root of its own container, then root of the host. Each way in has its control, which must succeed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from demo.containers import PROJECT, VENV, descendants, end, kernel
from demo.memory import Findings, Needles, Way, scan, scan_files

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from demo.containers import Container, Lab
    from demo.report import Report

PYTHON: Final = VENV / "bin/python"
ATTACKER: Final = "attacker, root of a container"
HOST_ROOT: Final = "attacker, root of the host"
MEBIBYTE: Final = 1 << 20
SCAN_TIMEOUT_S: Final = 180


@dataclass(frozen=True, slots=True)
class Loot:
    """What the attacker is after, by name: it knows the values, and looks whether they lie anywhere."""

    secrets: Mapping[str, bytes]

    def values(self) -> list[bytes]:
        """List the values."""
        return list(self.secrets.values())

    def named(self, findings: Findings) -> str:
        """Name what was found."""
        names = list(self.secrets)
        return ", ".join(names[place] for place in sorted(findings.found))


def as_container_root(report: Report, attacker: Container, victims: Mapping[str, int], loot: Loot) -> None:
    """Try each way in from the attacker's container, on the host's numbers of the victims' processes."""
    asked = json.dumps({"victims": list(victims.values()), "secrets": [value.hex() for value in loot.values()]})
    run = attacker.run([PYTHON, "-m", "demo.attacker"], stdin=asked.encode(), timeout_s=SCAN_TIMEOUT_S)
    if run.returncode != 0:
        report.add(ATTACKER, "runs", held=False, seen=run.stderr.decode(errors="replace")[-200:])
        return
    for way, (control, *attempts) in json.loads(run.stdout).items():
        weak = Findings.parse(control)
        for name, attempt in zip(victims, attempts, strict=True):
            findings = Findings.parse(attempt)
            what = f"{way} of {name}"
            if not weak.found:
                report.not_offered(ATTACKER, what, f"its control does not work here: {weak.error}")
                continue
            held = not findings.found and not findings.bytes_read
            report.add(ATTACKER, what, held, f"{told(findings, loot)}; control: found")


@contextmanager
def weak_process(container: Container, secret: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """Run the careless process in a container: the control of every scan."""
    process = container.start([PYTHON, "-m", "demo.weak"])
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the careless process has no pipes")
    process.stdin.write(secret.hex().encode() + b"\n\n")
    process.stdin.flush()
    process.stdout.readline()
    try:
        yield process
    finally:
        end(process)


def as_host_root(
    report: Report, controls: Container, engine: int, others: Sequence[int], loot: Loot, *, memory: str
) -> None:
    """Read the engine in every way, and the server's other processes, as root of the host can."""
    if os.geteuid() != 0:
        report.needs_root(HOST_ROOT, "reads the memory of engine and workers")
        return
    with weak_process(controls, next(iter(loot.values()))) as weak:
        inside = descendants(weak.pid)[-1]
        for way in Way:
            control = scan(way, inside, loot.values())
            findings = scan(way, engine, loot.values())
            what = f"{way} of the engine"
            if not control.found:
                report.not_offered(HOST_ROOT, what, f"its control does not work here: {control.error}")
            elif memory != "memfd_secret" and way is not Way.PIDFD_GETFD:
                report.not_offered(HOST_ROOT, what, f"{kernel()} lacks memfd_secret; found: {told(findings, loot)}")
            else:
                report.add(HOST_ROOT, what, not findings.found, f"{told(findings, loot)}; control: found")
    everything = Findings()
    for pid in others:
        findings = scan(Way.PROC_MEM, pid, loot.values())
        everything.found |= findings.found
        everything.bytes_read += findings.bytes_read
    what = f"{Way.PROC_MEM} of supervisor and {len(others) - 1} workers"
    report.add(HOST_ROOT, what, bool(everything.bytes_read) and not everything.found, told(everything, loot))


def told(findings: Findings, loot: Loot) -> str:
    """Put what a scan saw into words."""
    if findings.error:
        return findings.error
    found = loot.named(findings)
    refused = f", {findings.refused} regions refused" if findings.refused else ""
    return f"{f'FOUND {found}' if found else 'not there'} in {findings.bytes_read / MEBIBYTE:.1f} MiB{refused}"


def database(report: Report, lab: Lab, data: Path, loot: Loot) -> None:
    """Search the database, its log and a backup, as a thief of the disk would."""
    stolen = lab.directory / "stolen"
    shutil.copytree(data, stolen)
    needles = Needles(variants(loot))
    # As it lay there, before anything opens the copy and folds its log into it.
    files = [path for path in sorted(stolen.rglob("*")) if path.is_file() and path.stat().st_size]
    findings = scan_files(files, needles)
    backup = lab.directory / "backup.db"
    with (
        closing(sqlite3.connect(f"file:{stolen / 'vhsm.db'}", uri=True)) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    copied = scan_files([backup], needles)
    names = ", ".join(path.name for path in [*files, backup])
    careless = lab.directory / "careless.db"
    with closing(sqlite3.connect(careless)) as connection:
        connection.execute("CREATE TABLE keys (value BLOB)")
        connection.execute("INSERT INTO keys VALUES (?)", (next(iter(loot.values())),))
        connection.commit()
    control = scan_files([careless], needles)
    found = findings.found | copied.found
    length = findings.bytes_read + copied.bytes_read
    report.add(
        "a thief of the disk",
        "searches the database, its write-ahead log, a backup",
        bool(findings.bytes_read and copied.bytes_read) and not found and bool(control.found),
        f"{names}: {'FOUND' if found else 'not there'} in {length / MEBIBYTE:.1f} MiB; "
        f"control: {'found' if control.found else 'NOT found'}",
    )


def variants(loot: Loot) -> list[bytes]:
    """Give each secret as it is and in hexadecimal, as a careless program might store it."""
    return [spelled for value in loot.values() for spelled in (value, value.hex().encode())]


def client_memory(report: Report, what: str, client: int, control: int, secret: bytes) -> None:
    """Scan a client for a key that it must not hold (any more), and a client that holds it on purpose."""
    findings = scan(Way.PROC_MEM, client, [secret])
    found = scan(Way.PROC_MEM, control, [secret])
    if found.error and os.geteuid() != 0:
        report.needs_root("customer A", what, found.error)
        return
    held = bool(findings.bytes_read) and not findings.found and bool(found.found)
    seen = f"{'FOUND' if findings.found else 'not there'} in {findings.bytes_read / MEBIBYTE:.1f} MiB"
    report.add("customer A", what, held, f"{seen}; control: {'found' if found.found else 'NOT found'}")


def hidden_files(report: Report, attacker: Container, paths: Sequence[Path]) -> None:
    """Look for the server's files from the attacker's container."""
    for path in paths:
        run = attacker.run(["cat", path])
        seen = run.stderr.decode(errors="replace").strip() or f"{len(run.stdout)} bytes READ"
        report.add(ATTACKER, f"reads {path.name}", run.returncode != 0, seen.rpartition(": ")[2])
    control = attacker.run(["cat", PROJECT / "LICENSE"])
    report.add(ATTACKER, "reads a file it was given (control)", control.returncode == 0, f"{len(control.stdout)} bytes")
