"""What only `compatible` tokens have for old programs: Triple DES (PKCS#11 v3.2, 6.18) and MD5."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests import servers
from tests.behaviour.test_aes_modes import LONG, pieces
from tests.cryptoki import CKU_USER, Module, refused, secret_key
from tests.mechanisms import general, iv, plain
from tests.rv import Rv
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cryptoki import Session

BLOCK: Final = 8
IV: Final = bytes(range(8))
# Every byte has odd parity.
VALUE: Final = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
MESSAGE: Final = b"what do ya want for nothing?"


@pytest.fixture(scope="module")
def compatible(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Token]:
    """A token for old programs."""
    if request.config.getoption("--reference"):
        yield servers.softhsm2(tmp_path_factory.mktemp("softhsm2"))
        return
    with servers.dev_server(tmp_path_factory.mktemp("compatible") / "server", "--policy", "compatible") as server:
        yield server.token


@pytest.fixture
def old(compatible: servers.Token, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session with it, logged in."""
    for name, value in compatible.environment.items():
        monkeypatch.setenv(name, value)
    with Module(compatible.module) as module:
        session = module.open_session(module.slot_of(compatible.label))
        session.login(compatible.pin, CKU_USER)
        yield session


def des_key(session: Session, key_bytes: int = 24) -> int:
    """Import a session key of two or three parts."""
    key_type = KeyType.DES3 if key_bytes == 24 else KeyType.DES2
    return session.create(secret_key(VALUE[:key_bytes], key_type, ENCRYPT=True, DECRYPT=True))


@pytest.mark.parametrize("key_bytes", [16, 24])
@pytest.mark.parametrize("length", [0, 1, 8, 13, 1_000])
def test_triple_des_agrees_with_another_implementation(old: Session, key_bytes: int, length: int) -> None:
    """ECB, CBC and CBC with padding, whole and in parts, each way."""
    cipher = TripleDES((VALUE[:key_bytes] + VALUE[:8])[:24])
    padder = PKCS7(BLOCK * 8).padder()
    key, message = des_key(old, key_bytes), LONG[:length]
    padded = padder.update(message) + padder.finalize()
    for mechanism, theirs, text in (
        (plain(Mechanism.DES3_ECB), modes.ECB(), padded),  # noqa: S305 - it is what is tested
        (iv(Mechanism.DES3_CBC, IV), modes.CBC(IV), padded),
        (iv(Mechanism.DES3_CBC_PAD, IV), modes.CBC(IV), message),
    ):
        encryptor = Cipher(cipher, theirs).encryptor()
        expected = encryptor.update(padded) + encryptor.finalize()
        assert old.complete("Encrypt", mechanism, key, text) == expected
        assert old.complete("Decrypt", mechanism, key, expected) == text
        old.begin("Encrypt", mechanism, key)
        assert b"".join(pieces(old, "Encrypt", text, 13)) == expected
        old.begin("Decrypt", mechanism, key)
        assert b"".join(pieces(old, "Decrypt", expected, 13)) == text


@pytest.mark.ours  # SoftHSM2 lets wrong lengths end otherwise
def test_wrong_data_of_triple_des_is_refused(old: Session) -> None:
    """No whole blocks, and a wrong padding."""
    key = des_key(old)
    with refused(Rv.DATA_LEN_RANGE):
        old.complete("Encrypt", iv(Mechanism.DES3_CBC, IV), key, bytes(7))
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
        old.complete("Decrypt", iv(Mechanism.DES3_CBC_PAD, IV), key, bytes(12))
    wrong = old.complete("Encrypt", iv(Mechanism.DES3_CBC, IV), key, b"\x00" * 8)
    with refused(Rv.ENCRYPTED_DATA_INVALID):
        old.complete("Decrypt", iv(Mechanism.DES3_CBC_PAD, IV), key, wrong)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        old.begin("Encrypt", iv(Mechanism.DES3_CBC, bytes(16)), key)


@pytest.mark.parametrize(
    ("mechanism", "key_type", "length"),
    [(Mechanism.DES2_KEY_GEN, KeyType.DES2, 16), (Mechanism.DES3_KEY_GEN, KeyType.DES3, 24)],
)
def test_des_keys_are_made(old: Session, mechanism: Mechanism, key_type: KeyType, length: int) -> None:
    """With odd parity, and a length that nobody has to say."""
    key = old.generate(
        plain(mechanism), {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.ENCRYPT: True}
    )
    value = old.read(key, Attribute.VALUE)
    assert int.from_bytes(old.read(key, Attribute.KEY_TYPE), "little") == key_type
    assert len(value) == length
    assert all(byte.bit_count() % 2 == 1 for byte in value)


@pytest.mark.ours  # SoftHSM2 takes any
def test_des_keys_have_odd_parity(old: Session) -> None:
    """One that has not is refused, as the standard says."""
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        old.create(secret_key(bytes(24), KeyType.DES3))
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        old.create(secret_key(VALUE[:16], KeyType.DES3))


def test_md5(old: Session) -> None:
    """RFC 1321 and RFC 2202, whole and in parts."""
    expected = hashlib.md5(MESSAGE).digest()  # noqa: S324 - it is what is tested
    assert old.complete("Digest", plain(tables.CKM_MD5), None, MESSAGE) == expected
    assert old.in_parts("Digest", plain(tables.CKM_MD5), None, [MESSAGE[:4], MESSAGE[4:]]) == expected


@pytest.mark.ours  # SoftHSM2 refuses keys shorter than the hash
def test_md5_hmac(old: Session) -> None:
    """RFC 2202, whole and cut."""
    key = old.create(secret_key(b"Jefe", KeyType.GENERIC_SECRET, SIGN=True, VERIFY=True))
    expected = hmac.digest(b"Jefe", MESSAGE, "md5")
    assert old.complete("Sign", plain(tables.CKM_MD5_HMAC), key, MESSAGE) == expected
    assert old.complete("Sign", general(tables.CKM_MD5_HMAC_GENERAL, 10), key, MESSAGE) == expected[:10]
    old.verify(plain(tables.CKM_MD5_HMAC), key, MESSAGE, expected)


@pytest.mark.ours
def test_other_tokens_have_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a `standard` token they neither make keys nor encrypt nor authenticate."""
    with servers.dev_server(tmp_path / "server", "--policy", "standard") as server:
        for name, value in server.token.environment.items():
            monkeypatch.setenv(name, value)
        with Module(server.token.module) as module:
            slot = module.slot_of(server.token.label)
            legacy = {tables.CKM_MD5, tables.CKM_MD5_HMAC, Mechanism.DES3_KEY_GEN, Mechanism.DES3_CBC}
            assert not legacy & module.mechanisms(slot)
            session = module.open_session(slot)
            session.login(server.token.pin, CKU_USER)
            with refused(Rv.MECHANISM_INVALID):
                session.generate(plain(Mechanism.DES3_KEY_GEN), {})
            with refused(Rv.MECHANISM_INVALID):
                session.begin("Encrypt", iv(Mechanism.DES3_CBC, IV), des_key(session))
            key = session.create(secret_key(b"Jefe", KeyType.GENERIC_SECRET, SIGN=True))
            with refused(Rv.MECHANISM_INVALID):
                session.begin("Sign", plain(tables.CKM_MD5_HMAC), key)
            with refused(Rv.MECHANISM_INVALID):
                session.begin("Digest", plain(tables.CKM_MD5))
