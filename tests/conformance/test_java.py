"""Programs in Java, by the JDK's own SunPKCS11 and keytool."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Token

pytestmark = pytest.mark.program("Java SunPKCS11", "java", "--version")

PROGRAMS: Final = Path(__file__).with_name("programs")
ALIAS: Final = "java-pair"
RSA: Final = ("-keyalg", "RSA", "-keysize", "2048")
EC: Final = ("-keyalg", "EC", "-groupname", "secp256r1")
# Java's PKCS#11 guide, "Attributes Configuration": SunPKCS11 itself asks for neither, and reads what it derives.
READABLE_SECRETS: Final = """
attributes(*, CKO_PRIVATE_KEY, CKK_EC) = { CKA_DERIVE = true }
attributes(*, CKO_SECRET_KEY, *) = { CKA_SENSITIVE = false CKA_EXTRACTABLE = true }
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key pair and its certificate in the token, made by keytool."""

    token: Token
    configuration: Path  # of the provider

    @property
    def store(self) -> list[str]:
        """The token, as the JDK's commands name a key store."""
        provider = ["-providerClass", "sun.security.pkcs11.SunPKCS11", "-providerArg", str(self.configuration)]
        return ["-keystore", "NONE", "-storetype", "PKCS11", "-storepass", self.token.pin, *provider]

    def keytool(self, *arguments: str | Path) -> str:
        """Run it on the entry."""
        return self.token.run("keytool", *arguments, "-alias", ALIAS, *self.store).stdout


@contextmanager
def entry(token: Token, directory: Path, kind: tuple[str, ...], attributes: str = "") -> Iterator[Entry]:
    """Make it, and delete it after."""
    configuration = directory / "sunpkcs11.cfg"
    configuration.write_text(f"name = vhsm\nlibrary = {token.module}\nslotListIndex = 0\n{attributes}")
    made = Entry(token, configuration)
    made.keytool("-genkeypair", *kind, "-dname", "CN=java", "-validity", "2")
    try:
        yield made
    finally:
        made.keytool("-delete")


def test_ordinary(token: Token) -> None:
    """Key store, Mac with session and token keys, AES-GCM and others as Java's own makes them, random numbers."""
    ordinary(token, besides="")


def test_associated_data(token: Token) -> None:
    """The same, and AES-GCM with associated data.

    The SunPKCS11 of JDK 17 then gives the nonce twice: it knows no C_SessionCancel, and finishes a first encryption, of
    nothing, to be rid of it. That one does not count.
    """
    ordinary(token, besides="associated data")


def ordinary(token: Token, besides: str) -> None:
    """Run the program."""
    done = token.run("java", PROGRAMS / "Ordinary.java", token.module, token.pin, besides, check=False)
    assert (done.returncode, done.stdout) == (0, "mac\ncipher\n"), done.stderr


@pytest.mark.parametrize("kind", [RSA, EC])
def test_signatures(token: Token, tmp_path: Path, kind: tuple[str, ...]) -> None:
    """`keytool` makes a pair and its certificate in the token; a program signs and decrypts, and `jarsigner` signs."""
    archive = tmp_path / "archive.jar"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("entry", "value")
    with entry(token, tmp_path, kind) as made:
        done = token.run("java", PROGRAMS / "Signatures.java", made.configuration, token.pin, ALIAS, check=False)
        assert (done.returncode, done.stdout) == (0, "signed\n"), done.stderr
        token.run("jarsigner", *made.store, archive, ALIAS)
        assert "jar verified." in token.run("jarsigner", "-verify", archive).stdout


def test_key_agreement(compatible_token: Token, tmp_path: Path) -> None:
    """ECDH with kept and passing keys gives what Java's own gives."""
    with entry(compatible_token, tmp_path, EC, READABLE_SECRETS) as made:
        program: list[str | Path] = [PROGRAMS / "Agreement.java", made.configuration, compatible_token.pin, ALIAS]
        done = compatible_token.run("java", *program, check=False)
        assert (done.returncode, done.stdout) == (0, "agreed\n"), done.stderr


@pytest.mark.parametrize("kind", [RSA, EC])
def test_a_tls_server(token: Token, tmp_path: Path, kind: tuple[str, ...]) -> None:
    """TLS 1.2 and 1.3 with OpenSSL's client, the server's key in the token."""
    with entry(token, tmp_path, kind) as made, tls_server(made, "last") as (port, process):
        trusted = made.keytool("-exportcert", "-rfc")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert shake_hands(trusted, port, version).replace(".", "_") == f"{version.name} hello", ended(process)


@pytest.mark.ours  # SoftHSM2 2.6.1: the client finds a bad record MAC
def test_tls_in_the_token(compatible_token: Token, tmp_path: Path) -> None:
    """The same with SunPKCS11 before Java's own providers: the token does what it can of TLS, not signatures alone."""
    with entry(compatible_token, tmp_path, EC, READABLE_SECRETS) as made, tls_server(made, "first") as (port, process):
        trusted = made.keytool("-exportcert", "-rfc")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert shake_hands(trusted, port, version).replace(".", "_") == f"{version.name} hello", ended(process)


@contextmanager
def tls_server(made: Entry, place: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run the server; its port and its process."""
    process = subprocess.Popen(
        ["java", PROGRAMS / "TlsServer.java", made.configuration, made.token.pin, place],
        env=os.environ | made.token.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline()
        assert port, ended(process)
        yield int(port), process
        process.communicate("\n")
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> str:
    """End it, and return what it complained of."""
    process.kill()
    return process.communicate()[1]


def shake_hands(trusted: str, port: int, version: ssl.TLSVersion) -> str:
    """Connect, which proves the key, and return what the server says."""
    context = ssl.create_default_context(cadata=trusted)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secured:
        secured.sendall(b"hello\n")
        with secured.makefile() as answer:
            return answer.readline().strip()
