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


def test_a_seed_is_refused_and_random_goes_on(session: Session) -> None:
    """The generator seeds itself and takes no seed: CKR_RANDOM_SEED_NOT_SUPPORTED says so."""
    with refused(Rv.RANDOM_SEED_NOT_SUPPORTED):
        session.call("C_SeedRandom", *data(b"a seed"))
    assert session.random(32) != session.random(32)


def test_random_without_a_buffer_is_refused(session: Session) -> None:
    """A null pointer is an argument error, not a crash."""
    with refused(Rv.ARGUMENTS_BAD):
        session.call("C_GenerateRandom", None, c_ulong(16))
