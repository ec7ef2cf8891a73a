"""The published vectors of tests/vectors, typed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VECTORS: Final = Path(__file__).resolve().parents[1] / "tests/vectors"


@dataclass(frozen=True, slots=True)
class Hmac:
    """One case of RFC 2202, section 3."""

    case: int
    key: bytes
    data: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Gcm:
    """One AES-GCM case; `valid` is false where decryption must fail."""

    name: str
    key: bytes
    iv: bytes
    aad: bytes
    plaintext: bytes
    ciphertext: bytes
    tag: bytes
    valid: bool


def hmac_sha1() -> list[Hmac]:
    """Load the seven cases of RFC 2202."""
    return [
        Hmac(int(case["case"]), bytes.fromhex(case["key"]), bytes.fromhex(case["data"]), bytes.fromhex(case["digest"]))
        for case in _cases("rfc2202_hmac_sha1")
    ]


def aes_gcm(source: str) -> list[Gcm]:
    """Load the cases of `nist` or `wycheproof`."""
    return [
        Gcm(
            name=f"{source} {case.get('tc_id', number)}",
            key=bytes.fromhex(case["key"]),
            iv=bytes.fromhex(case["iv"]),
            aad=bytes.fromhex(case["aad"]),
            plaintext=bytes.fromhex(case["plaintext"]),
            ciphertext=bytes.fromhex(case["ciphertext"]),
            tag=bytes.fromhex(case["tag"]),
            valid=case.get("result", "valid") == "valid",
        )
        for number, case in enumerate(_cases(f"{source}_aes_gcm"))
    ]


def _cases(name: str) -> list[dict[str, str]]:
    cases: list[dict[str, str]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="ascii"))["cases"]
    return cases
