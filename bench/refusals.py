"""Invariant 8 in time: a refusal takes as long for "no such" as for "not yours".

`python -m bench.refusals` times pairs of refusals in random order and compares them by the Mann-Whitney test. A pair is
told apart when |z| exceeds Z_MAX. The control is a pair that must be told apart: a refusal against a success.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from tests.servers import server
from vhsm.client import connect
from vhsm.config import load_client_config
from vhsm.errors import Refusal
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Callable

    from vhsm.client import Client, Session

# Chance alone exceeds it once in 16,000 runs.
Z_MAX: Final = 4.0
QUICK_ROUNDS: Final = 3_000
LOGIN_ROUNDS: Final = 40  # a derivation each; the engine's own limit allows 60 failures a minute for one user


@dataclass(frozen=True, slots=True)
class Pair:
    """Two calls whose durations are compared."""

    title: str
    first: Callable[[], object]
    second: Callable[[], object]
    rounds: int
    alike: bool = True


def duration_us(call: Callable[[], object]) -> float:
    """Time one call, refused or not."""
    begin = time.perf_counter_ns()
    with suppress(Refusal):
        call()
    return (time.perf_counter_ns() - begin) / 1_000


def measure(pair: Pair) -> tuple[list[float], list[float]]:
    """Time both calls of a pair, each time in a random order."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(pair.rounds):
        for which in random.sample((0, 1), 2):
            times[which].append(duration_us((pair.first, pair.second)[which]))
    return times


def mann_whitney_z(first: list[float], second: list[float]) -> float:
    """Compare two samples by their ranks: about normal(0, 1) where they are alike.

    Source: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum = sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which == 0)
    m, n = len(first), len(second)
    mean, deviation = m * (m + n + 1) / 2, math.sqrt(m * n * (m + n + 1) / 12)
    return (rank_sum - mean) / deviation


def secret(label: str) -> dict[int, int | bool | bytes | str]:
    """Spell the template of a private token key."""
    return {
        tables.CKA_CLASS: CKO.SECRET_KEY,
        tables.CKA_KEY_TYPE: CKK.GENERIC_SECRET,
        tables.CKA_TOKEN: True,
        tables.CKA_PRIVATE: True,
        tables.CKA_LABEL: label,
        tables.CKA_VALUE: bytes(32),
    }


def pairs(client: Client, session: Session, pin: bytes, pin_elsewhere: bytes) -> list[Pair]:
    """Name what must not be told apart, and the control."""
    session.login(pin)
    hidden, dead = session.create_objects([secret("hidden"), secret("dead")])
    session.destroy_object(dead)
    session.logout()

    def login(name: str) -> Callable[[], object]:
        return lambda: session.login(pin_elsewhere, user_name=name)

    def read(handle: int) -> Callable[[], object]:
        return lambda: session.attributes(handle)

    def token(slot_id: int) -> Callable[[], object]:
        return lambda: client.token(slot_id)

    return [
        Pair("a hidden object, a dead one", read(hidden), read(dead), QUICK_ROUNDS),
        Pair("a login of a user elsewhere, of nobody", login("elsewhere"), login("nobody"), LOGIN_ROUNDS),
        Pair(
            "control: a slot's token, no such slot", lambda: client.token(1), lambda: client.token(99), 300, alike=False
        ),
    ]


def main() -> int:
    """Measure, print a table, and return 1 where a pair is told apart, or the control is not."""
    table = Table("refusals compared", "median us", "median us", "|z|", "verdict")
    failures = 0
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vhsm-refusals-")))
        running = stack.enter_context(server(home / "server"))
        here, elsewhere = running.add_user("here", "a"), running.add_user("elsewhere", "b")
        client = stack.enter_context(connect(config=load_client_config(environment=here.environment)))
        session = stack.enter_context(client.open_session())
        for pair in pairs(client, session, here.pin.encode(), elsewhere.pin.encode()):
            first, second = measure(pair)
            z = abs(mann_whitney_z(first, second))
            failed = (z > Z_MAX) == pair.alike
            failures += failed
            verdict = "told apart" if z > Z_MAX else "alike"
            medians = (f"{statistics.median(times):,.1f}" for times in (first, second))
            table.add_row(pair.title, *medians, f"{z:.1f}", f"[red]{verdict}[/]" if failed else verdict)
    Console().print(table)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
