"""python-pkcs11, unmodified, does its ordinary work. Each program runs in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers import Token

pytestmark = pytest.mark.program("python-pkcs11", "pip:python-pkcs11")

OPEN = """
import hashlib, hmac, os
import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

session = pkcs11.lib(MODULE).get_token(token_label=LABEL).open(user_pin=PIN, rw=True)
"""

IMPORT_AND_SIGN = """
VALUE = bytes(range(32))
key = session.create_object({
    Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE: VALUE,
    Attribute.SIGN: True, Attribute.VERIFY: True, Attribute.LABEL: "imported",
})
signature = key.sign(b"message", mechanism=Mechanism.SHA256_HMAC)
assert signature == hmac.digest(VALUE, b"message", "sha256")
assert key.verify(b"message", signature, mechanism=Mechanism.SHA256_HMAC)
assert not key.verify(b"massage", signature, mechanism=Mechanism.SHA256_HMAC)
print("signed")
"""

GENERATE_AND_ENCRYPT = """
key = session.generate_key(KeyType.AES, 256, label="made", store=True)
try:
    iv = os.urandom(12)
    parameters = pkcs11.GCMParams(iv, b"aad", 128)
    sealed = key.encrypt(b"message", mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
    assert len(sealed) == len(b"message") + 16
    assert key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters) == b"message"
    (found,) = session.get_objects({Attribute.LABEL: "made"})
    assert found.key_type is KeyType.AES
finally:
    key.destroy()
assert list(session.get_objects({Attribute.LABEL: "made"})) == []
print("encrypted")
"""

ENCRYPT_IN_MODES = """
key = session.create_object({
    Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: bytes(32),
    Attribute.ENCRYPT: True, Attribute.DECRYPT: True,
})
iv = os.urandom(16)
for mechanism, parameters in (
    (None, iv),  # CKM_AES_CBC_PAD
    (Mechanism.AES_CTR, pkcs11.CTRParams(iv[:12])),
):
    options = {"mechanism": mechanism, "mechanism_param": parameters}
    message = bytes(range(256)) * 5 + b"odd"
    sealed = key.encrypt(message, **options)
    assert key.decrypt(sealed, **options) == message
    parts = list(key.encrypt([message[:7], message[7:700], message[700:]], **options))
    assert b"".join(parts) == sealed
    assert b"".join(key.decrypt([sealed[:16], sealed[16:500], sealed[500:]], **options)) == message
assert len(key.encrypt(bytes(32), mechanism=Mechanism.AES_CBC, mechanism_param=iv)) == 32
try:
    key.decrypt(bytes(32), mechanism_param=iv)
except pkcs11.PKCS11Error as error:
    assert type(error).__name__ == "EncryptedDataInvalid", error
else:
    raise AssertionError("two blocks of zeros have no padding")
print("encrypted")
"""

DIGEST_AND_RANDOM = """
assert session.digest(b"abc", mechanism=Mechanism.SHA256) == hashlib.sha256(b"abc").digest()
assert len(session.generate_random(256)) == 32
print("digested")
"""

FORK = """
key = session.generate_key(KeyType.AES, 256, store=False)
child = os.fork()
if child == 0:
    library = pkcs11.lib(MODULE)
    library.reinitialize()
    fresh = library.get_token(token_label=LABEL).open(user_pin=PIN)
    os._exit(0 if len(fresh.generate_random(64)) == 8 else 2)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert len(session.generate_random(64)) == 8
print("forked")
"""


def test_it_imports_signs_and_verifies(token: Token) -> None:
    """HMAC with a session key."""
    assert token.python(OPEN + IMPORT_AND_SIGN) == "signed\n"


def test_it_generates_encrypts_and_destroys(token: Token) -> None:
    """AES-GCM with a token key."""
    assert token.python(OPEN + GENERATE_AND_ENCRYPT) == "encrypted\n"


def test_it_encrypts_in_the_modes_it_prefers(token: Token) -> None:
    """CKM_AES_CBC_PAD, which it takes where nothing is said, and CKM_AES_CTR; whole and in parts."""
    assert token.python(OPEN + ENCRYPT_IN_MODES) == "encrypted\n"


def test_it_digests_and_draws_random_bytes(token: Token) -> None:
    """Without keys."""
    assert token.python(OPEN + DIGEST_AND_RANDOM) == "digested\n"


@pytest.mark.ours  # SoftHSM2 knows nothing of forks
def test_a_forked_child_starts_afresh(token: Token) -> None:
    """It reinitialises for itself, and the parent goes on."""
    assert token.python(OPEN + FORK) == "forked\n"
