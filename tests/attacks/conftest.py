"""Engines to attack: the real one, and the one that was built without its laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.engine_harness import Seal, binary
from tests.attacks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def seal() -> Seal:
    """One machine seal for all engines of the run."""
    return Seal.make(binary("vhsm-engine"))


@pytest.fixture(scope="module")
def lawful(seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The engine that we ship; every test of a module attacks the same process."""
    stage = Stage.build(binary("vhsm-engine"), seal, tmp_path_factory.mktemp("lawful"))
    yield stage
    stage.assert_serving()
    stage.stop()


@pytest.fixture(scope="module")
def lawless(seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The positive control: `--features laws-off`, never packaged."""
    stage = Stage.build(binary("vhsm-engine-laws-off"), seal, tmp_path_factory.mktemp("lawless"))
    yield stage
    stage.stop()
