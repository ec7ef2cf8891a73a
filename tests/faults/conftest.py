"""Servers to break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One server for all tests of a module; each leaves it serving."""
    made = Installation.make(tmp_path_factory.mktemp("faults"))
    yield made
    made.stop()
