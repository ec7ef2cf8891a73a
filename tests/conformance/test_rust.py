"""Rust: the cryptoki crate, unmodified."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from tests.conformance.building import CHECKOUT, PROGRAMS, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Token

# As in programs/rust/src/main.rs.
MESSAGE: Final = b"a message for the token"
VALUE: Final = bytes([7] * 32)
MANIFEST: Final = PROGRAMS / "rust" / "Cargo.toml"


@pytest.fixture(scope="module")
def program() -> Path:
    """The program, with the crates that its Cargo.lock names."""
    target = CHECKOUT / "target" / "conformance"
    build(
        *("cargo", "build", "--quiet", "--locked", "--manifest-path", MANIFEST, "--target-dir", target),
        cwd=CHECKOUT,
        environment={},
    )
    return target / "debug" / "conformance"


@pytest.mark.program("Rust: cryptoki", "cargo", "pkgid", "--manifest-path", str(MANIFEST), "cryptoki")
def test_rust(program: Path, token: Token) -> None:
    """RSA, EC, AES-GCM, HMAC and a digest: signatures verify, and known keys give the right bytes."""
    done = token.run(program, token.module, token.label, token.pin, check=False)
    assert done.returncode == 0, done.stderr
    shown = {name: bytes.fromhex(text) for name, text in (line.split() for line in done.stdout.splitlines())}
    public = rsa.RSAPublicNumbers(65537, int.from_bytes(shown["rsa-modulus"], "big")).public_key()
    public.verify(shown["rsa-pkcs"], MESSAGE, padding.PKCS1v15(), SHA256())
    public.verify(shown["rsa-pss"], MESSAGE, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), shown["ec-point"][2:])
    r, s = (int.from_bytes(half, "big") for half in (shown["ecdsa"][:32], shown["ecdsa"][32:]))
    point.verify(encode_dss_signature(r, s), MESSAGE, ec.ECDSA(SHA256()))
    assert shown["aes-gcm"] == AESGCM(VALUE).encrypt(bytes([2] * 12), MESSAGE, b"aad")
    assert shown["hmac"] == hmac.digest(VALUE, MESSAGE, "sha256")
    assert shown["digest"] == hashlib.sha256(MESSAGE).digest()
