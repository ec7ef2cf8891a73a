"""PKCS#11 v3.2, 6.20 to 6.31: SHA-512/t and SHA-3, alone, as HMAC, and within RSA and ECDSA signatures.

`hashlib` and `cryptography` are the other party; SoftHSM2 has none of these but the HMAC keys of SHA-1 and SHA-2.
"""

from __future__ import annotations

import hashlib
import hmac
from ctypes import c_ulong
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pkcs11.constants import Attribute

from tests.behaviour.test_key_pair import CURVES, as_der, ec_pair, ec_public, rsa_pair, rsa_public
from tests.cryptoki import refused, secret_key
from tests.mechanisms import general, oaep, plain, pss
from tests.rv import Rv
from vhsm.wire import tables
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from tests.cryptoki import Session

pytestmark = pytest.mark.ours

MESSAGE: Final = b"a message to be signed"
VALUE: Final = bytes(range(200))


class Family(NamedTuple):
    """A hash, what `hashlib` calls it, and the key type of its HMAC."""

    name: str
    theirs: str
    key_type: CKK

    @property
    def digest(self) -> int:
        """Give its own mechanism."""
        return self.named("CKM_{}")

    def named(self, pattern: str) -> int:
        """Give the mechanism of this name."""
        return next(row.value for row in tables.MECHANISMS.values() if row.name == pattern.format(self.name))


SHA_3: Final = [Family(f"SHA3_{bits}", f"sha3_{bits}", CKK[f"SHA3_{bits}_HMAC"]) for bits in (224, 256, 384, 512)]
SHA_2: Final = [
    Family("SHA_1", "sha1", CKK.SHA_1_HMAC),
    *(Family(f"SHA{bits}", f"sha{bits}", CKK[f"SHA{bits}_HMAC"]) for bits in (224, 256, 384, 512)),
    *(Family(f"SHA512_{bits}", f"sha512_{bits}", CKK[f"SHA512_{bits}_HMAC"]) for bits in (224, 256)),
]
every_family = pytest.mark.parametrize("family", SHA_2 + SHA_3, ids=lambda family: family.name)
IN_SIGNATURES: Final = {
    tables.CKM_SHA3_224: hashes.SHA3_224(),
    tables.CKM_SHA3_256: hashes.SHA3_256(),
    tables.CKM_SHA3_384: hashes.SHA3_384(),
    tables.CKM_SHA3_512: hashes.SHA3_512(),
}


@every_family
@pytest.mark.parametrize("length", [0, 1, 143, 144, 145, 70_000])
def test_digests_agree_with_another_implementation(session: Session, family: Family, length: int) -> None:
    """Whole and in parts, around a block and beyond what is gathered on the way."""
    message = bytes(index % 251 for index in range(length))
    expected = hashlib.new(family.theirs, message).digest()
    assert session.complete("Digest", plain(family.digest), None, message) == expected
    parts = [message[:1], b"", message[1:500], message[500:]]
    assert session.in_parts("Digest", plain(family.digest), None, parts) == expected


@pytest.mark.parametrize("bits", [224, 256])
def test_t_is_a_parameter(session: Session, bits: int) -> None:
    """CKM_SHA512_T gives what SHA-512/224 and SHA-512/256 do, and digests keys."""
    expected = hashlib.new(f"sha512_{bits}", MESSAGE).digest()
    mechanism = general(tables.CKM_SHA512_T, bits)
    assert session.complete("Digest", mechanism, None, MESSAGE) == expected
    session.begin("Digest", mechanism)
    session.call("C_DigestKey", c_ulong(session.create(secret_key(MESSAGE[:9], CKK.GENERIC_SECRET))))
    session.update("Digest", MESSAGE[9:])
    assert session.output("C_DigestFinal") == expected


@pytest.mark.parametrize("bits", [0, 8, 255, 384, 512, 1 << 40])
def test_t_that_nobody_approved_is_refused(session: Session, bits: int) -> None:
    """FIPS 180-4 approves t = 224 and t = 256."""
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Digest", general(tables.CKM_SHA512_T, bits))
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Digest", plain(tables.CKM_SHA512_T))


@every_family
@pytest.mark.parametrize("key_bytes", [1, 32, 200])
def test_macs_agree_with_another_implementation(session: Session, family: Family, key_bytes: int) -> None:
    """With keys shorter and longer than a block, of the hash's own type and generic; whole, in parts, and cut."""
    expected = hmac.digest(VALUE[:key_bytes], MESSAGE, family.theirs)
    mechanism = plain(family.named("CKM_{}_HMAC"))
    for key_type in (family.key_type, CKK.GENERIC_SECRET):
        key = session.create(secret_key(VALUE[:key_bytes], key_type, SIGN=True, VERIFY=True))
        assert session.complete("Sign", mechanism, key, MESSAGE) == expected
        assert session.in_parts("Sign", mechanism, key, [MESSAGE[:5], MESSAGE[5:]]) == expected
        session.verify(mechanism, key, MESSAGE, expected)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(mechanism, key, MESSAGE + b"!", expected)
        cut = general(family.named("CKM_{}_HMAC_GENERAL"), 10)
        assert session.complete("Sign", cut, key, MESSAGE) == expected[:10]
        session.verify(cut, key, MESSAGE, expected[:10])


@every_family
def test_a_hash_makes_keys_of_its_own(session: Session, family: Family) -> None:
    """CKM_…_KEY_GEN makes the type that only this hash's HMAC takes; its length is the template's."""
    mechanism = plain(family.named("CKM_{}_KEY_GEN"))
    key = session.generate(
        mechanism, {Attribute.VALUE_LEN: 48, Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
    )
    assert int.from_bytes(session.read(key, Attribute.KEY_TYPE), "little") == family.key_type
    assert int.from_bytes(session.read(key, Attribute.KEY_GEN_MECHANISM), "little") == family.named("CKM_{}_KEY_GEN")
    value = session.read(key, Attribute.VALUE)
    assert len(value) == 48
    signature = session.complete("Sign", plain(family.named("CKM_{}_HMAC")), key, MESSAGE)
    assert signature == hmac.digest(value, MESSAGE, family.theirs)
    other = (SHA_3 + SHA_2)[(SHA_3 + SHA_2).index(family) - 1]
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", plain(other.named("CKM_{}_HMAC")), key)
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.generate(mechanism, {})
    for length in (0, 513):
        with refused(Rv.KEY_SIZE_RANGE, Rv.ATTRIBUTE_VALUE_INVALID):
            session.generate(mechanism, {Attribute.VALUE_LEN: length})


def oaep_block(name: str, message: bytes, length: int) -> bytes:
    """Pad as RFC 8017, 7.1.1 says, without a label, with zeros for a seed; `cryptography` has no OAEP with SHA-3."""

    def mgf1(seed: bytes, count: int) -> bytes:
        counters = range(-(-count // hashlib.new(name).digest_size))
        return b"".join(hashlib.new(name, seed + index.to_bytes(4)).digest() for index in counters)[:count]

    def masked(content: bytes, seed: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(content, mgf1(seed, len(content)), strict=True))

    label = hashlib.new(name).digest()
    zeros = bytes(length - len(message) - 2 * len(label) - 2)
    data = masked(label + zeros + b"\x01" + message, bytes(len(label)))
    return b"\0" + masked(bytes(len(label)), data) + data


def test_sha_3_within_rsa_signatures(session: Session) -> None:
    """PKCS#1 v1.5 and PSS, and MGF1 with SHA-3 in OAEP."""
    public, private = rsa_pair(session)
    other = rsa_public(session, public)
    for family in SHA_3:
        theirs = IN_SIGNATURES[family.digest]
        signature = session.complete("Sign", plain(family.named("CKM_{}_RSA_PKCS")), private, MESSAGE)
        other.verify(signature, MESSAGE, padding.PKCS1v15(), theirs)
        session.verify(plain(family.named("CKM_{}_RSA_PKCS")), public, MESSAGE, signature)
        chosen = pss(family.named("CKM_{}_RSA_PKCS_PSS"), family.digest, 20)
        signature = session.in_parts("Sign", chosen, private, [MESSAGE[:3], MESSAGE[3:]])
        other.verify(signature, MESSAGE, padding.PSS(padding.MGF1(theirs), 20), theirs)
        session.verify(chosen, public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(chosen, public, MESSAGE + b"!", signature)
        numbers = other.public_numbers()
        block = int.from_bytes(oaep_block(family.theirs, MESSAGE, 256))
        ciphertext = pow(block, numbers.e, numbers.n).to_bytes(256)
        assert session.complete("Decrypt", oaep(family.digest), private, ciphertext) == MESSAGE
        ciphertext = session.complete("Encrypt", oaep(family.digest), public, MESSAGE)
        assert session.complete("Decrypt", oaep(family.digest), private, ciphertext) == MESSAGE


def test_sha_3_within_ecdsa_signatures(session: Session) -> None:
    """Each way."""
    parameters, curve = CURVES["P-256"]
    public, private = ec_pair(session, parameters)
    other = ec_public(session, public, curve)
    for family in SHA_3:
        mechanism = plain(family.named("CKM_ECDSA_{}"))
        signature = session.complete("Sign", mechanism, private, MESSAGE)
        other.verify(as_der(signature), MESSAGE, ec.ECDSA(IN_SIGNATURES[family.digest]))
        session.verify(mechanism, public, MESSAGE, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(mechanism, public, MESSAGE + b"!", signature)
