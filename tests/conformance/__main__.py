"""`make conformance`: every program against the real server, and a table of what held.

Exits with 1 if anything failed. Options are pytest's.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE: Final = Path(__file__).parent
VERSION: Final = re.compile(r"\d+(\.\d+)+\w*")
DPKG, PIP = "dpkg:", "pip:"
COLOURS: Final = {"held": "green", "failed": "bold red", "not offered": "yellow"}


@dataclass(slots=True)
class Row:
    """What one test function saw of a program, over all its parameters."""

    program: str
    version: str
    did: str
    results: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def verdict(self) -> str:
        """Say the worst of its results."""
        return next((result for result in ("failed", "not offered") if result in self.results), "held")


class Watcher:
    """Pytest's plugin: notes which test is which program's, and how it ended."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.row_of: dict[str, Row] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Make the rows."""
        versions: dict[tuple[str, ...], str] = {}
        for item in items:
            marker = item.get_closest_marker("program")
            if marker is None or not isinstance(item, pytest.Function):
                continue
            name, *telling = marker.args
            version = versions.setdefault(tuple(telling), version_told_by(telling))
            what = item.function.__name__.removeprefix("test_").replace("_", " ")
            did = f"{what}: {(item.function.__doc__ or '').strip().partition(chr(10))[0]}"
            key = item.nodeid.partition("[")[0]
            self.row_of[item.nodeid] = self.rows.setdefault(key, Row(name, version, did))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a result: of each test the call's, or an earlier or later phase's that did not pass."""
        row = self.row_of.get(report.nodeid)
        if row is None or (report.when != "call" and report.passed):
            return
        row.results.append({"passed": "held", "skipped": "not offered", "failed": "failed"}[report.outcome])
        if report.skipped and isinstance(report.longrepr, tuple):
            row.why = report.longrepr[2].removeprefix("Skipped: ").removeprefix("not offered: ")


def version_told_by(telling: list[str]) -> str:
    """Ask a program, Debian's package database or Python's for a version; empty where it is not there."""
    match telling:
        case [one] if one.startswith(PIP):
            return metadata.version(one.removeprefix(PIP))
        case [one] if one.startswith(DPKG):
            command = ["dpkg-query", "--show", "--showformat", "${Version}", one.removeprefix(DPKG)]
        case _:
            command = telling
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        return ""
    found = VERSION.search(done.stdout + done.stderr)
    return found[0] if found else ""


def table_of(rows: Iterable[Row]) -> Table:
    """Lay the rows out."""
    table = Table("program", "version", "what it did", "result", title="Programs against vhsm", title_justify="left")
    program = ""
    for row in sorted(rows, key=lambda row: row.program.lower()):
        times = f" ({len(row.results)})" if len(row.results) > 1 else ""
        result = f"[{COLOURS[row.verdict]}]{row.verdict}[/]{times}"
        new = row.program != program
        program = row.program
        why = f" [dim]{row.why}[/]" if row.why else ""
        table.add_row(program if new else "", row.version if new else "", row.did + why, result)
    return table


def main() -> int:
    """Run the tests, the long ones too, and print the table."""
    watcher = Watcher()
    status = pytest.main([str(HERE), "--long", "--quiet", *sys.argv[1:]], plugins=[watcher])
    console = Console(width=None if sys.stdout.isatty() else 160)
    rows = [row for row in watcher.rows.values() if row.results]
    console.print(table_of(rows))
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in COLOURS}
    console.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
