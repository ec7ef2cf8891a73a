"""Players of signatures: RSA PKCS#1 v1.5 and PSS, ECDSA, EdDSA. Wycheproof's vectors of them verify."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType

from tests.cryptoki import Refused
from tests.mechanisms import CkPssParams
from tests.rv import Rv
from tests.vectors.stage import Skip, Stage, packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.vectors.source import Group, Vector

# Wycheproof's names of hashes, as the names of mechanisms spell them.
SPELLED: Final = {
    **{f"SHA-{bits}": f"SHA{bits}" for bits in (1, 224, 256, 384, 512)},
    **{f"SHA3-{bits}": f"SHA3_{bits}" for bits in (224, 256, 384, 512)},
    **{f"SHA-512/{bits}": f"SHA512_{bits}" for bits in (224, 256)},
}
# CKG_MGF1_ (PKCS#11 v3.2, 6.1.7); none for SHA-512/t and for SHAKE.
MGF1: Final = {
    name: value
    for value, name in enumerate(
        ("SHA-1", "SHA-256", "SHA-384", "SHA-512", "SHA-224", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"), 1
    )
}
# The last number of a hash's object identifier below NIST's arc, 2.16.840.1.101.3.4.2.
NIST_HASHES: Final = {
    "SHA-256": 1,
    "SHA-384": 2,
    "SHA-512": 3,
    "SHA-224": 4,
    "SHA-512/224": 5,
    "SHA-512/256": 6,
    "SHA3-224": 7,
    "SHA3-256": 8,
    "SHA3-384": 9,
    "SHA3-512": 10,
}
NIST_ARC: Final = bytes.fromhex("06096086480165030402")
# Named curves (RFC 5480, SEC 2, RFC 5639): DER of the object identifier, and length of a coordinate in bytes.
CURVES: Final = {
    "secp224r1": ("06052b81040021", 28),
    "secp256r1": ("06082a8648ce3d030107", 32),
    "secp384r1": ("06052b81040022", 48),
    "secp521r1": ("06052b81040023", 66),
    "secp256k1": ("06052b8104000a", 32),
    "secp160k1": ("06052b81040009", 20),
    "secp160r1": ("06052b81040008", 20),
    "secp160r2": ("06052b8104001e", 20),
    "secp192k1": ("06052b8104001f", 24),
    "secp192r1": ("06082a8648ce3d030101", 24),
    "secp224k1": ("06052b81040020", 28),
    "brainpoolP224r1": ("06092b2403030208010105", 28),
    "brainpoolP256r1": ("06092b2403030208010107", 32),
    "brainpoolP320r1": ("06092b2403030208010109", 40),
    "brainpoolP384r1": ("06092b240303020801010b", 48),
    "brainpoolP512r1": ("06092b240303020801010d", 64),
}
# A token without one of these would be in breach of the documentation (secp192r1: a `compatible` one, which vectors
# are played on); others are skipped where it has none.
CURVES_PROMISED: Final = frozenset({
    *("secp192r1", "secp224r1", "secp256r1", "secp384r1", "secp521r1", "secp256k1"),
    *("brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1"),
})  # fmt: skip
SECP256K1_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141  # SEC 2, 2.4.1
RSA_BITS_MIN: Final = 512


def digest_of(name: str, message: bytes) -> bytes:
    """Hash by a hash that Wycheproof names."""
    match name:
        case "SHAKE128":
            return hashlib.shake_128(message).digest(32)
        case "SHAKE256":
            return hashlib.shake_256(message).digest(64)
    return hashlib.new(SPELLED[name].lower(), message).digest()


def der_octets(content: bytes) -> bytes:
    """Write a DER OCTET STRING of less than 256 bytes."""
    length = bytes([len(content)]) if len(content) < 0x80 else bytes([0x81, len(content)])
    return b"\x04" + length + content


# ---- RSA -------------------------------------------------------------------------------------------


def rsa_public(stage: Stage, group: Group) -> int:
    """Import the group's RSA key."""
    key = group["publicKey"]
    if group["keySize"] < RSA_BITS_MIN:
        raise Skip(f"RSA keys of {group['keySize']} bits are not offered")
    return stage.key({
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        Attribute.MODULUS: bytes.fromhex(key["modulus"]).lstrip(b"\0"),
        Attribute.PUBLIC_EXPONENT: bytes.fromhex(key["publicExponent"]).lstrip(b"\0"),
        Attribute.VERIFY: True,
    })  # fmt: skip


def play_rsa_pkcs1(stage: Stage, group: Group, vector: Vector) -> None:
    """By CKM_…_RSA_PKCS of the hash; by CKM_RSA_PKCS and a DigestInfo made here, where PKCS#11 has none."""
    key, name = rsa_public(stage, group), group["sha"]
    message, signature = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"])
    hashed = f"CKM_{SPELLED[name]}_RSA_PKCS"
    if stage.offers(hashed):
        return stage.verify(stage.plain(hashed), key, message, signature)
    # DigestInfo (RFC 8017, 9.2).
    identifier = NIST_ARC + bytes([NIST_HASHES[name]]) + b"\x05\0"
    digest = der_octets(digest_of(name, message))
    algorithm = b"\x30" + bytes([len(identifier)]) + identifier
    info = b"\x30" + bytes([len(algorithm) + len(digest)]) + algorithm + digest
    return stage.verify(stage.plain("CKM_RSA_PKCS"), key, info, signature)


def play_rsa_pss(stage: Stage, group: Group, vector: Vector) -> None:
    """By CKM_…_RSA_PKCS_PSS of the hash, with its parameters."""
    name, mgf = group["sha"], group["mgfSha"] if group["mgf"] == "MGF1" else group["mgf"]
    if name not in SPELLED or mgf not in MGF1:
        raise Skip(f"PKCS#11 has no PSS with {name} and {'MGF1 of ' if group['mgf'] == 'MGF1' else ''}{mgf}")
    mechanism = stage.mechanism(f"CKM_{SPELLED[name]}_RSA_PKCS_PSS")
    hash_value = stage.mechanism(f"CKM_{'SHA_1' if name == 'SHA-1' else SPELLED[name]}")
    parameter = CkPssParams(hash_value, MGF1[mgf], group["sLen"])
    chosen = packed(mechanism, parameter)
    stage.verify(chosen, rsa_public(stage, group), bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"]))


# ---- elliptic curves -------------------------------------------------------------------------------


def ec_public(stage: Stage, curve: str, point: bytes) -> int:
    """Import a point of a named curve."""
    try:
        return stage.key({
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: bytes.fromhex(CURVES[curve][0]),
            Attribute.EC_POINT: der_octets(point),
            Attribute.VERIFY: True,
        })  # fmt: skip
    except Refused as refusal:
        if refusal.rv == Rv.CURVE_NOT_SUPPORTED and curve not in CURVES_PROMISED:
            raise Skip(f"{curve} is not offered") from None
        raise


def r_and_s(signature: bytes, half_length: int) -> bytes:
    """Turn a DER signature into PKCS#11's r | s."""
    try:
        r, s = decode_dss_signature(signature)
        canonical = encode_dss_signature(r, s) == signature
    except ValueError:
        canonical = False
    if not canonical:
        raise Skip("a signature that is no DER: the caller decodes it, PKCS#11 takes r | s")
    try:
        return r.to_bytes(half_length) + s.to_bytes(half_length)
    except OverflowError:
        raise Skip("r or s is negative or longer than the order: there is no such r | s") from None


def ecdsa(signature_of: Callable[[bytes, int], bytes]) -> Callable[[Stage, Group, Vector], None]:
    """Make the player for a form of signatures: by CKM_ECDSA_… of the hash, or CKM_ECDSA of a digest made here."""

    def play(stage: Stage, group: Group, vector: Vector) -> None:
        curve = group["publicKey"]["curve"]
        key = ec_public(stage, curve, bytes.fromhex(group["publicKey"]["uncompressed"]))
        message, name = bytes.fromhex(vector["msg"]), group["sha"]
        signature = signature_of(bytes.fromhex(vector["sig"]), CURVES[curve][1])
        hashed = f"CKM_ECDSA_{SPELLED.get(name, name)}"
        if stage.offers(hashed):
            stage.verify(stage.plain(hashed), key, message, signature)
        else:
            stage.verify(stage.plain("CKM_ECDSA"), key, digest_of(name, message), signature)

    return play


def as_it_is(signature: bytes, half_length: int) -> bytes:
    """Take IEEE P1363's r | s, which is PKCS#11's but for its length."""
    if len(signature) % 2 == 0 and 0 < len(signature) < 2 * half_length:
        raise Skip("a shorter r | s: P1363 forbids it, PKCS#11 takes it (v3.2, 6.3.1)")
    return signature


play_ecdsa = ecdsa(r_and_s)
play_ecdsa_p1363 = ecdsa(as_it_is)


def play_ecdsa_bitcoin(stage: Stage, group: Group, vector: Vector) -> None:
    """Bitcoin's rule, s at most half the order, is its own: PKCS#11 verifies by FIPS 186-5."""
    with suppress(ValueError):
        if decode_dss_signature(bytes.fromhex(vector["sig"]))[1] > SECP256K1_ORDER // 2:
            raise Skip("Bitcoin wants a low s, ECDSA does not")
    play_ecdsa(stage, group, vector)


EDWARDS: Final = {"edwards25519": "06032b6570", "edwards448": "06032b6571"}


def play_eddsa(stage: Stage, group: Group, vector: Vector) -> None:
    """Ed25519 and Ed448, pure."""
    key = group["publicKey"]
    handle = stage.key({
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
        Attribute.EC_PARAMS: bytes.fromhex(EDWARDS[key["curve"]]),
        Attribute.EC_POINT: der_octets(bytes.fromhex(key["pk"])),
        Attribute.VERIFY: True,
    })  # fmt: skip
    stage.verify(stage.plain("CKM_EDDSA"), handle, bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"]))
