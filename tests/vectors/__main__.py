"""`python -m tests.vectors [FILE …]`: play Wycheproof through the module, and print what became of every vector."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests import servers
from tests.cryptoki import Module
from tests.vectors import catalogue, source
from tests.vectors.judge import Tally, judge
from tests.vectors.stage import Stage


def row(name: str, tally: Tally, seconds: float) -> str:
    """Write a file's line; the reasons of its skips follow."""
    skipped = sum(tally.skipped.values())
    lines = [
        f"{name:48}{tally.played:7}{tally.accepted:9}{tally.refused:8}{skipped:8}{len(tally.failures):7}{seconds:7.1f}"
    ]
    lines += [f"    {count} skipped: {reason}" for reason, count in tally.skipped.items()]
    return "\n".join([*lines, *(f"    WRONG {failure}" for failure in tally.failures)])


def main() -> int:
    """Play all files, or those that are named."""
    wanted = sys.argv[1:] or source.names()
    total, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, servers.dev_server(Path(folder) / "server") as server:
        os.environ |= server.token.environment
        with Module(server.token.module) as module:
            stage = Stage(module, server.token)
            print(f"{'file':48}{'played':>7}{'accepted':>9}{'refused':>8}{'skipped':>8}{'wrong':>7}{'s':>7}")
            for name in wanted:
                groups, player, start = source.load(name), catalogue.player_of(name), time.monotonic()
                if player is None:
                    tally = Tally()
                    tally.skipped[catalogue.reason_unplayed(name)] = sum(len(group["tests"]) for group in groups)
                else:
                    tally = judge(stage, groups, player)
                print(row(name, tally, time.monotonic() - start), flush=True)
                total.accepted += tally.accepted
                total.refused += tally.refused
                total.skipped += tally.skipped
                total.failures += tally.failures
    print(row("all", total, time.monotonic() - began))
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
