"""GnuTLS's p11tool and certtool, unmodified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.openssl import OpenSsl, Pair
    from tests.servers import Token

pytestmark = pytest.mark.program("GnuTLS", "p11tool", "--version")

SIGNED_AND_VERIFIED = 3  # by the private key's own parameters, and by the public key
TEMPLATE = 'cn = "vhsm"\nexpiration_days = 2\nca\ncert_signing_key\n'


def test_p11tool_lists_and_exports(pair: Pair) -> None:
    """The private key is listed, and the public one exported."""
    provider: list[str | Path] = ["--provider", pair.token.module, "--batch", "--login", "--set-pin", pair.token.pin]
    listed = pair.token.run("p11tool", *provider, "--list-all", f"pkcs11:token={pair.token.label}")
    assert f"Label: {pair.label}" in listed.stdout
    assert "Type: Private key" in listed.stdout
    exported = pair.token.run("p11tool", *provider, "--export-pubkey", pair.private_uri)
    assert "BEGIN PUBLIC KEY" in exported.stdout


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_p11tool_makes_keys_and_brings_them_in(token: Token, tmp_path: Path, kind: str) -> None:
    """A pair generated in the token and a private key of OpenSSL's: both sign, get another label, and are deleted."""
    url = f"pkcs11:token={token.label}"
    tool: list[str | Path] = ["p11tool", "--provider", token.module, "--batch", "--login", "--set-pin", token.pin]
    foreign, public = tmp_path / "foreign.pem", tmp_path / "public.pem"
    size = ["--bits", "2048"] if kind == "rsa" else ["--curve", "secp256r1"]
    token.run("certtool", "--generate-privkey", "--key-type", kind, *size, "--outfile", foreign)
    try:
        token.run(*tool, f"--generate-privkey={kind}", *size, "--label", "p11tool-made", url)
        token.run("certtool", "--pubkey-info", "--load-privkey", foreign, "--outfile", public)
        for option, half in (("--load-privkey", foreign), ("--load-pubkey", public)):
            token.run(*tool, "--write", option, half, "--label", "p11tool-foreign", url)
        for label in ("p11tool-made", "p11tool-foreign"):
            private = f"{url};object={label};type=private"
            assert token.run(*tool, "--test-sign", private).stderr.count("... ok") == SIGNED_AND_VERIFIED
            token.run(*tool, "--set-label", f"{label}-{kind}", private)
            assert f"Label: {label}-{kind}" in token.run(*tool, "--list-privkeys", url).stdout
    finally:
        for label in ("p11tool-made", "p11tool-foreign"):
            for named in (label, f"{label}-{kind}"):
                token.run(*tool, "--delete", f"{url};object={named}", check=False)
    assert "p11tool-" not in token.run(*tool, "--list-all", url).stdout


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
    command = ["gnutls-serv", "--http", "--port", str(port), "--provider", pair.token.module, *key]
    with serving(command, pair.token.environment, "...done"):
        for version in ("-tls1_2", "-tls1_3"):
            client: list[str | Path] = ["s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", openssl.certificate]
            answer = openssl.run(*client, "-verify_return_error", version, "-quiet", data=b"GET / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in answer
