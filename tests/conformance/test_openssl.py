"""OpenSSL 3 through Debian's engine_pkcs11 (libp11), unmodified: requests, certificates, CMS, a TLS server."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.openssl import OpenSsl

pytestmark = pytest.mark.program("OpenSSL and engine_pkcs11", "openssl", "version")


def test_requests_and_certificates(openssl: OpenSsl) -> None:
    """Both verify, and carry the token's public key."""
    openssl.run("req", "-new", *openssl.key, "-key", openssl.pair.private_uri, "-subj", "/CN=r", "-out", "request.pem")
    openssl.run("req", "-verify", "-noout", "-in", "request.pem")
    openssl.run("verify", "-CAfile", openssl.certificate, openssl.certificate)
    published = openssl.run("x509", "-in", openssl.certificate, "-noout", "-pubkey")
    der = openssl.run("pkey", "-pubin", "-outform", "DER", data=published)
    assert der == openssl.run("pkey", "-pubin", "-inform", "DER", "-in", openssl.pair.public, "-outform", "DER")


def test_signatures(openssl: OpenSsl) -> None:
    """`openssl dgst` signs in the token and verifies with the public key alone."""
    message = openssl.directory / "message"
    message.write_bytes(b"a message" * 1_000)
    sign: list[str | Path] = [
        "dgst",
        "-sha256",
        *openssl.key,
        "-sign",
        openssl.pair.private_uri,
        "-out",
        "signature",
        message,
    ]
    openssl.run(*sign)
    (openssl.directory / "public.pem").write_bytes(openssl.run("x509", "-in", openssl.certificate, "-noout", "-pubkey"))
    verify = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"]
    assert b"Verified OK" in openssl.run(*verify, message)


def test_cms(openssl: OpenSsl) -> None:
    """Signed by the token and verified; encrypted to an RSA key and decrypted by the token."""
    message = b"a letter\r\n"
    signer: list[str | Path] = ["-signer", openssl.certificate, "-inkey", openssl.pair.private_uri, *openssl.key]
    signed = openssl.run("cms", "-sign", "-binary", "-nodetach", *signer, "-outform", "DER", data=message)
    trust: list[str | Path] = ["-CAfile", openssl.certificate, "-purpose", "any", "-inform", "DER", "-binary"]
    assert openssl.run("cms", "-verify", *trust, data=signed) == message
    if openssl.pair.label.endswith("rsa"):
        sealed = openssl.run(
            "cms", "-encrypt", "-binary", "-aes256", "-outform", "DER", openssl.certificate, data=message
        )
        key: list[str | Path] = ["-recip", openssl.certificate, "-inkey", openssl.pair.private_uri, *openssl.key]
        assert openssl.run("cms", "-decrypt", "-binary", "-inform", "DER", *key, data=sealed) == message


def test_a_tls_server(openssl: OpenSsl) -> None:
    """TLS 1.2 and 1.3, each handshake signed in the token."""
    with tls_server(openssl) as port:
        for version in ("-tls1_2", "-tls1_3"):
            client: list[str | Path] = ["s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", openssl.certificate]
            checked = ["-verify_return_error", version, "-quiet", "-ign_eof"]
            assert b"200 ok" in openssl.run(*client, *checked, data=b"GET / HTTP/1.0\r\n\r\n")


@contextmanager
def tls_server(openssl: OpenSsl) -> Iterator[int]:
    """Run `openssl s_server -www` with its key in the token."""
    port = free_port()
    key: list[str | Path] = [*openssl.key, "-key", openssl.pair.private_uri, "-cert", openssl.certificate]
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", *key],
        env={"PATH": "/usr/bin:/bin", **openssl.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=openssl.directory,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if line.startswith(b"ACCEPT"):
                break
        else:
            raise AssertionError("openssl s_server ended at once")
        yield port
    finally:
        server.kill()
        server.wait()
