"""PKCS#11 v3.2, 6.69: SLH-DSA and HashSLH-DSA (FIPS 205); tests/slh_dsa.py is the other party."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, cast

import pytest
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import Mechanism

from tests.contexts import DETERMINISTIC_REQUIRED, HEDGE_REQUIRED, hash_sign_context, sign_context
from tests.cryptoki import data, refused
from tests.mechanisms import plain
from tests.prehash import digest_of
from tests.rv import Rv
from tests.slh_dsa import SETS, Verifier

if TYPE_CHECKING:
    from pkcs11.mechanisms import KeyType

    from tests.cryptoki import Session, Template, Value

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

MESSAGE: Final = b"message"
CONTEXT: Final = b"context"
# What `pkcs11` does not know.
CKK_SLH_DSA: Final = cast("KeyType", 0x4B)
CKM_SLH_DSA_KEY_PAIR_GEN: Final = 0x2D
CKM_SLH_DSA: Final = 0x2E
CKM_HASH_SLH_DSA: Final = 0x34
CKM_SHA256: Final = 0x250
CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)
# CKP_SLH_DSA_…: those that sign within a second, and the first of the others.
SHA2_128S, SHA2_128F, SHAKE_128F, SHA2_192F = 1, 3, 4, 7
QUICK: Final = (SHA2_128S, SHA2_128F, SHAKE_128F, SHA2_192F, 8, 11, 12)
# Mechanism: the hash's name in hashlib, and its object identifier in DER.
HASHED: Final = {
    0x36: ("sha224", "0609608648016503040204"),
    0x37: ("sha256", "0609608648016503040201"),
    0x38: ("sha384", "0609608648016503040202"),
    0x39: ("sha512", "0609608648016503040203"),
    0x3A: ("sha3_224", "0609608648016503040207"),
    0x3B: ("sha3_256", "0609608648016503040208"),
    0x3C: ("sha3_384", "0609608648016503040209"),
    0x3D: ("sha3_512", "060960864801650304020a"),
    0x3E: ("shake_128", "060960864801650304020b"),
    0x3F: ("shake_256", "060960864801650304020c"),
}


def pair(session: Session, parameter_set: int = SHA2_128F, **private: Value) -> tuple[int, int]:
    """Generate a session key pair."""
    template = {Attribute[name]: value for name, value in private.items()}
    return session.generate_pair(CKM_SLH_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: parameter_set}, template)


def imported(object_class: ObjectClass, parameter_set: int, **values: Value) -> Template:
    """Write the template of a key from elsewhere."""
    return {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: CKK_SLH_DSA,
        Attribute.PARAMETER_SET: parameter_set,
        **{Attribute[name]: value for name, value in values.items()},
    }


def verifier(session: Session, key: int, parameter_set: int) -> Verifier:
    """Read a public key for the other party."""
    return Verifier(SETS[parameter_set], session.read(key, Attribute.VALUE))


@pytest.mark.parametrize("parameter_set", QUICK)
def test_signatures_verify_elsewhere_and_here(session: Session, parameter_set: int) -> None:
    """With a context; lengths are as told; another message, context or length is refused, and any bit that changed."""
    public, private = pair(session, parameter_set)
    other = verifier(session, public, parameter_set)
    length = SETS[parameter_set].signature_length
    chosen = sign_context(CKM_SLH_DSA, CONTEXT)
    session.begin("Sign", chosen, private)
    assert session.output_length("C_Sign", *data(MESSAGE)) == length
    signature = session.output("C_Sign", *data(MESSAGE))
    assert len(signature) == length
    assert other.verify(MESSAGE, signature, CONTEXT)
    assert not other.verify(MESSAGE, signature)
    session.verify(chosen, public, MESSAGE, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(chosen, public, MESSAGE + b"!", signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(plain(CKM_SLH_DSA), public, MESSAGE, signature)
    with refused(Rv.SIGNATURE_LEN_RANGE):
        session.verify(chosen, public, MESSAGE, signature[:-1])
    for at in (0, SETS[parameter_set].n, length // 2, length - 1):
        changed = bytearray(signature)
        changed[at] ^= 1
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(chosen, public, MESSAGE, bytes(changed))


@pytest.mark.parametrize("parameter_set", SETS)
def test_every_set_makes_pairs(session: Session, parameter_set: int) -> None:
    """Keys have the set's lengths, and the private one ends with the public one."""
    public, private = pair(session, parameter_set, SENSITIVE=False, EXTRACTABLE=True)
    n = SETS[parameter_set].n
    value = session.read(public, Attribute.VALUE)
    secret = session.read(private, Attribute.VALUE)
    assert (len(value), len(secret), secret[-2 * n :]) == (2 * n, 4 * n, value)
    info = session.read(private, CKA_PUBLIC_KEY_INFO)
    # RFC 9909, 3: id-slh-dsa-sha2-128s to -256f are 20 to 25, those of SHAKE 26 to 31.
    at = parameter_set - 1
    arc = 20 + 6 * (at % 2) + at // 2
    assert bytes.fromhex("300b06096086480165030403") + bytes([arc]) in info
    assert info.endswith(b"\0" + value)


def test_messages_come_in_parts(session: Session) -> None:
    """They are gathered, up to what a frame holds; beyond it stands HashSLH-DSA."""
    public, private = pair(session)
    other = verifier(session, public, SHA2_128F)
    assert other.verify(MESSAGE, session.in_parts("Sign", plain(CKM_SLH_DSA), private, [MESSAGE[:3], MESSAGE[3:]]))
    part = bytes(1 << 18)
    session.begin("Sign", plain(CKM_SLH_DSA), private)
    with refused(Rv.DATA_LEN_RANGE):
        for _ in range(5):
            session.update("Sign", part)
    hashed = session.in_parts("Sign", plain(0x37), private, [part] * 5)
    assert other.verify_hashed(bytes.fromhex(HASHED[0x37][1]), hashlib.sha256(part * 5).digest(), hashed)


def test_hashed_messages_verify_elsewhere(session: Session) -> None:
    """HashSLH-DSA: hashed by the mechanism and beforehand."""
    public, private = pair(session)
    other = verifier(session, public, SHA2_128F)
    for mechanism, (name, oid) in HASHED.items():
        digest = digest_of(name, MESSAGE)
        chosen = sign_context(mechanism, CONTEXT)
        signature = session.complete("Sign", chosen, private, MESSAGE)
        assert other.verify_hashed(bytes.fromhex(oid), digest, signature, CONTEXT)
        session.verify(chosen, public, MESSAGE, signature)
    digest = hashlib.sha256(MESSAGE).digest()
    chosen = hash_sign_context(CKM_HASH_SLH_DSA, CKM_SHA256, CONTEXT)
    signature = session.complete("Sign", chosen, private, digest)
    assert other.verify_hashed(bytes.fromhex(HASHED[0x37][1]), digest, signature, CONTEXT)
    session.verify(sign_context(0x37, CONTEXT), public, MESSAGE, signature)
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Sign", chosen, private, digest[:-1])
    with refused(Rv.DATA_LEN_RANGE):
        session.verify(chosen, public, digest[:-1], signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(sign_context(CKM_SLH_DSA, CONTEXT), public, MESSAGE, signature)


def test_wrong_parameters(session: Session) -> None:
    """Contexts of more than 255 bytes, hedges and hashes that there are not, parameters left out."""
    public, private = pair(session)
    long = bytes(256)
    for chosen in (
        sign_context(CKM_SLH_DSA, long),
        sign_context(CKM_SLH_DSA, b"", 3),
        sign_context(0x37, long),
        plain(CKM_HASH_SLH_DSA),
        sign_context(CKM_HASH_SLH_DSA),
        hash_sign_context(CKM_HASH_SLH_DSA, 0),
        hash_sign_context(CKM_HASH_SLH_DSA, Mechanism.SHA_1),
        hash_sign_context(CKM_SLH_DSA, CKM_SHA256),
    ):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin("Sign", chosen, private)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Sign", plain(CKM_SLH_DSA), public)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", plain(Mechanism.ML_DSA), private)


def test_hedging_is_the_callers_choice(session: Session) -> None:
    """Two hedged signatures of one message differ, two deterministic ones do not; hashed messages likewise."""
    public, private = pair(session)
    for mechanism in (CKM_SLH_DSA, 0x37):
        for hedge, different in ((HEDGE_REQUIRED, 2), (DETERMINISTIC_REQUIRED, 1)):
            chosen = sign_context(mechanism, b"", hedge)
            made = {session.complete("Sign", chosen, private, MESSAGE) for _ in range(2)}
            assert len(made) == different
            for signature in made:
                session.verify(chosen, public, MESSAGE, signature)


def test_keys_come_in_whole_or_not_at_all(session: Session) -> None:
    """Of the right length, parts that belong together, of a set that there is."""
    public, private = pair(session, SHAKE_128F, SENSITIVE=False, EXTRACTABLE=True)
    value, secret = session.read(public, Attribute.VALUE), session.read(private, Attribute.VALUE)
    again = session.create(imported(ObjectClass.PRIVATE_KEY, SHAKE_128F, VALUE=secret))
    theirs = session.create(imported(ObjectClass.PUBLIC_KEY, SHAKE_128F, VALUE=value))
    assert session.read(again, CKA_PUBLIC_KEY_INFO) == session.read(theirs, CKA_PUBLIC_KEY_INFO)
    deterministic = sign_context(CKM_SLH_DSA, b"", DETERMINISTIC_REQUIRED)
    signature = session.complete("Sign", deterministic, again, MESSAGE)
    assert signature == session.complete("Sign", deterministic, private, MESSAGE)
    session.verify(deterministic, theirs, MESSAGE, signature)
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(again, Attribute.VALUE)
    broken = secret[:-1] + bytes([secret[-1] ^ 1])
    wrong: list[tuple[ObjectClass, int, dict[str, Value], Rv]] = [
        (ObjectClass.PRIVATE_KEY, SHAKE_128F, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PRIVATE_KEY, SHAKE_128F, {"VALUE": secret[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, SHAKE_128F, {"VALUE": broken}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, SHA2_128F, {"VALUE": secret}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, SHA2_192F, {"VALUE": secret}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 13, {"VALUE": secret}, Rv.PARAMETER_SET_NOT_SUPPORTED),
        (ObjectClass.PUBLIC_KEY, SHAKE_128F, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PUBLIC_KEY, SHA2_192F, {"VALUE": value}, Rv.ATTRIBUTE_VALUE_INVALID),
    ]
    for object_class, parameter_set, values, expected in wrong:
        with refused(expected):
            session.create(imported(object_class, parameter_set, **values))
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.generate_pair(CKM_SLH_DSA_KEY_PAIR_GEN, {}, {})
    with refused(Rv.PARAMETER_SET_NOT_SUPPORTED):
        session.generate_pair(CKM_SLH_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 13}, {})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        pair(session, SHA2_128F, VALUE=secret)


def test_keys_of_the_token_are_there_again(session: Session) -> None:
    """Stored, found by their set and type, read and used."""
    stored: Template = {Attribute.TOKEN: True, Attribute.LABEL: "slh-dsa"}
    public, private = session.generate_pair(
        CKM_SLH_DSA_KEY_PAIR_GEN, stored | {Attribute.PARAMETER_SET: SHA2_128F}, stored
    )
    try:
        wanted: Template = {Attribute.KEY_TYPE: CKK_SLH_DSA, Attribute.PARAMETER_SET: SHA2_128F, Attribute.TOKEN: True}
        assert {public, private} <= set(session.find(wanted))
        signature = session.complete("Sign", plain(CKM_SLH_DSA), private, MESSAGE)
        assert verifier(session, public, SHA2_128F).verify(MESSAGE, signature)
        for kind in (Attribute.SEED, Attribute.EC_PARAMS):
            with refused(Rv.ATTRIBUTE_TYPE_INVALID):
                session.read(private, kind)
        assert session.read_flag(private, Attribute.ALWAYS_SENSITIVE)
        assert session.read_flag(private, Attribute.NEVER_EXTRACTABLE)
    finally:
        session.destroy(public)
        session.destroy(private)
