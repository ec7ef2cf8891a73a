"""Figures to medians, ratios, a table, and a plot."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from rich.table import Table

mpl.use("Agg")  # no display is needed
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bench.rows import Row
    from bench.targets import Figures

FLOOR: Final = "echo floor"
LIBRARY: Final = "library"
OURS: Final = "vhsm"

# Repeats of (row, target, threads), in the order in which they were taken.
Results = dict[tuple[str, str, int], list["Figures"]]


@dataclass(slots=True)
class Run:
    """All that one run measured. Latency stands under 0 threads: pinned, one core for both ends."""

    rows: tuple[Row, ...]
    targets: tuple[str, ...]
    results: Results = field(default_factory=lambda: defaultdict(list))
    # Figures that are no row: first login, objects made a second, sessions held.
    others: dict[str, dict[str, Figures]] = field(default_factory=lambda: defaultdict(dict))
    not_here: dict[str, str] = field(default_factory=dict)

    def median(self, row: Row, target: str, figure: str, threads: int = 0) -> float | None:
        """Give the median of a figure over the repeats; None where the target refused or was not asked."""
        values = [figures.get(figure) for figures in self.results.get((row.name, target, threads), [])]
        numbers = [value for value in values if isinstance(value, (int, float))]
        return statistics.median(numbers) if numbers else None

    def ratio(self, row: Row, target: str, base: str, figure: str, threads: int = 0) -> float | None:
        """Give the median of the repeats' own ratios: what drifts between repeats falls out."""
        pairs = zip(
            self.results.get((row.name, target, threads), []),
            self.results.get((row.name, base, threads), []),
            strict=False,
        )
        ratios = [
            float(ours) / float(theirs)
            for mine, other in pairs
            if isinstance(ours := mine.get(figure), (int, float))
            and isinstance(theirs := other.get(figure), (int, float))
        ]
        return statistics.median(ratios) if ratios else None

    def raw_ratio(self, row: Row) -> float | None:
        """Give the median of our p50 as a multiple of the floor's and the library's together, repeat by repeat."""
        repeats = (self.results.get((row.name, target, 0), []) for target in (OURS, FLOOR, LIBRARY))
        columns = [[figures.get("p50_us") for figures in column] for column in repeats]
        ratios = [
            ours / (floor + library)
            for ours, floor, library in zip(*columns, strict=False)
            if isinstance(ours, float) and isinstance(floor, float) and isinstance(library, float)
        ]
        return statistics.median(ratios) if ratios else None

    def refusal(self, row: Row, target: str) -> str | None:
        """Say which call a target refused."""
        for figures in self.results.get((row.name, target, 0), []):
            if "refused" in figures:
                return f"{figures['refused']}: {int(figures['rv'] or 0):#x}"
        return None

    def goals(self) -> Iterable[tuple[str, str, bool]]:
        """Judge what the issue asks: what, what was measured, whether it holds."""
        for row in self.rows:
            if row.floor_ratio_max and (ratio := self.ratio(row, OURS, FLOOR, "p50_us")):
                yield (
                    f"{row.title}: p50 at most {row.floor_ratio_max} x the floor",
                    f"{ratio:.2f} x",
                    ratio <= row.floor_ratio_max,
                )
            if row.p50_us_max and (latency := self.median(row, OURS, "p50_us")):
                yield (
                    f"{row.title}: p50 at most {row.p50_us_max:.0f} us",
                    f"{latency:.0f} us",
                    latency <= row.p50_us_max,
                )
            if row.raw_ratio_max and (ratio := self.raw_ratio(row)):
                yield (
                    f"{row.title}: p50 at most {row.raw_ratio_max} x (floor + library)",
                    f"{ratio:.2f} x",
                    ratio <= row.raw_ratio_max,
                )
            for peer, factor in row.faster_than:
                if ratio := self.ratio(row, peer, OURS, "p50_us"):
                    yield f"{row.title}: at least {factor:.0f} x faster than {peer}", f"{ratio:.1f} x", ratio >= factor
            yield from self._throughput_goals(row)

    def _throughput_goals(self, row: Row) -> Iterable[tuple[str, str, bool]]:
        most = max(row.threads, default=0)
        share = self.ratio(row, OURS, FLOOR, "per_second", most)
        if row.throughput_share_min and share:
            yield (
                f"{row.title}: {most} threads reach {row.throughput_share_min} of the floor's throughput",
                f"{share:.2f}",
                share >= row.throughput_share_min,
            )
        if row.throughput_min and (rate := self.median(row, OURS, "per_second", most)):
            yield (
                f"{row.title}: {most} threads reach {row.throughput_min:,.0f}/s",
                f"{rate:,.0f}/s",
                rate >= row.throughput_min,
            )
        if row.throughput_times:
            peer, factor = row.throughput_times
            if times := self.ratio(row, OURS, peer, "per_second", most):
                yield f"{row.title}: {most} threads do {factor:.0f} x {peer}", f"{times:.1f} x", times >= factor


def latency_table(run: Run) -> Table:
    """Show p50 and p99 in microseconds, and what p50 is in floors and in ours."""
    table = Table(title="Latency, one thread, both ends on one core: p50 / p99 us (times the floor; times vhsm)")
    table.add_column("operation")
    for target in run.targets:
        table.add_column(target, justify="right")
    for row in run.rows:
        table.add_row(row.title, *(_latency_cell(run, row, target) for target in run.targets))
    return table


def _latency_cell(run: Run, row: Row, target: str) -> str:
    p50, p99 = run.median(row, target, "p50_us"), run.median(row, target, "p99_us")
    if p50 is None or p99 is None:
        refusal = run.refusal(row, target)
        return f"not offered ({refusal})" if refusal else "-"
    cell = f"{p50:,.1f} / {p99:,.1f}"
    if target == FLOOR:
        return cell
    ratios = [f"{ratio:.2f}" if (ratio := run.ratio(row, target, FLOOR, "p50_us")) else "-"]
    if target != OURS and (ratio := run.ratio(row, target, OURS, "p50_us")):
        ratios.append(f"{ratio:.2f}")
    return f"{cell} ({'; '.join(ratios)})"


def throughput_table(run: Run) -> Table:
    """Show thousands of operations a second."""
    table = Table(title="Throughput, two cores for both ends: 1,000 operations/s (share of the floor)")
    table.add_column("operation")
    table.add_column("threads", justify="right")
    for target in run.targets:
        table.add_column(target, justify="right")
    for row in run.rows:
        for threads in row.threads:
            cells = [_throughput_cell(run, row, target, threads) for target in run.targets]
            if any(cell != "-" for cell in cells):
                table.add_row(row.title, str(threads), *cells)
    return table


def _throughput_cell(run: Run, row: Row, target: str, threads: int) -> str:
    rate = run.median(row, target, "per_second", threads)
    if rate is None:
        return "-"
    share = run.ratio(row, target, FLOOR, "per_second", threads)
    return f"{rate / 1000:,.1f}" + (f" ({share:.2f})" if share and target != FLOOR else "")


def others_table(run: Run) -> Table:
    """Show what is no row."""
    table = Table(title="Also")
    for column in ("what", "target", "figure"):
        table.add_column(column)
    for what, targets in run.others.items():
        for target, figures in targets.items():
            shown = ", ".join(
                f"{name} {value:,.3f}" if isinstance(value, float) else f"{name} {value}"
                for name, value in figures.items()
            )
            table.add_row(what, target, shown)
    for target, why in run.not_here.items():
        table.add_row("not here", target, why)
    return table


def goals_table(run: Run) -> Table:
    """Show what was asked and whether it holds."""
    table = Table(title="Goals")
    for column in ("goal", "measured", ""):
        table.add_column(column)
    for goal, measured, holds in run.goals():
        table.add_row(goal, measured, "[green]holds[/]" if holds else "[red]missed[/]")
    return table


def plot(run: Run, path: Path) -> None:
    """Draw p50 in floors for each operation, and throughput over threads for the small ones."""
    modules = [target for target in run.targets if target not in {FLOOR, LIBRARY}]
    threaded = [row for row in run.rows if row.threads and run.median(row, FLOOR, "per_second", max(row.threads))]
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 6), width_ratios=(3, 2))
    shown = [row for row in run.rows if run.median(row, FLOOR, "p50_us") is not None]
    width = 0.8 / max(1, len(modules))
    for number, target in enumerate(modules):
        heights = [run.ratio(row, target, FLOOR, "p50_us") or float("nan") for row in shown]
        left.bar([place + number * width for place in range(len(shown))], heights, width, label=target)
    left.axhline(1, color="black", linewidth=0.8, linestyle="--")
    left.set_yscale("log")
    left.set_ylabel("p50, times the echo floor of the same size (log)")
    left.set_xticks([place + 0.4 - width / 2 for place in range(len(shown))])
    left.set_xticklabels([row.title for row in shown], rotation=35, ha="right")
    left.legend()
    for row in threaded[:1]:
        for target in run.targets:
            rates = [(run.median(row, target, "per_second", threads) or float("nan")) / 1000 for threads in row.threads]
            right.plot(row.threads, rates, marker="o", label=target)
        right.set_title(row.title)
        right.set_xlabel("threads")
        right.set_xticks(row.threads)
        right.set_ylabel("1,000 operations/s, two cores for both ends")
        right.set_ylim(bottom=0)
        right.legend()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
