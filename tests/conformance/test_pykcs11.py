"""PyKCS11, unmodified, does its ordinary work. Each program runs in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers import Token

pytestmark = pytest.mark.program("PyKCS11", "pip:pykcs11")

OPEN = """
import hmac
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
import PyKCS11
from PyKCS11.LowLevel import *

library = PyKCS11.PyKCS11Lib()
library.load(MODULE)
slot = next(slot for slot in library.getSlotList(tokenPresent=True)
            if library.getTokenInfo(slot).label.rstrip("\\0 ") == LABEL)
session = library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
try:
    session.login("wrong")
except PyKCS11.PyKCS11Error as error:
    assert error.value == CKR_PIN_INCORRECT
else:
    raise AssertionError("a wrong PIN")
session.login(PIN)
MESSAGE = b"a message for the token"
"""

RSA = """
public, private = session.generateKeyPair(
    [(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_TOKEN, CK_TRUE), (CKA_PRIVATE, CK_FALSE), (CKA_MODULUS_BITS, 0x0800),
     (CKA_PUBLIC_EXPONENT, (0x01, 0x00, 0x01)), (CKA_ENCRYPT, CK_TRUE), (CKA_VERIFY, CK_TRUE), (CKA_ID, (0x0A,)),
     (CKA_LABEL, "pykcs11")],
    [(CKA_CLASS, CKO_PRIVATE_KEY), (CKA_TOKEN, CK_TRUE), (CKA_PRIVATE, CK_TRUE), (CKA_DECRYPT, CK_TRUE),
     (CKA_SIGN, CK_TRUE), (CKA_ID, (0x0A,)), (CKA_LABEL, "pykcs11")])
try:
    (found,) = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY), (CKA_LABEL, "pykcs11")])
    (modulus,) = session.getAttributeValue(public, [CKA_MODULUS])
    key = rsa.RSAPublicNumbers(65537, int.from_bytes(bytes(modulus), "big")).public_key()
    signature = bytes(session.sign(found, MESSAGE, PyKCS11.Mechanism(CKM_SHA256_RSA_PKCS, None)))
    key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = PyKCS11.RSA_PSS_Mechanism(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32)
    signature = bytes(session.sign(found, MESSAGE, pss))
    key.verify(signature, MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    assert session.verify(public, MESSAGE, signature, pss)
    assert not session.verify(public, b"another", signature, pss)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    opened = session.decrypt(found, key.encrypt(MESSAGE, oaep), PyKCS11.RSAOAEPMechanism(CKM_SHA256, CKG_MGF1_SHA256))
    assert bytes(opened) == MESSAGE
finally:
    session.destroyObject(public)
    session.destroyObject(private)
print("signed")
"""

EC = """
public, private = session.generateKeyPair(
    [(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_KEY_TYPE, CKK_EC), (CKA_TOKEN, CK_FALSE), (CKA_VERIFY, CK_TRUE),
     (CKA_EC_PARAMS, bytes.fromhex("06082a8648ce3d030107"))],
    [(CKA_CLASS, CKO_PRIVATE_KEY), (CKA_KEY_TYPE, CKK_EC), (CKA_TOKEN, CK_FALSE), (CKA_SIGN, CK_TRUE)],
    PyKCS11.MechanismECGENERATEKEYPAIR)
(point,) = session.getAttributeValue(public, [CKA_EC_POINT])
signature = bytes(session.sign(private, MESSAGE, PyKCS11.Mechanism(CKM_ECDSA_SHA256, None)))
r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes(point)[2:])
key.verify(encode_dss_signature(r, s), MESSAGE, ec.ECDSA(hashes.SHA256()))
print("signed")
"""

SECRET_KEYS = """
VALUE = bytes([7] * 32)
def key(kind, *uses):
    template = [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, kind), (CKA_TOKEN, CK_FALSE), (CKA_VALUE, VALUE)]
    return session.createObject(template + [(use, CK_TRUE) for use in uses])

aes = key(CKK_AES, CKA_ENCRYPT, CKA_DECRYPT)
gcm = PyKCS11.AES_GCM_Mechanism(bytes(12), b"aad", 128)
sealed = bytes(session.encrypt(aes, MESSAGE, gcm))
assert sealed == AESGCM(VALUE).encrypt(bytes(12), MESSAGE, b"aad")
assert bytes(session.decrypt(aes, sealed, gcm)) == MESSAGE
mac = key(CKK_GENERIC_SECRET, CKA_SIGN, CKA_VERIFY)
signature = bytes(session.sign(mac, MESSAGE, PyKCS11.Mechanism(CKM_SHA256_HMAC, None)))
assert signature == hmac.digest(VALUE, MESSAGE, "sha256")
assert len(session.generateRandom(40)) == 40
print("encrypted")
"""


def test_rsa(token: Token) -> None:
    """A pair on the token signs (PKCS#1 v1.5, PSS) and decrypts (OAEP); `cryptography` verifies and encrypts."""
    assert token.python(OPEN + RSA) == "signed\n"


def test_ec(token: Token) -> None:
    """A session pair on P-256 signs; `cryptography` verifies."""
    assert token.python(OPEN + EC) == "signed\n"


def test_secret_keys(token: Token) -> None:
    """AES-GCM and HMAC with keys of known value give the right bytes."""
    assert token.python(OPEN + SECRET_KEYS) == "encrypted\n"
