"""PKCS#11 v3.2, 5.18.2, 6.1 and 6.3: RSA, EC and Edwards key pairs; OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused
from tests.mechanisms import oaep, plain, pss
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session, Template, Value

MESSAGE: Final = b"a message to be signed"
HASHES: Final = {
    Mechanism.SHA_1: hashes.SHA1(),  # noqa: S303 - old signatures are still verified
    Mechanism.SHA224: hashes.SHA224(),
    Mechanism.SHA256: hashes.SHA256(),
    Mechanism.SHA384: hashes.SHA384(),
    Mechanism.SHA512: hashes.SHA512(),
}
RSA_HASHED: Final = {
    Mechanism.SHA1_RSA_PKCS: Mechanism.SHA_1,
    Mechanism.SHA224_RSA_PKCS: Mechanism.SHA224,
    Mechanism.SHA256_RSA_PKCS: Mechanism.SHA256,
    Mechanism.SHA384_RSA_PKCS: Mechanism.SHA384,
    Mechanism.SHA512_RSA_PKCS: Mechanism.SHA512,
}
PSS_HASHED: Final = {
    Mechanism.SHA1_RSA_PKCS_PSS: Mechanism.SHA_1,
    Mechanism.SHA224_RSA_PKCS_PSS: Mechanism.SHA224,
    Mechanism.SHA256_RSA_PKCS_PSS: Mechanism.SHA256,
    Mechanism.SHA384_RSA_PKCS_PSS: Mechanism.SHA384,
    Mechanism.SHA512_RSA_PKCS_PSS: Mechanism.SHA512,
}
ECDSA_HASHED: Final = {
    Mechanism.ECDSA_SHA1: Mechanism.SHA_1,
    Mechanism.ECDSA_SHA224: Mechanism.SHA224,
    Mechanism.ECDSA_SHA256: Mechanism.SHA256,
    Mechanism.ECDSA_SHA384: Mechanism.SHA384,
    Mechanism.ECDSA_SHA512: Mechanism.SHA512,
}
CURVES: Final[dict[str, tuple[bytes, ec.EllipticCurve]]] = {
    "P-224": (bytes.fromhex("06052b81040021"), ec.SECP224R1()),
    "P-256": (bytes.fromhex("06082a8648ce3d030107"), ec.SECP256R1()),
    "P-384": (bytes.fromhex("06052b81040022"), ec.SECP384R1()),
    "P-521": (bytes.fromhex("06052b81040023"), ec.SECP521R1()),
    "secp256k1": (bytes.fromhex("06052b8104000a"), ec.SECP256K1()),
    "brainpoolP256r1": (bytes.fromhex("06092b2403030208010107"), ec.BrainpoolP256R1()),
    "brainpoolP384r1": (bytes.fromhex("06092b240303020801010b"), ec.BrainpoolP384R1()),
    "brainpoolP512r1": (bytes.fromhex("06092b240303020801010d"), ec.BrainpoolP512R1()),
}
ED25519: Final = bytes.fromhex("06032b6570")
ED25519_NAME: Final = b"\x13\x0cedwards25519"
WRONG_SIGNATURE: Final = (Rv.SIGNATURE_INVALID, Rv.SIGNATURE_LEN_RANGE)
SECRETS_OF_RSA: Final = (
    Attribute.PRIVATE_EXPONENT,
    Attribute.PRIME_1,
    Attribute.PRIME_2,
    Attribute.EXPONENT_1,
    Attribute.EXPONENT_2,
    Attribute.COEFFICIENT,
)


def rsa_pair(session: Session, bits: int = 2048, **private: Value) -> tuple[int, int]:
    """Generate an RSA session key pair."""
    return session.generate_pair(
        Mechanism.RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: bits, Attribute.PUBLIC_EXPONENT: b"\1\0\1"},
        {Attribute[name]: value for name, value in private.items()},
    )


def ec_pair(session: Session, parameters: bytes, mechanism: Mechanism = Mechanism.EC_KEY_PAIR_GEN) -> tuple[int, int]:
    """Generate a session key pair on a curve."""
    return session.generate_pair(mechanism, {Attribute.EC_PARAMS: parameters}, {})


def rsa_public(session: Session, key: int) -> rsa.RSAPublicKey:
    """Read an RSA key's public values, of either half."""
    exponent = int.from_bytes(session.read(key, Attribute.PUBLIC_EXPONENT))
    return rsa.RSAPublicNumbers(exponent, int.from_bytes(session.read(key, Attribute.MODULUS))).public_key()


def ec_public(session: Session, key: int, curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    """Read CKA_EC_POINT: a DER OCTET STRING."""
    der = session.read(key, Attribute.EC_POINT)
    length = (curve.key_size + 7) // 8 * 2 + 1
    assert der[0] == 4
    assert der[1:-length] == (bytes([length]) if length < 0x80 else bytes([0x81, length]))
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, der[-length:])


def as_der(signature: bytes) -> bytes:
    """Turn PKCS#11's r | s into what OpenSSL verifies."""
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def from_der(signature: bytes, key_size: int) -> bytes:
    """Turn OpenSSL's signature into r | s."""
    length = (key_size + 7) // 8
    return b"".join(number.to_bytes(length) for number in decode_dss_signature(signature))


# ---- RSA -------------------------------------------------------------------------------------------


def test_rsa_pkcs1_signatures_verify_elsewhere(session: Session) -> None:
    """Every hash, in one part and in several; and a foreign signature verifies here."""
    public, private = rsa_pair(session)
    other = rsa_public(session, public)
    for mechanism, digest in RSA_HASHED.items():
        signature = session.complete("Sign", plain(mechanism), private, MESSAGE)
        assert session.in_parts("Sign", plain(mechanism), private, [MESSAGE[:5], MESSAGE[5:]]) == signature
        other.verify(signature, MESSAGE, padding.PKCS1v15(), HASHES[digest])
        session.verify(plain(mechanism), public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(plain(mechanism), public, MESSAGE + b"!", signature)
        with refused(*WRONG_SIGNATURE):
            session.verify(plain(mechanism), public, MESSAGE, signature[:-1])


def test_rsa_pss_signatures_verify_elsewhere(session: Session) -> None:
    """Hashed by the mechanism and beforehand; salts of any length; MGF1 with another hash."""
    public, private = rsa_pair(session)
    other = rsa_public(session, public)
    for mechanism, digest in PSS_HASHED.items():
        for salt in (0, 20, HASHES[digest].digest_size):
            chosen = pss(mechanism, digest, salt)
            signature = session.complete("Sign", chosen, private, MESSAGE)
            scheme = padding.PSS(padding.MGF1(HASHES[digest]), salt)
            other.verify(signature, MESSAGE, scheme, HASHES[digest])
            session.verify(chosen, public, MESSAGE, signature)
    hashed = hashes.Hash(hashes.SHA256())
    hashed.update(MESSAGE)
    prehashed = hashed.finalize()
    chosen = pss(Mechanism.RSA_PKCS_PSS, Mechanism.SHA256, 32, Mechanism.SHA384)
    signature = session.complete("Sign", chosen, private, prehashed)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), 32)
    other.verify(signature, prehashed, scheme, Prehashed(hashes.SHA256()))
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Sign", chosen, private, prehashed[:-1])
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Sign", plain(Mechanism.RSA_PKCS_PSS), private)


def test_rsa_pkcs1_of_given_data(session: Session) -> None:
    """CKM_RSA_PKCS pads what it is given: up to k - 11 bytes."""
    public, private = rsa_pair(session)
    signature = session.complete("Sign", plain(Mechanism.RSA_PKCS), private, MESSAGE)
    block = pow(int.from_bytes(signature), 65537, rsa_public(session, public).public_numbers().n).to_bytes(256)
    assert block == b"\0\1" + b"\xff" * (256 - 3 - len(MESSAGE)) + b"\0" + MESSAGE
    session.verify(plain(Mechanism.RSA_PKCS), public, MESSAGE, signature)
    session.complete("Sign", plain(Mechanism.RSA_PKCS), private, b"x" * 245)
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Sign", plain(Mechanism.RSA_PKCS), private, b"x" * 246)


def test_rsa_encryption_both_ways(session: Session) -> None:
    """PKCS#1 v1.5 and OAEP with hashes apart and a label, from OpenSSL and back."""
    public, private = rsa_pair(session)
    other = rsa_public(session, public)
    assert session.complete(
        "Decrypt", plain(Mechanism.RSA_PKCS), private, other.encrypt(MESSAGE, padding.PKCS1v15())
    ) == (MESSAGE)
    ciphertext = session.complete("Encrypt", plain(Mechanism.RSA_PKCS), public, MESSAGE)
    assert len(ciphertext) == 256
    assert session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, ciphertext) == MESSAGE
    for digest, mgf, label in (
        (Mechanism.SHA_1, Mechanism.SHA_1, b""),
        (Mechanism.SHA256, Mechanism.SHA256, b"label"),
        (Mechanism.SHA256, Mechanism.SHA_1, b""),
    ):
        scheme = padding.OAEP(padding.MGF1(HASHES[mgf]), HASHES[digest], label or None)
        chosen = oaep(digest, mgf, label)
        assert session.complete("Decrypt", chosen, private, other.encrypt(MESSAGE, scheme)) == MESSAGE
        ciphertext = session.complete("Encrypt", chosen, public, MESSAGE)
        assert session.complete("Decrypt", chosen, private, ciphertext) == MESSAGE
        with refused(Rv.ENCRYPTED_DATA_INVALID):
            session.complete("Decrypt", oaep(digest, mgf, b"another"), private, ciphertext)


@pytest.mark.ours  # SoftHSM2 says CKR_ENCRYPTED_DATA_INVALID: a padding oracle (Bleichenbacher 1998)
def test_bad_padding_is_not_told(session: Session) -> None:
    """PKCS#1 v1.5 decryption of anything gives something: always the same for the same ciphertext, never an error."""
    public, private = rsa_pair(session)
    modulus = rsa_public(session, public).public_numbers().n
    unpadded = pow(int.from_bytes(b"\0\3" + b"\x5a" * 254), 65537, modulus).to_bytes(256)
    first = session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, unpadded)
    assert session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, unpadded) == first
    assert len(first) <= 245


def test_sizes_are_answered_beforehand(session: Session) -> None:
    """A null buffer asks for the length; a short one is refused and the operation goes on."""
    _, private = rsa_pair(session)
    session.begin("Sign", plain(Mechanism.SHA256_RSA_PKCS), private)
    content = data(MESSAGE)
    assert session.output_length("C_Sign", *content) == 256
    with refused(Rv.BUFFER_TOO_SMALL):
        session.output("C_Sign", *content, room=255)
    assert len(session.output("C_Sign", *content, room=256)) == 256


# ---- EC --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CURVES)
def test_ecdsa_verifies_elsewhere(session: Session, name: str) -> None:
    """With every hash, and of a given digest, as r | s."""
    parameters, curve = CURVES[name]
    public, private = ec_pair(session, parameters)
    other = ec_public(session, public, curve)
    for mechanism, digest in ECDSA_HASHED.items():
        signature = session.complete("Sign", plain(mechanism), private, MESSAGE)
        assert len(signature) == (curve.key_size + 7) // 8 * 2
        other.verify(as_der(signature), MESSAGE, ec.ECDSA(HASHES[digest]))
        session.verify(plain(mechanism), public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(plain(mechanism), public, MESSAGE + b"!", signature)
    prehashed = bytes(range(32))
    signature = session.complete("Sign", plain(Mechanism.ECDSA), private, prehashed)
    other.verify(as_der(signature), prehashed, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        other.verify(as_der(signature), bytes(32), ec.ECDSA(Prehashed(hashes.SHA256())))


@pytest.mark.ours  # SoftHSM2 2.6 wants the OID
@pytest.mark.parametrize("parameters", [ED25519, ED25519_NAME])
def test_ed25519_verifies_elsewhere(session: Session, parameters: bytes) -> None:
    """The curve by its identifier or by its name."""
    public, private = ec_pair(session, parameters, Mechanism.EC_EDWARDS_KEY_PAIR_GEN)
    other = ed25519.Ed25519PublicKey.from_public_bytes(session.read(public, Attribute.EC_POINT)[-32:])
    signature = session.complete("Sign", plain(Mechanism.EDDSA), private, MESSAGE)
    other.verify(signature, MESSAGE)
    session.verify(plain(Mechanism.EDDSA), public, MESSAGE, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(plain(Mechanism.EDDSA), public, MESSAGE + b"!", signature)


# ---- import ----------------------------------------------------------------------------------------


def rsa_import(key: rsa.RSAPrivateKey, **attributes: Value) -> Template:
    """Write the template of an RSA private key from elsewhere."""
    numbers = key.private_numbers()
    values = {
        Attribute.MODULUS: numbers.public_numbers.n,
        Attribute.PUBLIC_EXPONENT: numbers.public_numbers.e,
        Attribute.PRIVATE_EXPONENT: numbers.d,
        Attribute.PRIME_1: numbers.p,
        Attribute.PRIME_2: numbers.q,
        Attribute.EXPONENT_1: numbers.dmp1,
        Attribute.EXPONENT_2: numbers.dmq1,
        Attribute.COEFFICIENT: numbers.iqmp,
    }
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        **{kind: value.to_bytes((value.bit_length() + 7) // 8) for kind, value in values.items()},
        **{Attribute[name]: value for name, value in attributes.items()},
    }


def ec_import(key: ec.EllipticCurvePrivateKey, parameters: bytes) -> Template:
    """Write the template of an EC private key from elsewhere."""
    value = key.private_numbers().private_value.to_bytes((key.curve.key_size + 7) // 8)
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: parameters,
        Attribute.VALUE: value,
    }


def test_imported_rsa_keys_sign_and_decrypt(session: Session) -> None:
    """PKCS#1 signatures are equal to OpenSSL's."""
    key = rsa.generate_private_key(65537, 2048)
    private = session.create(rsa_import(key, SIGN=True, DECRYPT=True))
    expected = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert session.complete("Sign", plain(Mechanism.SHA256_RSA_PKCS), private, MESSAGE) == expected
    ciphertext = key.public_key().encrypt(MESSAGE, padding.PKCS1v15())
    assert session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, ciphertext) == MESSAGE


@pytest.mark.parametrize("name", CURVES)
def test_imported_ec_keys_sign(session: Session, name: str) -> None:
    """The private half from its scalar, the public half from its point."""
    parameters, curve = CURVES[name]
    key = ec.generate_private_key(curve)
    private = session.create(ec_import(key, parameters))
    signature = session.complete("Sign", plain(Mechanism.ECDSA_SHA256), private, MESSAGE)
    key.public_key().verify(as_der(signature), MESSAGE, ec.ECDSA(hashes.SHA256()))
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    header = bytes([4, len(point)]) if len(point) < 128 else bytes([4, 0x81, len(point)])
    public = session.create(
        {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: parameters,
            Attribute.EC_POINT: header + point,
            Attribute.VERIFY: True,
        }
    )
    theirs = from_der(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), curve.key_size)
    session.verify(plain(Mechanism.ECDSA_SHA256), public, MESSAGE, theirs)


@pytest.mark.ours  # SoftHSM2 takes them
def test_keys_that_are_none_are_refused(session: Session) -> None:
    """Parts of two RSA keys; a scalar out of range; a point off the curve; an unknown curve."""
    one, other = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    mixed = rsa_import(one) | {Attribute.PRIVATE_EXPONENT: rsa_import(other)[Attribute.PRIVATE_EXPONENT]}
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(mixed)
    parameters, curve = CURVES["P-256"]
    good = ec_import(ec.generate_private_key(curve), parameters)
    for value in (bytes(32), b"\xff" * 32, b"\1" * 40):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(good | {Attribute.VALUE: value})
    with refused(Rv.CURVE_NOT_SUPPORTED, Rv.DOMAIN_PARAMS_INVALID, Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(good | {Attribute.EC_PARAMS: bytes.fromhex("06032a0304")})
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(
            {
                Attribute.CLASS: ObjectClass.PUBLIC_KEY,
                Attribute.KEY_TYPE: KeyType.EC,
                Attribute.EC_PARAMS: parameters,
                Attribute.EC_POINT: b"\x04\x41\x04" + b"\1" * 64,
            }
        )


# ---- attributes ------------------------------------------------------------------------------------


def test_private_values_do_not_leave(session: Session) -> None:
    """Sensitive and not extractable unless asked; the public values can be read on the private key."""
    public, private = rsa_pair(session)
    assert session.read(private, Attribute.MODULUS) == session.read(public, Attribute.MODULUS)
    assert session.read(private, Attribute.PUBLIC_EXPONENT) == b"\1\0\1"
    for kind in SECRETS_OF_RSA:
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(private, kind)
    assert session.read_flag(private, Attribute.ALWAYS_SENSITIVE)
    assert session.read_flag(private, Attribute.NEVER_EXTRACTABLE)
    assert session.read_flag(private, Attribute.LOCAL)
    assert session.read_flag(public, Attribute.LOCAL)
    _, private = ec_pair(session, CURVES["P-256"][0])
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(private, Attribute.VALUE)


def test_an_open_private_key_can_be_read(session: Session) -> None:
    """What is read is a whole key: OpenSSL takes it."""
    public, private = rsa_pair(session, SENSITIVE=False, EXTRACTABLE=True)
    d, p, q, dmp1, dmq1, iqmp = (int.from_bytes(session.read(private, kind)) for kind in SECRETS_OF_RSA)
    numbers = rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa_public(session, public).public_numbers())
    key = numbers.private_key()
    signature = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    session.verify(plain(Mechanism.SHA256_RSA_PKCS), public, MESSAGE, signature)


def test_each_half_does_its_own_work(session: Session) -> None:
    """Public keys do not sign, private ones do not verify, and a false usage is kept."""
    public, private = rsa_pair(session, SIGN=False)
    refusals = (Rv.KEY_FUNCTION_NOT_PERMITTED, Rv.KEY_TYPE_INCONSISTENT, Rv.KEY_HANDLE_INVALID)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Sign", plain(Mechanism.SHA256_RSA_PKCS), private)
    with refused(*refusals):
        session.begin("Sign", plain(Mechanism.SHA256_RSA_PKCS), public)
    with refused(*refusals):
        session.begin("Verify", plain(Mechanism.SHA256_RSA_PKCS), private)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", plain(Mechanism.ECDSA), private)


def test_token_pairs_are_found_by_their_id(session: Session, open_session: Callable[[], Session]) -> None:
    """Both halves stay, and another session signs and verifies with them."""
    named: Template = {Attribute.TOKEN: True, Attribute.ID: b"pair", Attribute.LABEL: "a pair"}
    session.generate_pair(
        Mechanism.EC_KEY_PAIR_GEN, named | {Attribute.EC_PARAMS: CURVES["P-256"][0]}, named | {Attribute.SIGN: True}
    )
    other = open_session()
    found = {kind: other.find({Attribute.ID: b"pair", Attribute.CLASS: kind}) for kind in ObjectClass if kind < 5}
    (public,), (private,) = found[ObjectClass.PUBLIC_KEY], found[ObjectClass.PRIVATE_KEY]
    try:
        signature = other.complete("Sign", plain(Mechanism.ECDSA_SHA256), private, MESSAGE)
        other.verify(plain(Mechanism.ECDSA_SHA256), public, MESSAGE, signature)
    finally:
        other.destroy(public)
        other.destroy(private)


@pytest.mark.parametrize(
    ("mechanism", "public", "expected"),
    [
        (Mechanism.RSA_PKCS_KEY_PAIR_GEN, {}, (Rv.TEMPLATE_INCOMPLETE,)),
        (Mechanism.RSA_PKCS_KEY_PAIR_GEN, {Attribute.MODULUS_BITS: 256}, (Rv.KEY_SIZE_RANGE,)),
        (Mechanism.EC_KEY_PAIR_GEN, {}, (Rv.TEMPLATE_INCOMPLETE,)),
        (
            Mechanism.EC_KEY_PAIR_GEN,
            {Attribute.EC_PARAMS: b"\x06\x03\x2a\x03\x04"},
            (Rv.CURVE_NOT_SUPPORTED, Rv.DOMAIN_PARAMS_INVALID, Rv.ATTRIBUTE_VALUE_INVALID),
        ),
        (
            Mechanism.EC_KEY_PAIR_GEN,
            {Attribute.EC_PARAMS: CURVES["P-256"][0], Attribute.KEY_TYPE: KeyType.RSA},
            (Rv.TEMPLATE_INCONSISTENT,),
        ),
        (
            Mechanism.EC_KEY_PAIR_GEN,
            {Attribute.EC_PARAMS: CURVES["P-256"][0], Attribute.MODULUS_BITS: 2048},
            (Rv.TEMPLATE_INCONSISTENT,),
        ),
    ],
)
@pytest.mark.ours  # SoftHSM2 has its own codes
def test_impossible_pairs(session: Session, mechanism: Mechanism, public: Template, expected: tuple[Rv, ...]) -> None:
    """Each has its code."""
    with refused(*expected):
        session.generate_pair(mechanism, public, {})


def test_certificates_are_kept(session: Session) -> None:
    """An X.509 certificate: anyone may read all of it."""
    template: Template = {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: 0,
        Attribute.SUBJECT: b"0\x00",
        Attribute.ID: b"cert",
        Attribute.VALUE: b"0\x03\x02\x01\x05",
    }
    certificate = session.create(template)
    assert session.find({Attribute.ID: b"cert", Attribute.CLASS: ObjectClass.CERTIFICATE}) == [certificate]
    assert session.read(certificate, Attribute.VALUE) == template[Attribute.VALUE]
    assert session.read(certificate, Attribute.SUBJECT) == b"0\x00"
    session.destroy(certificate)
