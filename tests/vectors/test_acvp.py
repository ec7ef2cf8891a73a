"""NIST's ACVP vectors of deterministic ML-DSA and SLH-DSA signatures, hashed before or not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
from pkcs11.constants import Attribute, ObjectClass

from tests.contexts import DETERMINISTIC_REQUIRED, hash_sign_context, sign_context
from tests.prehash import digest_of
from vhsm.wire import tables
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkcs11.mechanisms import KeyType

    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

Case = dict[str, str]
CASES: Final[list[Case]] = json.loads(Path(__file__).with_name("nist_pq_signatures.json").read_text("utf-8"))["cases"]
# Their values by their order (PKCS#11 v3.2, 6.67.1 and 6.69.1).
ML_DSA: Final = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
SLH_DSA: Final = tuple(
    f"SLH-DSA-{family}-{bits}{kind}" for bits in (128, 192, 256) for kind in "sf" for family in ("SHA2", "SHAKE")
)


def mechanisms(case: Case) -> Iterator[tuple[Parameters, bytes]]:
    """Give the mechanisms that make the case's signature, each with what it signs."""
    family = "ML_DSA" if case["set"] in ML_DSA else "SLH_DSA"
    context, message = bytes.fromhex(case["context"]), bytes.fromhex(case["message"])
    name = case["hash"].removeprefix("SHA2-").replace("-", "_").replace("/", "_")
    name = f"SHA{name}" if name[0:1].isdigit() else name.replace("SHAKE_", "SHAKE")
    hashing = f"CKM_HASH_{family}_{name}" if name else f"CKM_{family}"
    if hasattr(tables, hashing):
        yield sign_context(getattr(tables, hashing), context, DETERMINISTIC_REQUIRED), message
    if hasattr(tables, f"CKM_{name}"):
        chosen, digest = getattr(tables, f"CKM_HASH_{family}"), getattr(tables, f"CKM_{name}")
        hashed = digest_of(name.lower(), message)
        yield hash_sign_context(chosen, digest, context, DETERMINISTIC_REQUIRED), hashed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['set']}-{case['case']}-{case['hash'] or 'pure'}")
def test_the_signature_is_nists(session: Session, case: Case) -> None:
    """By every mechanism that can make it, as a whole and in parts; of SLH-DSA, which takes its time, once."""
    sets, key_type = (ML_DSA, CKK.ML_DSA) if case["set"] in ML_DSA else (SLH_DSA, CKK.SLH_DSA)
    key = session.create({
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: cast("KeyType", int(key_type)),
        Attribute.PARAMETER_SET: 1 + sets.index(case["set"]),
        Attribute.VALUE: bytes.fromhex(case["private_key"]),
        Attribute.SIGN: True,
    })  # fmt: skip
    made = []
    for mechanism, signed in mechanisms(case):
        made.append(session.complete("Sign", mechanism, key, signed))
        if sets is SLH_DSA:
            break
        made.append(session.in_parts("Sign", mechanism, key, [signed[:1], signed[1:]]))
    session.destroy(key)
    assert {hashlib.sha256(signature).hexdigest() for signature in made} == {case["signature_sha256"]}
