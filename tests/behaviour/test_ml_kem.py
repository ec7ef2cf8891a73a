"""PKCS#11 v3.2, 5.18.8, 5.18.9 and 6.68: ML-KEM (FIPS 203); OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_derivation import session_under
from tests.cryptoki import CkTemplate, data, refused
from tests.mechanisms import gcm, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cryptoki import Session, Template, Value

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

ML_KEM: Final = Mechanism.ML_KEM
ML_KEM_768: Final = 2
# CKP_ML_KEM_…: lengths of public key, private key and ciphertext in bytes (FIPS 203, table 3).
SETS: Final = {1: (800, 1632, 768), 2: (1184, 2400, 1088), 3: (1568, 3168, 1568)}
# OpenSSL's, through `cryptography`, has these two.
PrivateKey = mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey
PublicKey = mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey
OTHERS: Final[dict[int, tuple[type[PrivateKey], type[PublicKey]]]] = {
    2: (mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey),
    3: (mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey),
}
READABLE: Final[Template] = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}


def pair(session: Session, parameter_set: int = ML_KEM_768, **private: Value) -> tuple[int, int]:
    """Generate a session key pair."""
    template = {Attribute[name]: value for name, value in private.items()}
    return session.generate_pair(Mechanism.ML_KEM_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: parameter_set}, template)


def imported(object_class: ObjectClass, parameter_set: int, **values: Value) -> Template:
    """Write the template of a key from elsewhere."""
    return {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: KeyType.ML_KEM,
        Attribute.PARAMETER_SET: parameter_set,
        **{Attribute[name]: value for name, value in values.items()},
    }


def encapsulate(session: Session, public: int, template: Mapping[Attribute, Value]) -> tuple[bytes, int]:
    """C_EncapsulateKey: the ciphertext and the key."""
    buffer, length, key, written = create_string_buffer(2048), c_ulong(2048), c_ulong(), CkTemplate(template)
    mechanism = plain(ML_KEM)
    arguments = (byref(mechanism.mechanism), c_ulong(public), *written.arguments)
    session.call("C_EncapsulateKey", *arguments, buffer, byref(length), byref(key))
    return buffer.raw[: length.value], key.value


def decapsulate(session: Session, private: int, ciphertext: bytes, template: Mapping[Attribute, Value]) -> int:
    """C_DecapsulateKey."""
    key, written, mechanism = c_ulong(), CkTemplate(template), plain(ML_KEM)
    arguments = (byref(mechanism.mechanism), c_ulong(private), *written.arguments)
    session.call("C_DecapsulateKey", *arguments, *data(ciphertext), byref(key))
    return key.value


def same(session: Session, one: int, other: int) -> bool:
    """Tell whether two keys that nobody can read are the same."""
    macs = [session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, b"which key is this?") for key in (one, other)]
    return macs[0] == macs[1]


@pytest.mark.parametrize("parameter_set", SETS)
def test_both_sides_have_the_same_key(session: Session, parameter_set: int) -> None:
    """Of every set: a generic secret on both sides, and an AES key that decrypts what the other encrypts."""
    public_length, _, ciphertext_length = SETS[parameter_set]
    public, private = pair(session, parameter_set)
    assert len(session.read(public, Attribute.VALUE)) == public_length
    ciphertext, ours = encapsulate(session, public, {})
    assert len(ciphertext) == ciphertext_length
    theirs = decapsulate(session, private, ciphertext, {})
    assert same(session, ours, theirs)
    assert not same(session, ours, decapsulate(session, private, bytes(ciphertext_length), {})), "implicit rejection"
    aes: Template = {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}
    ciphertext, ours = encapsulate(session, public, aes)
    theirs = decapsulate(session, private, ciphertext, {Attribute.KEY_TYPE: KeyType.AES})
    sealed = session.complete("Encrypt", gcm(bytes(12)), ours, b"a message")
    assert session.complete("Decrypt", gcm(bytes(12)), theirs, sealed) == b"a message"


@pytest.mark.parametrize("parameter_set", OTHERS)
def test_the_other_party_is_openssl(session: Session, parameter_set: int) -> None:
    """What OpenSSL encapsulates is decapsulated here, and the reverse; keys come in from seed, value and both."""
    private_type, public_type = OTHERS[parameter_set]
    foreign = private_type.generate()
    seed, public_bytes = foreign.private_bytes_raw(), foreign.public_key().public_bytes_raw()
    public = session.create(imported(ObjectClass.PUBLIC_KEY, parameter_set, VALUE=public_bytes))
    ciphertext, key = encapsulate(session, public, READABLE)
    assert foreign.decapsulate(ciphertext) == session.read(key, Attribute.VALUE)
    template = imported(ObjectClass.PRIVATE_KEY, parameter_set, SEED=seed, SENSITIVE=False, EXTRACTABLE=True)
    from_seed = session.create(template)
    value = session.read(from_seed, Attribute.VALUE)
    assert len(value) == SETS[parameter_set][1]
    assert session.read(from_seed, Attribute.SEED) == seed
    secrets: list[dict[str, Value]] = [{"VALUE": value}, {"VALUE": value, "SEED": seed}]
    open_ = {"SENSITIVE": False, "EXTRACTABLE": True}
    others = [session.create(imported(ObjectClass.PRIVATE_KEY, parameter_set, **made, **open_)) for made in secrets]
    _, generated = pair(session, parameter_set)
    shared, ciphertext = public_type.from_public_bytes(public_bytes).encapsulate()
    for private in (from_seed, *others):
        assert session.read(decapsulate(session, private, ciphertext, READABLE), Attribute.VALUE) == shared
    assert not same(
        session, decapsulate(session, generated, ciphertext, {}), decapsulate(session, from_seed, ciphertext, {})
    )


def test_lengths_are_told_before_anything_is_made(session: Session) -> None:
    """With a null pointer, and with too little room: no key appears."""
    public, private = pair(session)
    before = len(session.find({}))
    written, mechanism, key = CkTemplate({}), plain(ML_KEM), c_ulong(77)
    arguments = (byref(mechanism.mechanism), c_ulong(public), *written.arguments)
    length = c_ulong()
    session.call("C_EncapsulateKey", *arguments, None, byref(length), byref(key))
    assert length.value == 1088
    length = c_ulong(1087)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_EncapsulateKey", *arguments, create_string_buffer(1087), byref(length), byref(key))
    assert (length.value, key.value, len(session.find({}))) == (1088, 77, before)
    exact = create_string_buffer(1088)
    session.call("C_EncapsulateKey", *arguments, exact, byref(length), byref(key))
    assert same(session, key.value, decapsulate(session, private, exact.raw, {}))


def test_made_keys_are_protected_as_their_template_says(session: Session) -> None:
    """Sensitive and not extractable unless told otherwise; never local, never always sensitive."""
    public, private = pair(session)
    ciphertext, ours = encapsulate(session, public, {})
    theirs = decapsulate(session, private, ciphertext, {Attribute.LABEL: "shared"})
    for key in (ours, theirs):
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(key, Attribute.VALUE)
        assert int.from_bytes(session.read(key, Attribute.VALUE_LEN), "little") == 32
        for kind in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.EXTRACTABLE):
            assert not session.read_flag(key, kind)
        assert session.read_flag(key, Attribute.SENSITIVE)


def test_what_does_not_fit_is_refused(session: Session) -> None:
    """Keys of another class, type and usage; ciphertexts, templates and parameters that are none."""
    public, private = pair(session)
    ciphertext, _ = encapsulate(session, public, {})
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        encapsulate(session, private, {})
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        decapsulate(session, public, ciphertext, {})
    with refused(Rv.KEY_HANDLE_INVALID):
        encapsulate(session, 12345, {})
    unable = pair(session, DECAPSULATE=False)[1]
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        decapsulate(session, unable, ciphertext, {})
    signing = session.generate_pair(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2}, {})
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        encapsulate(session, signing[0], {})
    for wrong in (ciphertext[:-1], ciphertext + b"x", b"", bytes(5000)):
        with refused(Rv.WRAPPED_KEY_LEN_RANGE):
            decapsulate(session, private, wrong, {})
    templates: list[Template] = [
        {Attribute.VALUE: bytes(32)},
        {Attribute.VALUE_LEN: 33},
        {Attribute.VALUE_LEN: 15},
        {Attribute.CLASS: ObjectClass.PRIVATE_KEY},
        {Attribute.KEY_TYPE: KeyType.RSA},
        {Attribute.MODULUS: b"1"},
    ]
    for template in templates:
        with refused(Rv.TEMPLATE_INCONSISTENT):
            decapsulate(session, private, ciphertext, template)
        with refused(Rv.TEMPLATE_INCONSISTENT):
            encapsulate(session, public, template)
    with refused(Rv.KEY_TYPE_INCONSISTENT, Rv.MECHANISM_INVALID):
        session.begin("Sign", plain(ML_KEM), private)


def test_a_shorter_key_is_the_front_of_the_secret(session: Session) -> None:
    """On `compatible` tokens a template may ask for less than the 32 bytes: as of AES-128."""
    public, private = pair(session)
    ciphertext, whole = encapsulate(session, public, {**READABLE})
    aes: Template = {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 16, **READABLE}
    short = decapsulate(session, private, ciphertext, aes)
    assert session.read(short, Attribute.VALUE) == session.read(whole, Attribute.VALUE)[:16]
    ciphertext, ours = encapsulate(session, public, aes)
    theirs = decapsulate(session, private, ciphertext, aes)
    assert session.read(ours, Attribute.VALUE) == session.read(theirs, Attribute.VALUE)


def test_elsewhere_a_key_is_the_whole_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of it beside the whole would weaken both."""
    with session_under("standard", tmp_path / "dev", monkeypatch) as session:
        public, private = pair(session)
        ciphertext, _ = encapsulate(session, public, {})
        aes: Template = {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 16}
        with refused(Rv.TEMPLATE_INCONSISTENT):
            encapsulate(session, public, aes)
        with refused(Rv.TEMPLATE_INCONSISTENT):
            decapsulate(session, private, ciphertext, aes)
        decapsulate(session, private, ciphertext, {**aes, Attribute.VALUE_LEN: 32})


def test_bad_keys_stay_out(session: Session) -> None:
    """Wrong lengths, coefficients beyond the modulus, digests that are wrong, sets that there are not."""
    foreign = mlkem.MLKEM768PrivateKey.generate()
    seed, public = foreign.private_bytes_raw(), foreign.public_key().public_bytes_raw()
    template = imported(ObjectClass.PRIVATE_KEY, ML_KEM_768, SEED=seed, SENSITIVE=False, EXTRACTABLE=True)
    value = session.read(session.create(template), Attribute.VALUE)
    wrong_digest = bytearray(value)
    wrong_digest[-40] ^= 1
    cases: list[tuple[ObjectClass, int, dict[str, Value], Rv]] = [
        (ObjectClass.PRIVATE_KEY, 2, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PRIVATE_KEY, 2, {"SEED": seed[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": value[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": bytes(wrong_digest)}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 2, {"VALUE": value, "SEED": bytes(64)}, Rv.TEMPLATE_INCONSISTENT),
        (ObjectClass.PRIVATE_KEY, 3, {"VALUE": value}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PRIVATE_KEY, 7, {"SEED": seed}, Rv.PARAMETER_SET_NOT_SUPPORTED),
        (ObjectClass.PUBLIC_KEY, 2, {}, Rv.TEMPLATE_INCOMPLETE),
        (ObjectClass.PUBLIC_KEY, 2, {"VALUE": public[:-1]}, Rv.ATTRIBUTE_VALUE_INVALID),
        (ObjectClass.PUBLIC_KEY, 2, {"VALUE": b"\xff" * 1184}, Rv.ATTRIBUTE_VALUE_INVALID),
    ]
    for object_class, parameter_set, values, expected in cases:
        with refused(expected):
            session.create(imported(object_class, parameter_set, **values))


def test_what_is_made_is_as_the_keys_say(session: Session) -> None:
    """CKA_ENCAPSULATE_TEMPLATE and CKA_DECAPSULATE_TEMPLATE are put on the new keys, and not contradicted."""
    held: dict[Attribute, Value] = {Attribute.LABEL: "made", Attribute.SIGN: True, Attribute.EXTRACTABLE: False}
    public, private = session.generate_pair(
        Mechanism.ML_KEM_KEY_PAIR_GEN,
        {Attribute.PARAMETER_SET: ML_KEM_768, Attribute.ENCAPSULATE_TEMPLATE: held},
        {Attribute.DECAPSULATE_TEMPLATE: held},
    )
    ciphertext, ours = encapsulate(session, public, {Attribute.ID: b"own"})
    theirs = decapsulate(session, private, ciphertext, {Attribute.ID: b"own", **held})
    for key in (ours, theirs):
        assert session.read(key, Attribute.LABEL) == b"made"
        assert session.read(key, Attribute.ID) == b"own"
        assert not session.read_flag(key, Attribute.EXTRACTABLE)
    assert same(session, ours, theirs)
    for other in ({Attribute.LABEL: "mine"}, {Attribute.EXTRACTABLE: True}):
        with refused(Rv.KEY_HANDLE_INVALID):
            encapsulate(session, public, other)
        with refused(Rv.TEMPLATE_INCONSISTENT):
            decapsulate(session, private, ciphertext, other)
    with refused(Rv.TEMPLATE_INCONSISTENT):
        pair(session, ENCAPSULATE_TEMPLATE=held)


def test_shared_keys_may_stay_in_the_token(session: Session) -> None:
    """Keys and shared secrets of the token are stored, found and used."""
    stored: Template = {Attribute.TOKEN: True, Attribute.LABEL: "ml-kem"}
    public, private = session.generate_pair(
        Mechanism.ML_KEM_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 1, **stored}, stored
    )
    ciphertext, ours = encapsulate(session, public, stored)
    theirs = decapsulate(session, private, ciphertext, stored)
    try:
        assert {public, private, ours, theirs} <= set(session.find(stored))
        assert same(session, ours, theirs)
    finally:
        for key in (public, private, ours, theirs):
            session.destroy(key)
