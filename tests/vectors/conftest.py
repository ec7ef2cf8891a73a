"""One session for all vectors of a file: there are thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cryptoki import CKU_USER, Module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cryptoki import Session
    from tests.servers import Token


@pytest.fixture(scope="module")
def module(shared_token: Token) -> Iterator[Module]:
    """The module, initialized."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shared_token.environment.items():
            patch.setenv(name, value)
        with Module(shared_token.module) as module:
            yield module


@pytest.fixture(scope="module")
def session(module: Module, shared_token: Token) -> Session:
    """A session with the user logged in."""
    session = module.open_session(module.slot_of(shared_token.label))
    session.login(shared_token.pin, CKU_USER)
    return session
