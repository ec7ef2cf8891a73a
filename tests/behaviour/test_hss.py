"""PKCS#11 v3.2, 6.65: HSS signatures are verified (RFC 8554; SP 800-208), and never made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
from pkcs11.constants import Attribute, ObjectClass

from tests.cryptoki import refused
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from pkcs11.mechanisms import KeyType

    from tests.cryptoki import Session, Template

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

# What `pkcs11` does not know.
CKK_HSS: Final = cast("KeyType", 0x46)
CKM_HSS: Final = 0x4033
CKM_HSS_KEY_PAIR_GEN: Final = 0x4032
CKA_HSS_LEVELS, CKA_HSS_LMS_TYPE, CKA_HSS_LMOTS_TYPE = (cast("Attribute", kind) for kind in (0x617, 0x618, 0x619))
CASES: Final = json.loads((Path(__file__).parents[1] / "vectors" / "rfc8554_hss.json").read_text())["cases"]


def imported(value: bytes, object_class: ObjectClass = ObjectClass.PUBLIC_KEY) -> Template:
    """Write the template of a key from elsewhere."""
    return {Attribute.CLASS: object_class, Attribute.KEY_TYPE: CKK_HSS, Attribute.VALUE: value}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_published_signatures_verify(session: Session, case: dict[str, str]) -> None:
    """One level and two, both hashes, both lengths; what was changed, cut or lengthened anywhere does not."""
    public, message, signature = (bytes.fromhex(case[name]) for name in ("public", "message", "signature"))
    key = session.create(imported(public))
    levels, lms, lmots = (int.from_bytes(public[at : at + 4]) for at in (0, 4, 8))
    for kind, value in ((CKA_HSS_LEVELS, levels), (CKA_HSS_LMS_TYPE, lms), (CKA_HSS_LMOTS_TYPE, lmots)):
        assert int.from_bytes(session.read(key, kind), "little") == value
    session.verify(plain(CKM_HSS), key, message, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(plain(CKM_HSS), key, message + b"!", signature)
    wrong = [signature[:-1], signature + b"\0", signature[:4], b"\1"]
    for at in range(0, len(signature), 97):
        changed = bytearray(signature)
        changed[at] ^= 1
        wrong.append(bytes(changed))
    for forged in wrong:
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(plain(CKM_HSS), key, message, forged)


def test_keys_that_are_none_are_refused(session: Session) -> None:
    """Levels and types that there are not, hashes that differ, other lengths; private keys, and making them."""
    public = bytes.fromhex(CASES[0]["public"])
    with_types = [(levels, lms, lmots) for levels, lms, lmots in ((0, 5, 4), (9, 5, 4), (1, 4, 4), (1, 25, 4))]
    with_types += [(1, 5, 0), (1, 5, 17), (1, 5, 8), (1, 5, 12)]
    values = [b"".join(number.to_bytes(4) for number in numbers) + public[12:] for numbers in with_types]
    for value in (*values, public[:-1], public + b"\0", b""):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(imported(value))
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(imported(public, ObjectClass.PRIVATE_KEY))
    with refused(Rv.ATTRIBUTE_READ_ONLY):
        session.create(imported(public) | {CKA_HSS_LEVELS: 2})
    with refused(Rv.MECHANISM_INVALID):
        session.generate_pair(CKM_HSS_KEY_PAIR_GEN, {}, {})
    key = session.create(imported(public))
    with refused(Rv.MECHANISM_INVALID):
        session.begin("Sign", plain(CKM_HSS), key)
