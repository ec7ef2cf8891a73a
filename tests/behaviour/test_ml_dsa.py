"""PKCS#11 v3.2, 6.67: ML-DSA and HashML-DSA (FIPS 204); OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.contexts import DETERMINISTIC_REQUIRED, HEDGE_PREFERRED, HEDGE_REQUIRED, hash_sign_context, sign_context
from tests.cryptoki import data, refused
from tests.mechanisms import plain
from tests.prehash import digest_of
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session, Template, Value

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

MESSAGE: Final = b"a message to be signed"
CONTEXT: Final = b"a context"
PrivateKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
PublicKey = mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
# CKP_ML_DSA_…: the other party's classes; lengths of public key, private key and signature (FIPS 204, table 2).
SETS: Final[dict[int, tuple[type[PrivateKey], type[PublicKey], int, int, int]]] = {
    1: (mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey, 1312, 2560, 2420),
    2: (mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey, 1952, 4032, 3309),
    3: (mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey, 2592, 4896, 4627),
}
ML_DSA_65: Final = 2
CKM_HASH_ML_DSA: Final = 0x1F
CKM_SHA256: Final = 0x250
CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)  # the enumeration lacks it
# Mechanism: the hash's name in hashlib, and its object identifier in DER.
HASHED: Final = {
    0x23: ("sha224", "0609608648016503040204"),
    0x24: ("sha256", "0609608648016503040201"),
    0x25: ("sha384", "0609608648016503040202"),
    0x26: ("sha512", "0609608648016503040203"),
    0x27: ("sha3_224", "0609608648016503040207"),
    0x28: ("sha3_256", "0609608648016503040208"),
    0x29: ("sha3_384", "0609608648016503040209"),
    0x2A: ("sha3_512", "060960864801650304020a"),
    0x2B: ("shake_128", "060960864801650304020b"),
    0x2C: ("shake_256", "060960864801650304020c"),
}


def pair(session: Session, parameter_set: int = ML_DSA_65, **private: Value) -> tuple[int, int]:
    """Generate a session key pair."""
    template = {Attribute[name]: value for name, value in private.items()}
    return session.generate_pair(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: parameter_set}, template)


def imported(object_class: ObjectClass, parameter_set: int, **values: Value) -> Template:
    """Write the template of a key from elsewhere."""
    return {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: KeyType.ML_DSA,
        Attribute.PARAMETER_SET: parameter_set,
        **{Attribute[name]: value for name, value in values.items()},
    }


def public_key(session: Session, key: int, parameter_set: int) -> PublicKey:
    """Read a public key for the other party."""
    return SETS[parameter_set][1].from_public_bytes(session.read(key, Attribute.VALUE))


def mu(public: PublicKey, oid: str, context: bytes, digest: bytes) -> bytes:
    """Compute the representative of a hashed message (FIPS 204, algorithms 4 and 7)."""
    tr = hashlib.shake_256(public.public_bytes_raw()).digest(64)
    message = bytes([1, len(context)]) + context + bytes.fromhex(oid) + digest
    return hashlib.shake_256(tr + message).digest(64)


@pytest.mark.parametrize("parameter_set", SETS)
def test_signatures_verify_elsewhere_and_here(session: Session, parameter_set: int) -> None:
    """Of every set: in one part and in several, with and without a context; lengths are as told."""
    _, _, public_length, _, signature_length = SETS[parameter_set]
    public, private = pair(session, parameter_set)
    other = public_key(session, public, parameter_set)
    assert len(session.read(public, Attribute.VALUE)) == public_length
    for context in (b"", CONTEXT, bytes(255)):
        chosen = sign_context(Mechanism.ML_DSA, context)
        session.begin("Sign", chosen, private)
        assert session.output_length("C_Sign", *data(MESSAGE)) == signature_length
        signature = session.output("C_Sign", *data(MESSAGE))
        assert len(signature) == signature_length
        other.verify(signature, MESSAGE, context)
        other.verify(session.in_parts("Sign", chosen, private, [MESSAGE[:5], MESSAGE[5:]]), MESSAGE, context)
        session.verify(chosen, public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(chosen, public, MESSAGE + b"!", signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(sign_context(Mechanism.ML_DSA, b"another"), public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_LEN_RANGE):
            session.verify(chosen, public, MESSAGE, signature[:-1])
    other.verify(session.complete("Sign", plain(Mechanism.ML_DSA), private, MESSAGE), MESSAGE)


def test_a_long_message_comes_in_parts(session: Session) -> None:
    """Three megabytes, more than any frame holds, signed and verified in parts."""
    public, private = pair(session)
    part = bytes(range(256)) * 256
    signature = session.in_parts("Sign", plain(Mechanism.ML_DSA), private, [part] * 48)
    public_key(session, public, ML_DSA_65).verify(signature, part * 48)
    session.begin("Verify", plain(Mechanism.ML_DSA), public)
    for _ in range(48):
        session.update("Verify", part)
    session.call("C_VerifyFinal", *data(signature))


def test_hashed_messages_verify_elsewhere(session: Session) -> None:
    """HashML-DSA: hashed by the mechanism, in one part and in several, and beforehand."""
    public, private = pair(session)
    other = public_key(session, public, ML_DSA_65)
    foreign = mldsa.MLDSA65PrivateKey.generate()
    theirs = session.create(imported(ObjectClass.PUBLIC_KEY, ML_DSA_65, VALUE=foreign.public_key().public_bytes_raw()))
    for mechanism, (name, oid) in HASHED.items():
        digest = digest_of(name, MESSAGE)
        chosen = sign_context(mechanism, CONTEXT)
        own = mu(other, oid, CONTEXT, digest)
        other.verify_mu(session.complete("Sign", chosen, private, MESSAGE), own)
        other.verify_mu(session.in_parts("Sign", chosen, private, [MESSAGE[:3], MESSAGE[3:]]), own)
        session.verify(chosen, theirs, MESSAGE, foreign.sign_mu(mu(foreign.public_key(), oid, CONTEXT, digest)))
    digest = hashlib.sha256(MESSAGE).digest()
    chosen = hash_sign_context(CKM_HASH_ML_DSA, CKM_SHA256, CONTEXT)
    signature = session.complete("Sign", chosen, private, digest)
    other.verify_mu(signature, mu(other, HASHED[0x24][1], CONTEXT, digest))
    session.verify(sign_context(0x24, CONTEXT), public, MESSAGE, signature)
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Sign", chosen, private, digest[:-1])
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(sign_context(Mechanism.ML_DSA, CONTEXT), public, MESSAGE, signature)


def test_wrong_parameters(session: Session) -> None:
    """Contexts of more than 255 bytes, hedges and hashes that there are not, parameters left out."""
    public, private = pair(session)
    long = bytes(256)
    for chosen in (
        sign_context(Mechanism.ML_DSA, long),
        sign_context(Mechanism.ML_DSA, b"", 3),
        sign_context(0x24, long),
        plain(CKM_HASH_ML_DSA),
        sign_context(CKM_HASH_ML_DSA),
        hash_sign_context(CKM_HASH_ML_DSA, 0),
        hash_sign_context(CKM_HASH_ML_DSA, Mechanism.SHA_1),
        hash_sign_context(CKM_HASH_ML_DSA, Mechanism.ML_DSA),
        hash_sign_context(Mechanism.ML_DSA, CKM_SHA256),
    ):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin("Sign", chosen, private)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Sign", plain(Mechanism.ML_DSA), public)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", plain(Mechanism.ECDSA), private)


@pytest.mark.parametrize("parameter_set", SETS)
def test_hedging_is_the_callers_choice(session: Session, parameter_set: int) -> None:
    """Hedged signatures of one message differ, and are made unasked; deterministic ones do not, in parts either."""
    public, private = pair(session, parameter_set)
    other = public_key(session, public, parameter_set)
    for hedge, different in ((HEDGE_PREFERRED, 4), (HEDGE_REQUIRED, 4), (DETERMINISTIC_REQUIRED, 1)):
        chosen = sign_context(Mechanism.ML_DSA, b"", hedge)
        made = {session.complete("Sign", chosen, private, MESSAGE) for _ in range(2)}
        made |= {session.in_parts("Sign", chosen, private, [MESSAGE[:5], MESSAGE[5:]]) for _ in range(2)}
        assert len(made) == different
        for signature in made:
            other.verify(signature, MESSAGE)
            session.verify(chosen, public, MESSAGE, signature)


@pytest.mark.parametrize("parameter_set", SETS)
def test_keys_come_in(session: Session, parameter_set: int) -> None:
    """A private key from its seed, from its value, from both; a public key from its value."""
    private_type, _, _, private_length, _ = SETS[parameter_set]
    foreign = private_type.generate()
    seed = foreign.private_bytes_raw()
    template = imported(ObjectClass.PRIVATE_KEY, parameter_set, SEED=seed, SENSITIVE=False, EXTRACTABLE=True)
    from_seed = session.create(template)
    value = session.read(from_seed, Attribute.VALUE)
    assert len(value) == private_length
    assert session.read(from_seed, Attribute.SEED) == seed
    from_value = session.create(imported(ObjectClass.PRIVATE_KEY, parameter_set, VALUE=value))
    from_both = session.create(imported(ObjectClass.PRIVATE_KEY, parameter_set, VALUE=value, SEED=seed))
    for key in (from_seed, from_value, from_both):
        foreign.public_key().verify(session.complete("Sign", plain(Mechanism.ML_DSA), key, MESSAGE), MESSAGE)
    public_bytes = foreign.public_key().public_bytes_raw()
    public = session.create(imported(ObjectClass.PUBLIC_KEY, parameter_set, VALUE=public_bytes))
    session.verify(plain(Mechanism.ML_DSA), public, MESSAGE, foreign.sign(MESSAGE))
    info = foreign.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for key in (public, from_seed, from_value):
        assert session.read(key, CKA_PUBLIC_KEY_INFO) == info
    for kind in (Attribute.SEED, Attribute.VALUE):
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(from_both, kind)


def test_bad_keys_stay_out(session: Session) -> None:
    """Wrong lengths, sets that there are not, templates left incomplete, halves that do not belong together."""
    foreign = mldsa.MLDSA65PrivateKey.generate()
    seed, public = foreign.private_bytes_raw(), foreign.public_key().public_bytes_raw()
    template = imported(ObjectClass.PRIVATE_KEY, ML_DSA_65, SEED=seed, SENSITIVE=False, EXTRACTABLE=True)
    value = session.read(session.create(template), Attribute.VALUE)
    broken = bytearray(value)
    broken[-1] ^= 1
    half: list[tuple[ObjectClass, int, dict[str, Value], Rv]] = [
        (ObjectClass.PRIVATE_KEY, 2, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PRIVATE_KEY, 2, {"SEED": seed[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"SEED": b""}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": value[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": seed}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": bytes(broken)}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": value, "SEED": bytes(32)}, Rv.TEMPLATE_INCONSISTENT),
        (ObjectClass.PRIVATE_KEY, 1, {"VALUE": value}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 4, {"SEED": seed}, Rv.PARAMETER_SET_NOT_SUPPORTED),
        (ObjectClass.PUBLIC_KEY, 2, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PUBLIC_KEY, 3, {"VALUE": public}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PUBLIC_KEY, 2, {"VALUE": public, "SEED": seed}, Rv.TEMPLATE_INCONSISTENT),
    ]
    for object_class, parameter_set, values, expected in half:
        with refused(expected):
            session.create(imported(object_class, parameter_set, **values))
    unset = imported(ObjectClass.PUBLIC_KEY, ML_DSA_65, VALUE=public)
    del unset[Attribute.PARAMETER_SET]
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.create(unset)


def test_generation_takes_the_set_from_the_public_template(session: Session) -> None:
    """It must be there, and be one; the private template does not contradict it, nor name what is generated."""
    generate = session.generate_pair
    with refused(Rv.TEMPLATE_INCOMPLETE):
        generate(Mechanism.ML_DSA_KEY_PAIR_GEN, {}, {})
    with refused(Rv.PARAMETER_SET_NOT_SUPPORTED):
        generate(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 9}, {})
    for private in ({Attribute.PARAMETER_SET: 1}, {Attribute.SEED: bytes(32)}, {Attribute.VALUE: bytes(4032)}):
        with refused(Rv.TEMPLATE_INCONSISTENT):
            generate(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2}, private)
    with refused(Rv.TEMPLATE_INCONSISTENT):
        generate(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2, Attribute.VALUE: bytes(1952)}, {})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        generate(Mechanism.EC_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2}, {})


def test_keys_of_the_token_are_there_again(session: Session) -> None:
    """Stored, found by their set and type, read and used; neither half says what a key of another type has."""
    public, private = session.generate_pair(
        Mechanism.ML_DSA_KEY_PAIR_GEN,
        {Attribute.PARAMETER_SET: 3, Attribute.TOKEN: True, Attribute.LABEL: "ml-dsa"},
        {Attribute.TOKEN: True, Attribute.LABEL: "ml-dsa"},
    )
    try:
        wanted = {Attribute.KEY_TYPE: KeyType.ML_DSA, Attribute.PARAMETER_SET: 3, Attribute.TOKEN: True}
        assert {public, private} <= set(session.find(wanted))
        other = public_key(session, public, 3)
        other.verify(session.complete("Sign", plain(Mechanism.ML_DSA), private, MESSAGE), MESSAGE)
        for key in (public, private):
            with refused(Rv.ATTRIBUTE_TYPE_INVALID):
                session.read(key, Attribute.EC_PARAMS)
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(private, Attribute.SEED)
        assert session.read_flag(private, Attribute.ALWAYS_SENSITIVE)
        assert session.read_flag(private, Attribute.NEVER_EXTRACTABLE)
    finally:
        session.destroy(public)
        session.destroy(private)
