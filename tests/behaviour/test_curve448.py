"""PKCS#11 v3.2, 6.3: Ed448 (RFC 8032) and X448 (RFC 7748); OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed448, x448
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_x25519 import CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, derive, same
from tests.cryptoki import refused
from tests.mechanisms import eddsa, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session, Template

# SoftHSM2 2.6 is built without them.
pytestmark = pytest.mark.ours

ED448: Final = bytes.fromhex("06032b6571")
ED448_NAME: Final = b"\x13\x0aedwards448"
X448: Final = bytes.fromhex("06032b656f")
X448_NAME: Final = b"\x13\x08curve448"
CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)  # the enumeration lacks it
MESSAGE: Final = b"message"
DER: Final = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo


@dataclass(frozen=True, slots=True)
class Published:
    """A signature of RFC 8032."""

    seed: str
    prehash: bool
    message: bytes
    context: bytes
    signature: str


SEED_CONTEXT: Final = (
    "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e"
)
SEED_PREHASH: Final = (
    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49"
)
# 7.4 ("1 octet (with context)") and 7.5 ("TEST abc", "TEST abc (with context)").
PUBLISHED: Final = (
    Published(
        *(SEED_CONTEXT, False, b"\x03", b"foo"),
        "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d607217fce6e042f6815ea"
        "000c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d5428407e85dcbc98a49155c13764e66c"
        "3c00",
    ),
    Published(
        *(SEED_PREHASH, True, b"abc", b""),
        "822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae381f54d6bce2ea911574932f52a4e6cadd78769375ec3ffd1b"
        "801a0d9b3f4030cd433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff07620464a3ad203df7dc7ce360c3cd3696d9d9fab9"
        "0f00",
    ),
    Published(
        *(SEED_PREHASH, True, b"abc", b"foo"),
        "c32299d46ec8ff02b54540982814dce9a05812f81962b649d528095916a2aa481065b1580423ef927ecf0af5888f90da0f6a9a85ad5dc3f2"
        "80d91224ba9911a3653d00e484e2ce232521481c8658df304bb7745a73514cdb9bf3e15784ab71284f8d0704a608c54a6b62d97beb511d13"
        "2100",
    ),
)


def edwards(session: Session, parameters: bytes = ED448) -> tuple[int, int]:
    """Generate a pair."""
    return session.generate_pair(Mechanism.EC_EDWARDS_KEY_PAIR_GEN, {Attribute.EC_PARAMS: parameters}, {})


def on_curve(object_class: ObjectClass, parameters: bytes, **value: bytes) -> Template:
    """Write the template of a key from elsewhere."""
    key_type = KeyType.EC_EDWARDS if parameters == ED448 else cast("KeyType", CKK_EC_MONTGOMERY)
    template: Template = {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: key_type,
        Attribute.EC_PARAMS: parameters,
    }
    return template | {Attribute[name]: content for name, content in value.items()}


@pytest.mark.parametrize("parameters", [ED448, ED448_NAME])
def test_ed448_verifies_elsewhere(session: Session, parameters: bytes) -> None:
    """The curve by its identifier or by its name; whole and in parts.

    PKCS#11 v3.2, 6.3.14: the identifier alone says what no parameter means, an empty context.
    """
    public, private = edwards(session, parameters)
    point = session.read(public, Attribute.EC_POINT)
    assert point[:2] == b"\x04\x39"
    other = ed448.Ed448PublicKey.from_public_bytes(point[2:])
    assert session.read(private, CKA_PUBLIC_KEY_INFO) == other.public_bytes(*DER)
    signature = session.complete("Sign", eddsa(b""), private, MESSAGE)
    other.verify(signature, MESSAGE)
    assert session.in_parts("Sign", eddsa(b""), private, [MESSAGE[:3], MESSAGE[3:]]) == signature
    session.verify(eddsa(b""), public, MESSAGE, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(eddsa(b""), public, MESSAGE + b"!", signature)
    with refused(Rv.SIGNATURE_LEN_RANGE):
        session.verify(eddsa(b""), public, MESSAGE, signature[:-1])
    if parameters == ED448:
        assert session.complete("Sign", plain(Mechanism.EDDSA), private, MESSAGE) == signature
        session.verify(plain(Mechanism.EDDSA), public, MESSAGE, signature)
        return
    for kind, key in (("Sign", private), ("Verify", public)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin(kind, plain(Mechanism.EDDSA), key)


@pytest.mark.parametrize("vector", PUBLISHED)
def test_ed448_signs_as_published(session: Session, vector: Published) -> None:
    """With a context, and prehashed; another context, or the other of the two, does not verify."""
    seed, signature = bytes.fromhex(vector.seed), bytes.fromhex(vector.signature)
    raw = ed448.Ed448PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    private = session.create(on_curve(ObjectClass.PRIVATE_KEY, ED448, VALUE=seed))
    public = session.create(on_curve(ObjectClass.PUBLIC_KEY, ED448, EC_POINT=b"\x04\x39" + raw))
    chosen = eddsa(vector.context, prehash=vector.prehash)
    assert session.complete("Sign", chosen, private, vector.message) == signature
    session.verify(chosen, public, vector.message, signature)
    for wrong in (eddsa(b"bar", prehash=vector.prehash), eddsa(vector.context, prehash=not vector.prehash)):
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(wrong, public, vector.message, signature)


def test_ed448_keys_that_are_none_are_refused(session: Session) -> None:
    """Values and points of another length; points that are not on the curve; contexts that are too long."""
    for wrong in (bytes(56), bytes(58), b""):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(on_curve(ObjectClass.PRIVATE_KEY, ED448, VALUE=wrong))
    for wrong in (b"\x04\x38" + bytes(56), b"\x04\x39" + b"\xff" * 57):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(on_curve(ObjectClass.PUBLIC_KEY, ED448, EC_POINT=wrong))
    _, private = edwards(session)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Sign", eddsa(bytes(256)), private)


@pytest.mark.parametrize("parameters", [X448, X448_NAME])
def test_x448_agrees_with_the_other_side(session: Session, parameters: bytes) -> None:
    """A generated pair and OpenSSL's; an imported pair and the same."""
    public, private = session.generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: parameters}, {})
    ours = x448.X448PrivateKey.generate()
    imported = session.create(on_curve(ObjectClass.PRIVATE_KEY, X448, VALUE=ours.private_bytes_raw()))
    assert session.read(imported, CKA_PUBLIC_KEY_INFO) == ours.public_key().public_bytes(*DER)
    point = session.read(public, Attribute.EC_POINT)
    assert point[:2] == b"\x04\x38"
    foreign = x448.X448PrivateKey.generate()
    raw = foreign.public_key().public_bytes_raw()
    shared = {
        private: foreign.exchange(x448.X448PublicKey.from_public_bytes(point[2:])),
        imported: foreign.exchange(ours.public_key()),
    }
    for key, secret in shared.items():
        theirs = session.create({
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
            Attribute.VALUE: secret,
        })  # fmt: skip
        for given in (raw, b"\x04\x38" + raw):
            assert same(session, derive(session, key, given, {}), theirs)


def test_x448_points_that_are_none_are_refused(session: Session) -> None:
    """Points of small order and of another length."""
    _, private = session.generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: X448}, {})
    for point in (bytes(56), b"\x01" + bytes(55), bytes(55), bytes(57)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            derive(session, private, point, {})
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(on_curve(ObjectClass.PRIVATE_KEY, X448, VALUE=bytes(57)))
