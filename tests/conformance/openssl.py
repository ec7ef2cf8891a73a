"""OpenSSL 3 with Debian's engine_pkcs11, set up as its manual says."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Token

CONFIGURATION = """
openssl_conf = start
[start]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = {module}
init = {initialise:d}
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
"""


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


@contextmanager
def key_pair(token: Token, kind: str, directory: Path) -> Iterator[Pair]:
    """Have pkcs11-tool make a pair of a type that it knows, and remove it in the end."""
    name = kind.partition(":")[0].lower()
    made = Pair(token, f"conformance-{name}", name.encode().hex(), directory / "public.der")
    token.pkcs11_tool("--keypairgen", "--key-type", kind, "--label", made.label, "--id", made.id)
    token.pkcs11_tool("--read-object", "--type", "pubkey", "--id", made.id, "--output-file", made.public)
    yield made
    for half in ("privkey", "pubkey"):
        token.pkcs11_tool("--delete-object", "--type", half, "--id", made.id)


class OpenSsl:
    """The command, set up as its manual says."""

    def __init__(self, pair: Pair, directory: Path) -> None:
        self.pair = pair
        self.directory = directory
        configuration = self.configure("openssl.cnf")
        self.environment = {**pair.token.environment, "OPENSSL_CONF": str(configuration)}
        self.key: list[str | Path] = ["-engine", "pkcs11", "-keyform", "engine"]
        self.certificate = directory / "certificate.pem"

    def configure(self, name: str, *, initialise: bool = False) -> Path:
        """Write a configuration; the command initialises the engine itself, most programs do not."""
        configuration = self.directory / name
        configuration.write_text(CONFIGURATION.format(module=self.pair.token.module, initialise=initialise))
        return configuration

    def run(self, *arguments: str | Path, data: bytes = b"") -> bytes:
        """Run it in the test's directory."""
        done = subprocess.run(
            ["openssl", *arguments],
            env={"PATH": "/usr/bin:/bin", **self.environment},
            input=data,
            capture_output=True,
            check=False,
            cwd=self.directory,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def make_certificate(self) -> None:
        """A certificate of its own, signed by the key in the token."""
        subject = ["-subj", "/CN=vhsm", "-days", "2", "-extensions", "ca"]
        self.run("req", "-new", "-x509", *self.key, "-key", self.pair.private_uri, *subject, "-out", self.certificate)

    def shake_hands(self, port: int, version: ssl.TLSVersion) -> str:
        """Connect to a server with this key, which proves it, and return the last line of what that says."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secured:
            secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with secured.makefile() as answer:
                return answer.read().splitlines()[-1]
