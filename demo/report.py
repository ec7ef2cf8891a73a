"""What the demo saw, a row for each promise, and the table at its end."""

from __future__ import annotations

import enum
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.customer import Result


class Outcome(enum.StrEnum):
    """How a row ended."""

    HELD = "[green]held[/]"
    FAILED = "[bold red]FAILED[/]"
    NOT_OFFERED = "[yellow]not offered[/]"
    NEEDS_ROOT = "[yellow]needs root[/]"


@dataclass(frozen=True, slots=True)
class Row:
    """One promise."""

    who: str
    what: str
    outcome: Outcome
    seen: str


@dataclass(slots=True)
class Report:
    """All rows, told as they come."""

    console: Console = field(default_factory=Console)
    # VHSM_REQUIRE_ALL=1: what this machine cannot offer counts as failed.
    require_all: bool = field(default_factory=lambda: os.environ.get("VHSM_REQUIRE_ALL") == "1")
    rows: list[Row] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def add(self, who: str, what: str, held: bool, seen: str) -> None:
        """Judge a row."""
        self._tell(Row(who, what, Outcome.HELD if held else Outcome.FAILED, seen))

    def equal(self, who: str, what: str, got: str, expected: str) -> None:
        """Compare a result with what was published."""
        same = got == expected
        self.add(who, what, same, shortened(got) if same else f"{got}, expected {expected}")

    def results(self, who: str, what: str, results: Sequence[Result]) -> None:
        """Compare many results with what was published, in one row."""
        wrong = [f"{name}: {got}, expected {expected}" for name, got, expected in results if got != expected]
        count = f"{len(results) - len(wrong)} of {len(results)} as published"
        self.add(who, what, bool(results) and not wrong, "; ".join([count, *wrong[:3]]))

    def not_offered(self, who: str, what: str, why: str) -> None:
        """Say what this machine cannot show; that fails with VHSM_REQUIRE_ALL=1."""
        self._tell(Row(who, what, Outcome.NOT_OFFERED, why))

    def needs_root(self, who: str, what: str, why: str = "started by a plain user") -> None:
        """Say what this user cannot show on any machine; that never fails."""
        self._tell(Row(who, what, Outcome.NEEDS_ROOT, why))

    def _tell(self, row: Row) -> None:
        self.rows.append(row)
        seconds = time.monotonic() - self._began
        self.console.print(f"[dim]{seconds:5.1f} s[/] {row.outcome} {row.who}: {row.what}", highlight=False)

    def finish(self) -> int:
        """Print the table.

        Returns:
            The exit status: 0 only if all held.
        """
        table = Table(title="What was promised, and what was seen", show_lines=False)
        for column in ("who", "what", "", "seen"):
            table.add_column(column, overflow="fold")
        previous = ""
        for row in self.rows:
            if row.who != previous and previous:
                table.add_section()
            table.add_row(row.who if row.who != previous else "", row.what, row.outcome.value, row.seen)
            previous = row.who
        self.console.print(table)
        counts = {outcome: sum(row.outcome is outcome for row in self.rows) for outcome in Outcome}
        self.console.print(", ".join(f"{count} {outcome.value}" for outcome, count in counts.items()))
        bad = counts[Outcome.FAILED] + (counts[Outcome.NOT_OFFERED] if self.require_all else 0)
        return 1 if bad or not self.rows else 0


def shortened(text: str, length: int = 60) -> str:
    """Cut what would make the table hard to read."""
    return text if len(text) <= length else text[: length - 1] + "…"
