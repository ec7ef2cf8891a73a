"""GnuTLS's p11tool and certtool, unmodified."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.openssl import OpenSsl, Pair

pytestmark = pytest.mark.program("GnuTLS", "p11tool", "--version")

TEMPLATE = 'cn = "vhsm"\nexpiration_days = 2\nca\ncert_signing_key\n'


def test_p11tool_lists_and_exports(pair: Pair) -> None:
    """The private key is listed, and the public one exported."""
    provider: list[str | Path] = ["--provider", pair.token.module, "--batch", "--login", "--set-pin", pair.token.pin]
    listed = pair.token.run("p11tool", *provider, "--list-all", f"pkcs11:token={pair.token.label}")
    assert f"Label: {pair.label}" in listed.stdout
    assert "Type: Private key" in listed.stdout
    exported = pair.token.run("p11tool", *provider, "--export-pubkey", pair.private_uri)
    assert "BEGIN PUBLIC KEY" in exported.stdout


def test_certtool_signs_a_certificate(pair: Pair, tmp_path: Path) -> None:
    """A certificate of its own, signed in the token, written to it, found there and verified."""
    template, certificate = tmp_path / "template", tmp_path / "certificate.pem"
    template.write_text(TEMPLATE)
    provider: list[str | Path] = ["--provider", pair.token.module]
    make: list[str | Path] = ["--generate-self-signed", "--load-privkey", pair.private_uri, "--template", template]
    pair.token.run("certtool", *provider, *make, "--outfile", certificate)
    assert "Verified" in pair.token.run("certtool", "--verify-chain", "--infile", certificate).stdout
    token = f"pkcs11:token={pair.token.label}"
    login: list[str | Path] = [*provider, "--batch", "--login", "--set-pin", pair.token.pin]
    write: list[str | Path] = [
        "--write",
        "--load-certificate",
        certificate,
        "--label",
        f"{pair.label}-certificate",
        "--id",
        pair.id,
    ]
    pair.token.run("p11tool", *login, *write, token)
    named = f"{token};object={pair.label}-certificate;type=cert"
    try:
        exported = pair.token.run("p11tool", *login, "--export", named).stdout
        # Warnings about its surroundings come on the same stream.
        assert exported[exported.index("-----BEGIN") :].split() == certificate.read_text().split()
    finally:
        pair.token.run("p11tool", *login, "--delete", named)


def test_a_tls_server(openssl: OpenSsl) -> None:
    """gnutls-serv with its key in the token: TLS 1.2 and 1.3 handshakes that OpenSSL checks."""
    port = free_port()
    pair = openssl.pair
    key: list[str | Path] = ["--x509keyfile", pair.private_uri, "--x509certfile", openssl.certificate]
    server = subprocess.Popen(
        ["gnutls-serv", "--http", "--port", str(port), "--provider", pair.token.module, *key],
        env={"PATH": "/usr/bin:/bin", **pair.token.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if line.startswith("HTTP Server listening") and line.rstrip().endswith("done"):
                break
        else:
            raise AssertionError("".join(said))
        for version in ("-tls1_2", "-tls1_3"):
            client: list[str | Path] = ["s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", openssl.certificate]
            answer = openssl.run(*client, "-verify_return_error", version, "-quiet", data=b"GET / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in answer
    finally:
        server.kill()
        server.communicate()
