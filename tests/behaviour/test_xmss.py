"""PKCS#11 v3.2, 6.66: XMSS and XMSS^MT signatures are verified (RFC 8391; SP 800-208), and never made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import pytest
from pkcs11.constants import Attribute, ObjectClass

from tests.cryptoki import refused
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkcs11.mechanisms import KeyType

    from tests.cryptoki import Session, Template

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

# What `pkcs11` does not know.
CKK_XMSS, CKK_XMSSMT = (cast("KeyType", kind) for kind in (0x47, 0x48))
CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)
CKM_XMSS, CKM_XMSSMT = 0x4036, 0x4037
CKM_XMSS_KEY_PAIR_GEN, CKM_XMSSMT_KEY_PAIR_GEN = 0x4034, 0x4035
VECTORS: Final = json.loads((Path(__file__).parents[1] / "vectors" / "xmss.json").read_text())
# By name: the registry's number, and the lengths of a public key and of a signature, in bytes.
SETS: Final[dict[str, tuple[int, int, int]]] = VECTORS["sets"]
CASES: Final[list[dict[str, str]]] = VECTORS["cases"]
# SubjectPublicKeyInfo of RFC 9802: the end of the OBJECT IDENTIFIER of XMSS, and of XMSS^MT.
OID: Final = bytes.fromhex("300a06082b06010505070622"), bytes.fromhex("300a06082b06010505070623")


class Kind(NamedTuple):
    """What a set's keys are."""

    multi: bool
    key_type: KeyType
    mechanism: int


def kind_of(name: str) -> Kind:
    """Tell XMSS from XMSS^MT by a set's name."""
    multi = name.startswith("XMSSMT")
    return Kind(multi, CKK_XMSSMT, CKM_XMSSMT) if multi else Kind(multi, CKK_XMSS, CKM_XMSS)


def imported(name: str, value: bytes, object_class: ObjectClass = ObjectClass.PUBLIC_KEY) -> Template:
    """Write the template of a key from elsewhere."""
    return {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: kind_of(name).key_type,
        Attribute.PARAMETER_SET: SETS[name][0],
        Attribute.VALUE: value,
    }


def parts_of(name: str) -> Iterator[int]:
    """Give a place in each part of a signature: index, randomizer; of each tree, first and last chain, and siblings."""
    number, public_bytes, signature_bytes = SETS[name]
    height, layers = (int(part) for part in (name.split("_")[1] + "/1").split("/")[:2])
    hash_bytes = (public_bytes - 4) // 2
    index_bytes = (height + 7) // 8 if kind_of(name).multi else 4
    chains = (2 * hash_bytes + 3) * hash_bytes
    tree = chains + height // layers * hash_bytes
    assert index_bytes + hash_bytes + layers * tree == signature_bytes, number
    yield from (index_bytes - 1, index_bytes)
    for start in range(index_bytes + hash_bytes, signature_bytes, tree):
        yield from (start, start + chains // 2, start + chains - 1, start + chains, start + tree - 1)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_signatures_of_others_verify(session: Session, case: dict[str, str]) -> None:
    """All hashes of all lengths, one tree and many; what was changed in any part does not."""
    name = case["set"]
    public, message, signature = (bytes.fromhex(case[part]) for part in ("public", "message", "signature"))
    mechanism = plain(kind_of(name).mechanism)
    key = session.create(imported(name, public))
    session.verify(mechanism, key, message, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(mechanism, key, message + b"!", signature)
    for at in parts_of(name):
        changed = bytearray(signature)
        changed[at] ^= 1
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(mechanism, key, message, bytes(changed))
    for wrong in (signature[:-1], signature + b"\0", signature[:4], b"\1"):
        with refused(Rv.SIGNATURE_LEN_RANGE):
            session.verify(mechanism, key, message, wrong)
    for at in (4, len(public) - 1):  # the root, the seed
        changed = bytearray(public)
        changed[at] ^= 1
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(mechanism, session.create(imported(name, bytes(changed))), message, signature)


def test_a_public_key_says_what_it_is(session: Session) -> None:
    """Its set, its value, and its SubjectPublicKeyInfo (RFC 9802)."""
    for case in (CASES[0], CASES[-1]):
        name, public = case["set"], bytes.fromhex(case["public"])
        key = session.create(imported(name, public))
        assert int.from_bytes(session.read(key, Attribute.PARAMETER_SET), "little") == SETS[name][0]
        assert session.read(key, Attribute.VALUE) == public
        algorithm, bits = OID[kind_of(name).multi], b"\x03" + bytes([len(public) + 1, 0]) + public
        content = algorithm + bits
        assert session.read(key, CKA_PUBLIC_KEY_INFO) == b"\x30" + bytes([len(content)]) + content


@pytest.mark.parametrize("family", ["XMSS-", "XMSSMT-"])
def test_every_set_has_its_lengths(session: Session, family: str) -> None:
    """What the reference implementation has; a signature of that length is read to its end, and of no other."""
    for name, (number, public_bytes, signature_bytes) in SETS.items():
        if name.startswith(family):
            mechanism = plain(kind_of(name).mechanism)
            public = number.to_bytes(4) + bytes(public_bytes - 4)
            key = session.create(imported(name, public))
            for wrong in (signature_bytes - 1, signature_bytes + 1):
                with refused(Rv.SIGNATURE_LEN_RANGE):
                    session.verify(mechanism, key, b"message", bytes(wrong))
            # The first leaf; an index of ones, beyond the last leaf where it has more bits than the tree is high.
            for signature in (bytes(signature_bytes), b"\xff" * signature_bytes):
                with refused(Rv.SIGNATURE_INVALID):
                    session.verify(mechanism, key, b"message", signature)
            for length in (public_bytes - 1, public_bytes + 1):
                with refused(Rv.ATTRIBUTE_VALUE_INVALID):
                    session.create(imported(name, public.ljust(length, b"\0")[:length]))


def test_a_leaf_beyond_the_tree_is_none(session: Session) -> None:
    """An index with a bit above the height is refused, though its lower bits are right."""
    case = next(case for case in CASES if case["set"] == "XMSS-SHA2_10_256")
    public, message, signature = (bytes.fromhex(case[part]) for part in ("public", "message", "signature"))
    key = session.create(imported(case["set"], public))
    for bit in (10, 16, 31):
        index = int.from_bytes(signature[:4]) | 1 << bit
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(plain(CKM_XMSS), key, message, index.to_bytes(4) + signature[4:])
    session.verify(plain(CKM_XMSS), key, message, signature)


def test_keys_that_are_none_are_refused(session: Session) -> None:
    """Sets that there are not, values of another set, no set or value; private keys, and making them."""
    case = next(case for case in CASES if case["set"] == "XMSS-SHA2_10_256")
    name, public = case["set"], bytes.fromhex(case["public"])
    good = imported(name, public)
    for number in (0, 22, 57, 1 << 32, (1 << 32) + 1):
        with refused(Rv.PARAMETER_SET_NOT_SUPPORTED):
            value = number.to_bytes(8)[4:] + public[4:]
            session.create(good | {Attribute.PARAMETER_SET: number, Attribute.VALUE: value})
    for value in (number.to_bytes(4) + public[4:] for number in (0, 2, 7, 22)):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(good | {Attribute.VALUE: value})
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(good | {Attribute.VALUE: b""})
    for missing in (Attribute.PARAMETER_SET, Attribute.VALUE):
        with refused(Rv.TEMPLATE_INCOMPLETE):
            session.create({kind: value for kind, value in good.items() if kind != missing})
    for multi in (name, "XMSSMT-SHA2_20/2_256"):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(imported(multi, public, ObjectClass.PRIVATE_KEY))
    for mechanism in (CKM_XMSS_KEY_PAIR_GEN, CKM_XMSSMT_KEY_PAIR_GEN):
        with refused(Rv.MECHANISM_INVALID):
            session.generate_pair(mechanism, {Attribute.PARAMETER_SET: 1}, {})
    key = session.create(good)
    with refused(Rv.MECHANISM_INVALID):
        session.begin("Sign", plain(CKM_XMSS), key)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Verify", plain(CKM_XMSSMT), key)
