"""No sequence of calls takes a sensitive value out of a `standard` or a `strict` token.

All sequences of up to four moves are played against the policy functions, where what is refused is a shorter
sequence; a sample of them through the module, on real tokens (VHSM_THEFT_SEQUENCES says how many). The controls: the
same search finds the theft on a `compatible` token's functions and through SoftHSM2, which implements the standard as
it is written.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.constants import Attribute

from tests import servers
from tests.attacks.theft import CARRIER, MOVES, Impossible, Thief, play
from tests.attacks.theft_tokens import Board, Model
from tests.cryptoki import CKU_SO, CKU_USER, Module
from vhsm.errors import Refusal
from vhsm.model.records import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cryptoki import Session
    from tests.servers import Token

LENGTH: Final = 4
SEQUENCES: Final = int(os.environ.get("VHSM_THEFT_SEQUENCES", "200"))
CONTROL_SEQUENCES: Final = 5_000
SEED: Final = 20_261_122


def thefts(policy: Policy) -> Iterator[tuple[str, ...]]:
    """Play every sequence against the policy functions; those that won."""
    waiting: list[tuple[Thief, tuple[str, ...]]] = [(Thief.enter(Model(policy)), ())]
    while waiting:
        thief, played = waiting.pop()
        for name, move in MOVES.items():
            assert isinstance(thief.token, Model)
            held = replace(thief, token=thief.token.branch())
            try:
                move(held)
            except (Refusal, Impossible):
                continue
            if held.has_won():
                yield (*played, name)
            elif len(played) + 1 < LENGTH:
                waiting.append((held, (*played, name)))


# Each of these takes a value from a token that keeps to the standard as it is written.
THEFTS: Final = (
    ("import a known carrier", "wrap by KWP"),
    ("generate one that also decrypts", "wrap by CBC", "decrypt"),
    ("generate a carrier", "wrap by KW", "unwrap as readable", "read the newest"),
    ("join nothing to the base", "read the newest"),
    ("wrap the trusted key under itself", "unwrap to decrypt", "wrap under the trusted key", "decrypt by hand"),
    ("wrap a known key by GCM", "wrap by GCM"),
    ("generate one that also decrypts", "wrap by GCM under the carrier", "decrypt"),
    (
        *("wrap the trusted key by GCM under itself", "unwrap to encrypt"),
        *("wrap by GCM under a made nonce", "take off the keystream"),
    ),
    (
        *("wrap the trusted key by GCM under itself", "unwrap to decrypt"),
        *("wrap by GCM under a made nonce", "decrypt"),
    ),
    ("wrap the chain under the trusted key", "unwrap to sign", "sign with the newest", "expand the chain"),
    ("sign with the signing base", "let the signing base sign no more", "expand the signing base"),
    (
        *("derive a signing key from the chain", "sign with the newest"),
        *("derive a base from the chain", "expand that base"),
    ),
    ("digest the chain as its extraction does", "extract from the chain, and expand"),
    (
        *("wrap under the trusted key", "unwrap to sign", "sign with the newest"),
        *("unwrap as a base", "expand that base"),
    ),
    ("sign with the signing base", "copy the signing base to sign no more", "expand the signing base"),
)


@pytest.mark.parametrize("moves", THEFTS, ids=lambda moves: moves[-1])
@pytest.mark.parametrize("policy", Policy)
def test_known_thefts(policy: Policy, moves: tuple[str, ...]) -> None:
    """They win where the policy is `compatible`, and only there."""
    assert play(Thief.enter(Model(policy)), list(moves)) is (policy is Policy.COMPATIBLE)


@pytest.mark.parametrize("policy", [Policy.STANDARD, Policy.STRICT])
def test_no_sequence_wins_against_the_policy(policy: Policy) -> None:
    """All of them, up to four moves."""
    assert next(thefts(policy), None) is None


def test_the_standard_as_written_is_lost() -> None:
    """The control: wrap and decrypt, wrap and unwrap as readable, wrap with a known key; each is found."""
    won = set()
    for sequence in thefts(Policy.COMPATIBLE):
        won.add(sequence[-1])
        if {"decrypt", "read the newest", "wrap by KW"} <= won:
            return
    raise AssertionError(f"the search found no more than {won}")


def trust(session: Session, carrier: int, token: Token) -> None:
    """Have the security officer trust a key, and log the user in again."""
    session.logout()
    session.login(token.so_pin, CKU_SO)
    session.write(carrier, {Attribute.TRUSTED: True})
    session.logout()
    session.login(token.pin, CKU_USER)


def played_through(token: Token, patch: pytest.MonkeyPatch, most: int) -> tuple[list[str] | None, int]:
    """Play a sample through the module: the first theft, and how many sequences were played."""
    for name, value in token.environment.items():
        patch.setenv(name, value)
    choose = random.Random(SEED)  # noqa: S311 - a sample that can be repeated
    with Module(token.module) as module:
        slot = module.slot_of(token.label)
        keeper = module.open_session(slot)
        keeper.login(token.pin, CKU_USER)
        carrier = keeper.create({**CARRIER, Attribute.TOKEN: True})
        if token.module != servers.SOFTHSM2:  # which lets nobody trust a key that is there
            trust(keeper, carrier, token)
        for count in range(1, most + 1):
            moves = choose.choices(list(MOVES), k=LENGTH)
            session = module.open_session(slot)
            if play(Thief.enter(Board(session, carrier)), moves):
                return moves, count
            session.close()
    return None, most


@pytest.mark.parametrize("policy", [Policy.STANDARD, Policy.STRICT])
def test_no_sampled_sequence_wins_through_the_module(
    policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a real token."""
    with servers.dev_server(tmp_path / "server", "--policy", policy) as server:
        assert played_through(server.token, monkeypatch, SEQUENCES) == (None, SEQUENCES)


def test_softhsm2_loses_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same sequences, as many as it takes, on another token."""
    won, count = played_through(servers.softhsm2(tmp_path), monkeypatch, CONTROL_SEQUENCES)
    assert won, f"{count} sequences took nothing"
