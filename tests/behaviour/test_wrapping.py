"""PKCS#11 v3.2, 5.18.3, 5.18.4, 6.1, 6.7, 6.10 and 6.16: keys that carry keys; `cryptography` is the other party."""

from __future__ import annotations

import os
from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_message import GENERATE, Gcm
from tests.cryptoki import CKU_SO, data, refused, secret_key
from tests.mechanisms import (
    CKM_RSA_AES_KEY_WRAP,
    Parameters,
    gcm,
    gcm_wrap,
    iv,
    iv_of,
    oaep,
    plain,
    rsa_aes,
)
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tests.cryptoki import Session, Template, Value
    from tests.servers import Token

KEK: Final = bytes(range(32))
VALUE: Final = bytes(range(100, 132))
KWP: Final = plain(Mechanism.AES_KEY_WRAP_KWP)
PAD: Final = plain(Mechanism.AES_KEY_WRAP_PAD)
KW: Final = plain(Mechanism.AES_KEY_WRAP)
P256: Final = bytes.fromhex("06082a8648ce3d030107")
ED25519: Final = bytes.fromhex("06032b6570")
ED448: Final = bytes.fromhex("06032b6571")
IV: Final = bytes(range(16))
TRUSTED_ONLY: Final = {"SENSITIVE": True, "EXTRACTABLE": True, "WRAP_WITH_TRUSTED": True}


def kek(session: Session, value: bytes = KEK, **attributes: Value) -> int:
    """Import an AES key that carries keys."""
    usage = {"WRAP": True, "UNWRAP": True, "ENCRYPT": False, "DECRYPT": False}
    return session.create(secret_key(value, KeyType.AES, **{**usage, **attributes}))


def extractable(session: Session, value: bytes = VALUE, key_type: KeyType = KeyType.AES) -> int:
    """Import a sensitive key that may be wrapped."""
    return session.create(secret_key(value, key_type, SENSITIVE=True, EXTRACTABLE=True))


def readable(key_type: KeyType = KeyType.AES, object_class: ObjectClass = ObjectClass.SECRET_KEY) -> Template:
    """Describe an unwrapped key whose value may be read."""
    return {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: key_type,
        Attribute.SENSITIVE: False,
        Attribute.EXTRACTABLE: True,
    }


def rsa_kek(session: Session, bits: int = 2048) -> tuple[int, int, rsa.RSAPublicKey]:
    """Generate an RSA pair that carries keys, and read the public one."""
    public, private = session.generate_pair(
        Mechanism.RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: bits, Attribute.PUBLIC_EXPONENT: b"\1\0\1", Attribute.WRAP: True},
        {Attribute.UNWRAP: True},
    )
    numbers = [int.from_bytes(session.read(public, kind)) for kind in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS)]
    return public, private, rsa.RSAPublicNumbers(*numbers).public_key()


# ---- AES key wrap ------------------------------------------------------------------------------------


def test_aes_key_wrap_is_rfc_3394(session: Session) -> None:
    """What is wrapped here unwraps elsewhere, and the other way round."""
    carrier, key = kek(session), extractable(session)
    wrapped = session.wrap(KW, carrier, key)
    assert wrapped == keywrap.aes_key_wrap(KEK, VALUE)
    assert session.read(session.unwrap(KW, carrier, wrapped, readable()), Attribute.VALUE) == VALUE


@pytest.mark.ours  # SoftHSM2 pads in its own way, as PKCS#11 v2.40 could be read
def test_aes_key_wrap_with_padding_is_rfc_5649(session: Session) -> None:
    """Of any length; its older name does the same."""
    carrier = kek(session)
    for length in (1, 7, 8, 9, 16, 20, 100):
        value = os.urandom(length)
        key = extractable(session, value, KeyType.GENERIC_SECRET)
        wrapped = keywrap.aes_key_wrap_with_padding(KEK, value)
        assert session.wrap(PAD, carrier, key) == wrapped
        made = session.unwrap(PAD, carrier, wrapped, readable(KeyType.GENERIC_SECRET))
        assert session.read(made, Attribute.VALUE) == value


@pytest.mark.ours  # SoftHSM2 does not have it
def test_kwp_is_rfc_5649_too(session: Session) -> None:
    """By the name of PKCS#11 v3; with the initial value spelled out as well, and no other."""
    carrier, key = kek(session), extractable(session)
    wrapped = keywrap.aes_key_wrap_with_padding(KEK, VALUE)
    spelled = iv(Mechanism.AES_KEY_WRAP_KWP, bytes.fromhex("a65959a6"))
    for mechanism in (KWP, spelled):
        assert session.wrap(mechanism, carrier, key) == wrapped
        made = session.unwrap(mechanism, carrier, wrapped, readable())
        assert session.read(made, Attribute.VALUE) == VALUE
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.wrap(iv(Mechanism.AES_KEY_WRAP_KWP, bytes(4)), carrier, key)


@pytest.mark.ours  # SoftHSM2 does not look at the key after it is unwrapped
def test_what_was_not_wrapped_does_not_unwrap(session: Session) -> None:
    """A changed byte, another key, a wrong length: no key comes of it."""
    carrier, other = kek(session), kek(session, bytes(32))
    wrapped = keywrap.aes_key_wrap_with_padding(KEK, VALUE)
    changed = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    before = len(session.find({}))
    for key, bytes_ in ((carrier, changed), (other, wrapped), (carrier, wrapped[:-8]), (carrier, wrapped[:15])):
        with refused(Rv.WRAPPED_KEY_INVALID, Rv.WRAPPED_KEY_LEN_RANGE):
            session.unwrap(KWP, key, bytes_, readable())
    # 20 bytes are no AES key.
    with refused(Rv.WRAPPED_KEY_INVALID):
        session.unwrap(KWP, carrier, keywrap.aes_key_wrap_with_padding(KEK, bytes(20)), readable())
    assert len(session.find({})) == before


def test_a_short_buffer_costs_nothing(session: Session) -> None:
    """CKR_BUFFER_TOO_SMALL tells the length; the same call with room goes well."""
    carrier, key = kek(session), extractable(session)
    arguments = byref(KW.mechanism), c_ulong(carrier), c_ulong(key)
    length, buffer = c_ulong(39), create_string_buffer(40)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_WrapKey", *arguments, buffer, byref(length))
    assert length.value == 40
    session.call("C_WrapKey", *arguments, buffer, byref(length))
    assert buffer.raw == keywrap.aes_key_wrap(KEK, VALUE)


# ---- private keys --------------------------------------------------------------------------------------


def pair(session: Session, kind: str) -> int:
    """Generate an extractable private key."""
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    match kind:
        case "rsa":
            public: Template = {Attribute.MODULUS_BITS: 2048, Attribute.PUBLIC_EXPONENT: b"\1\0\1"}
            return session.generate_pair(Mechanism.RSA_PKCS_KEY_PAIR_GEN, public, private)[1]
        case "ec":
            return session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}, private)[1]
    curve = {"ed25519": ED25519, "ed448": ED448}[kind]
    return session.generate_pair(Mechanism.EC_EDWARDS_KEY_PAIR_GEN, {Attribute.EC_PARAMS: curve}, private)[1]


@pytest.mark.ours  # SoftHSM2 pads in its own way
@pytest.mark.parametrize(
    ("kind", "key_type", "signs"),
    [
        ("rsa", KeyType.RSA, Mechanism.SHA256_RSA_PKCS),
        ("ec", KeyType.EC, Mechanism.ECDSA_SHA256),
        ("ed25519", KeyType.EC_EDWARDS, Mechanism.EDDSA),
        ("ed448", KeyType.EC_EDWARDS, Mechanism.EDDSA),
    ],
)
def test_private_keys_travel_as_pkcs8(session: Session, kind: str, key_type: KeyType, signs: Mechanism) -> None:
    """What is wrapped is a PrivateKeyInfo that OpenSSL loads; unwrapped again, it signs for the same public key."""
    carrier, private = kek(session), pair(session, kind)
    wrapped = session.wrap(PAD, carrier, private)
    loaded = serialization.load_der_private_key(keywrap.aes_key_unwrap_with_padding(KEK, wrapped), None)
    again = session.unwrap(
        PAD, carrier, wrapped, {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: key_type}
    )
    signature = session.complete("Sign", plain(signs), again, b"message")
    match loaded:
        case rsa.RSAPrivateKey():
            loaded.public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())
        case ed25519.Ed25519PrivateKey() | ed448.Ed448PrivateKey():
            loaded.public_key().verify(signature, b"message")
        case _:
            assert isinstance(loaded, ec.EllipticCurvePrivateKey)
            assert len(signature) == 64


@pytest.mark.ours  # SoftHSM2 has neither Ed25519 here nor a check of what comes in
def test_private_keys_of_others_come_in_as_pkcs8(session: Session) -> None:
    """OpenSSL's PrivateKeyInfo, of each type; what belongs to another type, or is cut, does not."""
    carrier = kek(session)
    keys: dict[KeyType, PrivateKeyTypes] = {
        KeyType.RSA: rsa.generate_private_key(65537, 2048),
        KeyType.EC: ec.generate_private_key(ec.SECP384R1()),
        KeyType.EC_EDWARDS: ed25519.Ed25519PrivateKey.generate(),
    }
    encoding = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    infos = {key_type: key.private_bytes(*encoding) for key_type, key in keys.items()}
    for key_type, info in infos.items():
        template = readable(key_type, ObjectClass.PRIVATE_KEY)
        made = session.unwrap(KWP, carrier, keywrap.aes_key_wrap_with_padding(KEK, info), template)
        assert keywrap.aes_key_unwrap_with_padding(KEK, session.wrap(KWP, carrier, made))
        for wrong in (*(other for kind, other in infos.items() if kind != key_type), info[:-1], info[1:], b"\x30\x00"):
            with refused(Rv.WRAPPED_KEY_INVALID):
                session.unwrap(KWP, carrier, keywrap.aes_key_wrap_with_padding(KEK, wrong), template)


# ---- the other mechanisms --------------------------------------------------------------------------------


def test_rsa_oaep_carries_secret_keys(session: Session) -> None:
    """Wrapped elsewhere it unwraps here; wrapped here it unwraps here."""
    public, private, other = rsa_kek(session)
    mechanism, scheme = oaep(Mechanism.SHA_1), padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
    for wrapped in (other.encrypt(VALUE, scheme), session.wrap(mechanism, public, extractable(session))):
        assert session.read(session.unwrap(mechanism, private, wrapped, readable()), Attribute.VALUE) == VALUE


@pytest.mark.ours  # SoftHSM2's CKM_AES_GCM carries no keys
def test_gcm_carries_keys_with_data_that_authenticate(session: Session) -> None:
    """By all forms of its parameter; other data, and no key comes of it (test_gcm_wrapping.py has the rest)."""
    carrier, key = kek(session), extractable(session)
    nonce, aad = bytes(12), b"what the key is for"
    wrapped = AESGCM(KEK).encrypt(nonce, VALUE, aad)
    for mechanism in (gcm_wrap(nonce, aad), gcm(nonce, aad)):
        assert session.wrap(mechanism, carrier, key) == wrapped
        assert session.read(session.unwrap(mechanism, carrier, wrapped, readable()), Attribute.VALUE) == VALUE
    with refused(Rv.WRAPPED_KEY_INVALID):
        session.unwrap(gcm_wrap(nonce, b"another purpose"), carrier, wrapped, readable())
    message = Gcm(nonce)
    arguments = byref(message.mechanism), c_ulong(carrier), c_ulong(key), *data(aad)
    assert session.output("C_WrapKeyAuthenticated", *arguments) + message.made_tag == wrapped
    made = gcm_wrap(nonce, aad, generator=GENERATE)
    wrapped = session.wrap(made, carrier, key)
    assert iv_of(made) != nonce
    assert AESGCM(KEK).decrypt(iv_of(made), wrapped, aad) == VALUE


@pytest.mark.ours  # SoftHSM2's CKM_RSA_AES_KEY_WRAP takes a private key's CKA_DECRYPT for leave
def test_rsa_and_aes_together_carry_private_keys(session: Session) -> None:
    """CKM_RSA_AES_KEY_WRAP: what no RSA key holds by itself."""
    public, private, other = rsa_kek(session)
    mechanism, kind = rsa_aes(Mechanism.SHA256), readable(KeyType.RSA, ObjectClass.PRIVATE_KEY)
    assert mechanism.mechanism.type == CKM_RSA_AES_KEY_WRAP
    again = session.unwrap(mechanism, private, session.wrap(mechanism, public, pair(session, "rsa")), kind)
    assert len(session.read(again, Attribute.PRIME_1)) == 128
    once, scheme = os.urandom(32), padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = other.encrypt(once, scheme) + keywrap.aes_key_wrap_with_padding(once, VALUE)
    assert session.read(session.unwrap(mechanism, private, wrapped, readable()), Attribute.VALUE) == VALUE


@pytest.mark.ours  # SoftHSM2 does not unwrap by these
@pytest.mark.parametrize(
    "mechanism",
    [
        iv(Mechanism.AES_CBC, IV),
        iv(Mechanism.AES_CBC_PAD, IV),
        plain(Mechanism.AES_ECB),
    ],
)
def test_old_modes_carry_keys_on_compatible_tokens(session: Session, mechanism: Parameters) -> None:
    """CBC, CBC with padding, ECB."""
    carrier, key = kek(session), extractable(session)
    wrapped = session.wrap(mechanism, carrier, key)
    working = session.create(secret_key(KEK, KeyType.AES, ENCRYPT=True, DECRYPT=True))
    assert session.complete("Decrypt", mechanism, working, wrapped) == VALUE
    assert session.read(session.unwrap(mechanism, carrier, wrapped, readable()), Attribute.VALUE) == VALUE


def test_rsa_pkcs1_carries_secret_keys_on_compatible_tokens(session: Session) -> None:
    """Wrapped elsewhere it unwraps here."""
    _, private, other = rsa_kek(session)
    wrapped = other.encrypt(VALUE, padding.PKCS1v15())
    made = session.unwrap(plain(Mechanism.RSA_PKCS), private, wrapped, readable())
    assert session.read(made, Attribute.VALUE) == VALUE


@pytest.mark.ours  # SoftHSM2 tells whether the padding was right
def test_pkcs1_unwraps_whatever_the_padding(session: Session) -> None:
    """Some key always comes of it, the same each time: nobody learns whether the padding was right."""
    _, private, other = rsa_kek(session)
    numbers = other.public_numbers()
    for block in (b"\0\2" + b"\1" * 253 + b"\1", b"\0\1" + b"\1" * 221 + b"\0" + VALUE, b"\0\2\1\0" + bytes(252)):
        wrapped = pow(int.from_bytes(block), numbers.e, numbers.n).to_bytes(256)
        mechanism = plain(Mechanism.RSA_PKCS)
        values = {
            session.read(session.unwrap(mechanism, private, wrapped, readable()), Attribute.VALUE) for _ in range(2)
        }
        assert len(values) == 1
        assert values != {VALUE}
        exact = readable() | {Attribute.VALUE_LEN: 16}
        assert len(session.read(session.unwrap(mechanism, private, wrapped, exact), Attribute.VALUE)) == 16


# ---- who wraps what --------------------------------------------------------------------------------------


def test_only_an_extractable_key_is_wrapped(session: Session) -> None:
    """And by a key that wraps."""
    carrier = kek(session)
    stays = session.create(secret_key(VALUE, KeyType.AES, EXTRACTABLE=False))
    with refused(Rv.KEY_UNEXTRACTABLE):
        session.wrap(KW, carrier, stays)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.wrap(KW, kek(session, WRAP=False), extractable(session))
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.unwrap(KW, kek(session, UNWRAP=False), keywrap.aes_key_wrap(KEK, VALUE), readable())


@pytest.mark.ours  # SoftHSM2 has other codes for some
def test_each_mistake_has_its_own_answer(session: Session) -> None:
    """The CKR_ of PKCS#11 v3.2, 5.18.3 and 5.18.4."""
    carrier, key = kek(session), extractable(session)
    public, private, _ = rsa_kek(session)
    wrapped = keywrap.aes_key_wrap(KEK, VALUE)
    no_key = session.create({Attribute.CLASS: ObjectClass.DATA, Attribute.VALUE: VALUE})
    for answer, call in (
        (Rv.WRAPPING_KEY_HANDLE_INVALID, lambda: session.wrap(KW, 12345, key)),
        (Rv.WRAPPING_KEY_HANDLE_INVALID, lambda: session.wrap(KW, no_key, key)),
        (Rv.KEY_HANDLE_INVALID, lambda: session.wrap(KW, carrier, 12345)),
        (Rv.KEY_HANDLE_INVALID, lambda: session.wrap(KW, carrier, no_key)),
        (Rv.WRAPPING_KEY_TYPE_INCONSISTENT, lambda: session.wrap(KW, public, key)),
        (Rv.KEY_NOT_WRAPPABLE, lambda: session.wrap(KW, carrier, public)),
        (Rv.KEY_UNEXTRACTABLE, lambda: session.wrap(KW, carrier, private)),
        (Rv.KEY_SIZE_RANGE, lambda: session.wrap(KW, carrier, extractable(session, b"odd", KeyType.GENERIC_SECRET))),
        (Rv.MECHANISM_INVALID, lambda: session.wrap(plain(Mechanism.SHA256), carrier, key)),
        (Rv.UNWRAPPING_KEY_HANDLE_INVALID, lambda: session.unwrap(KW, 12345, wrapped, readable())),
        (Rv.UNWRAPPING_KEY_HANDLE_INVALID, lambda: session.unwrap(KW, no_key, wrapped, readable())),
        (Rv.UNWRAPPING_KEY_TYPE_INCONSISTENT, lambda: session.unwrap(KW, private, wrapped, readable())),
        (Rv.WRAPPED_KEY_LEN_RANGE, lambda: session.unwrap(KW, carrier, b"", readable())),
        (Rv.TEMPLATE_INCOMPLETE, lambda: session.unwrap(KW, carrier, wrapped, {Attribute.LABEL: "x"})),
        (Rv.TEMPLATE_INCONSISTENT, lambda: session.unwrap(KW, carrier, wrapped, secret_key(VALUE, KeyType.AES))),
    ):
        with refused(answer):
            call()


def test_an_unwrapped_key_was_outside(session: Session) -> None:
    """It is not local, nor always sensitive, nor never extractable, whatever it is now."""
    carrier = kek(session)
    template: Template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    key = session.unwrap(KW, carrier, keywrap.aes_key_wrap(KEK, VALUE), template)
    assert session.read_flag(key, Attribute.SENSITIVE)
    for kind in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.EXTRACTABLE):
        assert not session.read_flag(key, kind)


@pytest.mark.ours  # SoftHSM2 lets nobody set CKA_TRUSTED after the key is made
def test_a_key_that_asks_for_trust_is_wrapped_by_a_trusted_key_only(
    token: Token, open_session: Callable[[], Session]
) -> None:
    """CKA_TRUSTED is the security officer's to set, on what he sees: public objects."""
    session = open_session()
    session.login(token.pin)
    carrier = kek(session, TOKEN=True, PRIVATE=False, LABEL="carrier", MODIFIABLE=True)
    try:
        with refused(Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_TYPE_INVALID):
            session.write(carrier, {Attribute.TRUSTED: True})
        asks = secret_key(VALUE, KeyType.AES, **TRUSTED_ONLY)
        with refused(Rv.KEY_NOT_WRAPPABLE):
            session.wrap(KW, carrier, session.create(asks))
        session.logout()
        session.login(token.so_pin, CKU_SO)
        (seen,) = session.find({Attribute.LABEL: "carrier"})
        session.write(seen, {Attribute.TRUSTED: True})
        session.logout()
        session.login(token.pin)
        (carrier,) = session.find({Attribute.LABEL: "carrier"})
        assert session.read_flag(carrier, Attribute.TRUSTED)
        assert session.wrap(KW, carrier, session.create(asks)) == keywrap.aes_key_wrap(KEK, VALUE)
        copy = session.copy(carrier, {Attribute.TOKEN: False, Attribute.LABEL: "copy"})
        assert not session.read_flag(copy, Attribute.TRUSTED)
    finally:
        (carrier,) = session.find({Attribute.LABEL: "carrier"})
        session.destroy(carrier)
