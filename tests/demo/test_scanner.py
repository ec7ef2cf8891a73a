"""The scanner itself: it finds what is there, and only that."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from demo import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = secrets.token_bytes(32)


@pytest.fixture
def weak() -> Iterator[subprocess.Popen[bytes]]:
    """A process that keeps SECRET carelessly."""
    with subprocess.Popen(
        [sys.executable, "-m", "demo.weak"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(SECRET.hex().encode() + b"\n\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


@pytest.mark.parametrize("way", list(memory.Way))
def test_every_way_in_finds_a_secret_kept_carelessly(way: memory.Way, weak: subprocess.Popen[bytes]) -> None:
    """The positive control of all scans; and a secret that is nowhere is not found."""
    findings = memory.scan(way, weak.pid, [secrets.token_bytes(32), SECRET])
    if findings.error and os.geteuid() != 0:
        pytest.skip(f"not offered to a plain user: {findings.error}")
    assert findings.error == ""
    assert findings.found == {1}


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 5, 4093])
@pytest.mark.parametrize("part", [slice(0, 16), slice(16, 32), slice(0, 32)])
def test_half_a_secret_is_found_at_any_place(offset: int, part: slice) -> None:
    """Alignment and truncation hide nothing."""
    assert memory.Needles([SECRET]).search(bytes(offset) + SECRET[part] + bytes(7)) == {0}


def test_a_secret_across_two_reads_is_found() -> None:
    """The pieces in which memory is read overlap."""
    haystack = bytes(memory.PIECE_LENGTH - 9) + SECRET[:16] + bytes(100)
    findings = memory.Findings()
    memory.search_stream(
        lambda at, length: haystack[at : at + length], 0, len(haystack), memory.Needles([SECRET]), findings
    )
    assert findings.found == {0}


def test_a_thousand_secrets_are_looked_for_at_once() -> None:
    """Each is found by its own number."""
    many = [secrets.token_bytes(24) for _ in range(1000)]
    haystack = secrets.token_bytes(1000) + many[0] + bytes(3) + many[999] + many[500][-16:]
    assert memory.Needles(many).search(haystack) == {0, 500, 999}
