"""Key pairs that programs find on the token, and certificates beside them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.conformance.openssl import OpenSsl

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


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """A key pair on the token, made by pkcs11-tool."""

    token: Token
    label: str
    id: str
    public: Path  # SubjectPublicKeyInfo in DER

    @property
    def private_uri(self) -> str:
        """RFC 7512, with the PIN."""
        return f"pkcs11:token={self.token.label};object={self.label};type=private?pin-value={self.token.pin}"


@pytest.fixture(scope="module", params=["rsa:2048", "EC:prime256v1"])
def pair(
    shared_token: Token, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A key pair of each type that programs use."""
    kind: str = request.param
    name = kind.partition(":")[0].lower()
    made = Pair(shared_token, f"conformance-{name}", name.encode().hex(), tmp_path_factory.mktemp(name) / "public.der")
    identified = ["--label", made.label, "--id", made.id]
    shared_token.pkcs11_tool("--keypairgen", "--key-type", kind, *identified)
    shared_token.pkcs11_tool("--read-object", "--type", "pubkey", "--id", made.id, "--output-file", made.public)
    yield made
    for half in ("privkey", "pubkey"):
        shared_token.pkcs11_tool("--delete-object", "--type", half, "--id", made.id)


@pytest.fixture
def openssl(pair: Pair, tmp_path: Path) -> OpenSsl:
    """OpenSSL with a key pair and its certificate."""
    made = OpenSsl(pair, tmp_path)
    made.make_certificate()
    return made
