"""PKCS#11 v3.2, 5.20: random numbers."""

from __future__ import annotations

from ctypes import c_ulong
from typing import TYPE_CHECKING

import pytest

from tests.cryptoki import data, refused
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Module, Session


@pytest.mark.parametrize("length", [1, 16, 4096, 100_000])
def test_random_bytes_come_in_the_length_asked_for(session: Session, length: int) -> None:
    """Two draws of the same length differ."""
    first, second = session.random(length), session.random(length)
    assert len(first) == len(second) == length
    assert length < 16 or first != second


def test_random_needs_no_login(module: Module, slot: int) -> None:
    """A public session is enough."""
    assert module.open_session(slot).random(32) != bytes(32)


def test_a_seed_never_fixes_the_output(session: Session) -> None:
    """A caller's seed is additional input, never the only one; it may be of any length."""
    draws = set()
    for seed in (b"the same seed", b"the same seed", b"", bytes(1_200_000)):
        session.call("C_SeedRandom", *data(seed))
        draws.add(session.random(32))
    assert len(draws) == 4


def test_random_without_a_buffer_is_refused(session: Session) -> None:
    """A null pointer is an argument error, not a crash."""
    with refused(Rv.ARGUMENTS_BAD):
        session.call("C_GenerateRandom", None, c_ulong(16))
