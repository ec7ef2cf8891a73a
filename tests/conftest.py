"""Fixtures that every test may use: servers, tokens, and the module under test.

With `--reference` the behaviour tests run against SoftHSM2: what passes there and here is what programs rely on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import pytest

from tests import servers
from tests.cryptoki import CKU_USER, Module, Session
from tools import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers import DevServer, Server, Token


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --reference and --long."""
    parser.addoption("--reference", action="store_true", help="test SoftHSM2 instead of vhsm's module")
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, too")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "ours: SoftHSM2 behaves otherwise; the docstring or a comment says how")
    config.addinivalue_line("markers", "long(reason): takes minutes; run by `make conformance`, not by `make test`")
    config.addinivalue_line("markers", "program(name, *version): the program under test, and what tells its version")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the reference does not promise, and what takes long."""
    if not config.getoption("--long"):
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    if config.getoption("--reference"):
        items[:] = [item for item in items if not item.get_closest_marker("ours")]


class Requires(Protocol):
    """Skips, or fails, a test whose kernel lacks something."""

    def __call__(self, *features: str) -> None:
        """Name features as tools/kernel.py does."""


@pytest.fixture(scope="session")
def requires() -> Requires:
    """Give `requires("memfd_secret")`: skips where the kernel lacks it, or fails with VHSM_REQUIRE_ALL=1."""
    offered = kernel.offers()

    def check(*features: str) -> None:
        missing = [feature for feature in features if not offered[feature]]
        if missing and os.environ.get("VHSM_REQUIRE_ALL") == "1":
            pytest.fail(f"not offered: kernel {os.uname().release} lacks {', '.join(missing)}")
        if missing:
            pytest.skip(f"not offered: kernel {os.uname().release} lacks {', '.join(missing)}")

    return check


@pytest.fixture(scope="session")
def dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """A server that the whole run shares; tests leave no token object and no changed PIN in it."""
    with servers.dev_server(tmp_path_factory.mktemp("dev") / "server") as server:
        yield server


@pytest.fixture
def own_dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """A server of the test's own, to be locked, filled or killed."""
    with servers.dev_server(tmp_path_factory.mktemp("dev") / "server") as server:
        yield server


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as an operator runs it, of the test's own."""
    with servers.server(tmp_path_factory.mktemp("own") / "server") as own:
        yield own


@pytest.fixture(scope="session")
def shared_token(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Token:
    """The token that the whole run shares."""
    if request.config.getoption("--reference"):
        return servers.softhsm2(tmp_path_factory.mktemp("softhsm2"))
    server: DevServer = request.getfixturevalue("dev_server")
    return server.token


@pytest.fixture
def token(shared_token: Token, monkeypatch: pytest.MonkeyPatch) -> Token:
    """The shared token, with the environment that the module reads at C_Initialize."""
    for name, value in shared_token.environment.items():
        monkeypatch.setenv(name, value)
    return shared_token


@pytest.fixture
def module(token: Token) -> Iterator[Module]:
    """The initialised module; finalised after the test, which ends its sessions and its login."""
    with Module(token.module) as loaded:
        yield loaded


@pytest.fixture
def slot(module: Module, token: Token) -> int:
    """The slot of the token."""
    return module.slot_of(token.label)


@pytest.fixture
def open_session(module: Module, slot: int) -> Callable[[], Session]:
    """Open sessions: call it for each."""
    return lambda: module.open_session(slot)


@pytest.fixture
def session(module: Module, slot: int, token: Token) -> Session:
    """A read-write session with the user logged in."""
    session = module.open_session(slot)
    session.login(token.pin, CKU_USER)
    return session
