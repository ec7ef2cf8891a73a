"""`make bench`: measure everything in turns, print the ratios, keep the figures and a plot in bench/results."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench import report
from bench.rows import OBJECTS_MANY, QUICK, ROW_MANY, ROWS, SESSIONS_HELD, Row
from bench.targets import PROJECT, Floor, Library, Module, NotHere, P11Kit, SoftHsm, SoftHsmMany, Target, Vhsm

RESULTS: Final = PROJECT / "bench/results"
LATENCY_REPEATS: Final = 5
THROUGHPUT_REPEATS: Final = 3


class Schedule:
    """Who is measured when: every target in turn for each row, and again for each repeat."""

    def __init__(self, targets: list[Target], run: report.Run, *, quick: bool) -> None:
        self._targets = targets
        self._run = run
        self._cores = os.sched_getaffinity(0)
        self._latency_repeats = 2 if quick else LATENCY_REPEATS
        self._throughput_repeats = 1 if quick else THROUGHPUT_REPEATS
        self._milliseconds = 200 if quick else 500
        self._threaded = [
            row for row in run.rows if row.threads and (not quick or row.floor_ratio_max or row.throughput_min)
        ]

    def measure(self, console: Console) -> None:
        """Take all figures: latency with both ends on one core, then throughput on all."""
        rounds = [(row, 0) for _ in range(self._latency_repeats) for row in self._run.rows]
        rounds += [
            (row, threads) for _ in range(self._throughput_repeats) for row in self._threaded for threads in row.threads
        ]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("", total=len(rounds) * len(self._targets))
            for row, threads in rounds:
                for target in self._targets:
                    progress.update(task, description=f"{row.title}, {target.name}")
                    self.once(target, row, threads)
                    progress.advance(task)

    def once(self, target: Target, row: Row, threads: int) -> None:
        """Take one figure; 0 threads mean latency."""
        cores = self._cores if threads else {max(self._cores)}
        target.pin(cores)
        plan = ["--threads", str(max(1, threads)), "--milliseconds", str(self._milliseconds)]
        if threads:
            # The kernel needs a while to bring each thread and its peer to one processor.
            plan += ["--warm-up-milliseconds", str(self._milliseconds)]
        figures = target.measure(row, plan, cores)
        if figures is not None:
            self._run.results[row.name, target.name, threads].append(figures)

    def others(self) -> None:
        """Take the figures that are no row."""
        for target in self._targets:
            if not isinstance(target, Module):
                continue
            target.pin(self._cores)
            self._run.others[f"{SESSIONS_HELD:,} sessions held"][target.name] = target.hold(SESSIONS_HELD, self._cores)
            if isinstance(target, Vhsm):
                self._run.others["first login, with its derivation"][target.name] = {"us": target.first_login}

    def many(self, floor: Target, ours: Vhsm) -> None:
        """Find one object among 100,000."""
        rate = ours.fill_to(OBJECTS_MANY)
        self._run.others[f"objects made, up to {OBJECTS_MANY:,}"][ours.name] = {"per_second": rate}
        for _ in range(self._latency_repeats):
            for target in (floor, ours):
                self.once(target, ROW_MANY, 0)

    def many_of_softhsm(self) -> None:
        """Find one object among SoftHSM2's 100,000, once: a find takes seconds."""
        with SoftHsmMany() as target:
            self.once(target, ROW_MANY, 0)


def start(wanted: list[str], stack: ExitStack, run: report.Run) -> list[Target]:
    """Start what is wanted and here."""
    started: list[Target] = []
    softhsm = SoftHsm()
    for target in (Floor(), Library(), Vhsm(), softhsm, P11Kit(softhsm)):
        if target.name not in {report.FLOOR, report.LIBRARY} and target.name not in wanted:
            continue
        try:
            started.append(stack.enter_context(target))
        except NotHere as reason:
            run.not_here[target.name] = str(reason)
    return started


def write(run: report.Run, console: Console) -> None:
    """Print the tables; keep JSON and plot."""
    RESULTS.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%S")
    console.print(report.latency_table(run), report.throughput_table(run), report.others_table(run))
    console.print(report.goals_table(run))
    figures = {
        "machine": {"kernel": platform.release(), "cores": len(os.sched_getaffinity(0)), "processor": processor()},
        "results": [
            {"row": row, "target": target, "threads": threads, "repeats": repeats}
            for (row, target, threads), repeats in run.results.items()
        ],
        "others": run.others,
        "not_here": run.not_here,
        "goals": [{"goal": goal, "measured": measured, "holds": holds} for goal, measured, holds in run.goals()],
    }
    (RESULTS / f"{stamp}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    report.plot(run, RESULTS / f"{stamp}.svg")
    console.print(f"Figures and plot: {RESULTS}/{stamp}.json, .svg")


def processor() -> str:
    """Name the processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help=f"fewer rows and repeats, and no find among {OBJECTS_MANY:,}: a minute"
    )
    parser.add_argument("--targets", nargs="+", default=["vhsm", "SoftHSM2", "p11-kit"], help="without the floor")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", "-p", "bench-driver"], check=True, cwd=PROJECT
    )
    rows = tuple(row for row in ROWS if not options.quick or row.name in QUICK)
    with ExitStack() as stack:
        run = report.Run((), ())
        targets = start(options.targets, stack, run)
        run.rows, run.targets = rows, tuple(target.name for target in targets)
        schedule = Schedule(targets, run, quick=options.quick)
        schedule.measure(console)
        schedule.others()
        ours = [target for target in targets if isinstance(target, Vhsm)]
        if ours and not options.quick:
            console.print(f"making {OBJECTS_MANY:,} objects …")
            schedule.many(targets[0], ours[0])
            if any(isinstance(target, SoftHsm) for target in targets):
                schedule.many_of_softhsm()
            run.rows += (ROW_MANY,)
        write(run, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
