"""Key pairs that programs find on the token, and certificates beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.conformance.openssl import OpenSsl, Pair, key_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import DevServer, Token


@pytest.fixture(scope="session")
def shared_token(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token whose policy is the default, `standard`: the ordinary work of programs asks for no other."""
    if request.config.getoption("--reference"):
        yield servers.softhsm2(tmp_path_factory.mktemp("softhsm2"))
        return
    with servers.dev_server(tmp_path_factory.mktemp("dev") / "server", "--policy", "standard") as server:
        yield server.token


@pytest.fixture
def compatible_token(request: pytest.FixtureRequest) -> Token:
    """A token whose policy is `compatible`: for programs that read what they derive."""
    if request.config.getoption("--reference"):
        reference: Token = request.getfixturevalue("shared_token")
        return reference
    server: DevServer = request.getfixturevalue("dev_server")
    return server.token


@pytest.fixture(scope="module", params=["rsa:2048", "EC:prime256v1"])
def pair(
    shared_token: Token, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A key pair of each type that programs use."""
    with key_pair(shared_token, request.param, tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture
def openssl(pair: Pair, tmp_path: Path) -> OpenSsl:
    """OpenSSL with a key pair and its certificate."""
    made = OpenSsl(pair, tmp_path)
    made.make_certificate()
    return made
