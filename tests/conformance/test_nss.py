"""NSS's modutil and certutil, unmodified: the token is a module of a certificate database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Token

pytestmark = pytest.mark.program("NSS", "dpkg:libnss3-tools")

KINDS: Final = {"rsa": ["-k", "rsa", "-g", "2048"], "ec": ["-k", "ec", "-q", "nistp256"]}


class Database:
    """A certificate database, with the token's module beside NSS's own."""

    def __init__(self, token: Token, directory: Path) -> None:
        self.token = token
        self.directory = directory
        self.noise = directory / "noise"
        self.noise.write_bytes(os.urandom(64))
        self.pin = directory / "pin"
        self.pin.write_text(token.pin)
        token.run("certutil", "-N", *self.option, "--empty-password")
        token.run("modutil", "-dbdir", f"sql:{directory}", "-force", "-add", "tested", "-libfile", token.module)

    @property
    def option(self) -> list[str]:
        """Name the database."""
        return ["-d", f"sql:{self.directory}"]

    def certutil(self, *arguments: str | Path, check: bool = True) -> str:
        """Run certutil on the token."""
        done = self.token.run("certutil", *self.option, "-h", self.token.label, "-f", self.pin, *arguments, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def database(token: Token, tmp_path: Path) -> Database:
    """A new database."""
    return Database(token, tmp_path)


def test_modutil_lists_the_module(database: Database) -> None:
    """With its token, as loaded."""
    listed = database.token.run("modutil", "-dbdir", f"sql:{database.directory}", "-list").stdout
    _, _, ours = listed.partition("2. tested")
    assert "status: loaded" in ours
    assert f"token: {database.token.label}" in ours


@pytest.fixture(params=KINDS)
def nickname(database: Database, request: pytest.FixtureRequest) -> Iterator[str]:
    """A pair with its self-signed certificate, made by certutil in the token, and deleted by it."""
    kind: str = request.param
    name = f"nss-{kind}"
    make = ["-S", "-x", *KINDS[kind], "-Z", "SHA256", "-n", name, "-s", f"CN={name}", "-t", ",,", "-v", "2"]
    database.certutil(*make, "-z", database.noise)
    named = f"{database.token.label}:{name}"
    yield named
    database.certutil("-F", "-n", named)
    assert named not in database.certutil("-L")
    assert named not in database.certutil("-K", check=False)  # 255 where no key is left


def test_certutil_makes_and_lists(database: Database, nickname: str) -> None:
    """The certificate's signature is right, and its key the one that pkcs11-tool finds beside it."""
    assert nickname in database.certutil("-L")
    assert nickname in database.certutil("-K")
    certificate = x509.load_pem_x509_certificate(database.certutil("-L", "-n", nickname, "-a").encode())
    certificate.verify_directly_issued_by(certificate)
    (line,) = (line for line in database.certutil("-K").splitlines() if nickname in line)
    public = database.directory / "public.der"
    database.token.pkcs11_tool("--read-object", "--type", "pubkey", "--id", line.split()[3], "--output-file", public)
    expected = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public.read_bytes() == expected


def test_certutil_signs_a_request(database: Database, nickname: str) -> None:
    """A request for a certificate, with a key that the token has."""
    request = x509.load_pem_x509_csr(
        database.certutil("-R", "-k", nickname.partition(":")[2], "-s", "CN=request", "-Z", "SHA256", "-a").encode()
    )
    assert request.is_signature_valid
