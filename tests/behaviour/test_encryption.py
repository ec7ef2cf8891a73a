"""PKCS#11 v3.2, 5.8 and 5.10: encryption and decryption with CKM_AES_GCM."""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import gcm, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session


class Case(NamedTuple):
    """A test case of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B."""

    number: int
    key: str
    iv: str
    plaintext: str
    aad: str
    ciphertext: str
    tag: str


PLAINTEXT = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
AAD = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
KEY = "feffe9928665731c6d6a8f9467308308"
LONG_IV = (
    "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
    "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
)
CASES = [
    Case(1, "00" * 16, "00" * 12, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
    Case(
        *(2, "00" * 16, "00" * 12, "00" * 16, "", "0388dace60b6a392f328c2b971b2fe78"),
        "ab6e47d42cec13bdf53a67b21257bddf",
    ),
    Case(
        *(4, KEY, "cafebabefacedbaddecaf888", PLAINTEXT, AAD),
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47",
    ),
    Case(
        *(5, KEY, "cafebabefacedbad", PLAINTEXT, AAD),
        "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
        "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
        "3612d2e79e3b0785561be14aaca2fccb",
    ),
    Case(
        *(6, KEY, LONG_IV, PLAINTEXT, AAD),
        "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
        "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
        "619cc5aefffe0bfa462af43c1699d050",
    ),
    Case(
        *(10, KEY + KEY[:16], "cafebabefacedbaddecaf888", PLAINTEXT, AAD),
        "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
        "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
        "2519498e80f1478f37ba55bd6d27618c",
    ),
    Case(13, "00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    Case(
        *(16, KEY * 2, "cafebabefacedbaddecaf888", PLAINTEXT, AAD),
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]
IV = bytes(range(12))
MESSAGE = b"attack at dawn, or a little later"
# SoftHSM2 answers CKR_GENERAL_ERROR, PKCS#11 v3 gives the code its name.
NOT_AUTHENTIC = (Rv.AEAD_DECRYPT_FAILED, Rv.ENCRYPTED_DATA_INVALID, Rv.GENERAL_ERROR)


def aes_key(session: Session, value: bytes = bytes(range(32)), **attributes: bool) -> int:
    """Import a session key."""
    return session.create(
        secret_key(value, KeyType.AES, ENCRYPT=True, DECRYPT=True)
        | {Attribute[name]: attribute for name, attribute in attributes.items()}
    )


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.ours] if len(case.iv) > 24 else []) for case in CASES],  # clients.md
    ids=lambda case: f"case-{case.number}",
)
def test_published_vectors(session: Session, case: Case) -> None:
    """Every published ciphertext and tag comes out, whole and in parts, and decrypts again."""
    plaintext, expected = bytes.fromhex(case.plaintext), bytes.fromhex(case.ciphertext + case.tag)
    key = aes_key(session, bytes.fromhex(case.key))
    mechanism = gcm(bytes.fromhex(case.iv), bytes.fromhex(case.aad))
    assert session.complete("Encrypt", mechanism, key, plaintext) == expected
    assert session.in_parts("Encrypt", mechanism, key, [plaintext[:7], plaintext[7:]]) == expected
    assert session.complete("Decrypt", mechanism, key, expected) == plaintext
    assert session.in_parts("Decrypt", mechanism, key, [expected[:9], expected[9:]]) == plaintext


@pytest.mark.parametrize("length", [65_536, 65_537, 200_000])
def test_long_messages_in_parts(session: Session, length: int) -> None:
    """Beyond what is gathered on the way, parts and whole still agree."""
    message = bytes(index % 251 for index in range(length))
    key = aes_key(session)
    session.begin("Encrypt", gcm(IV), key)
    whole = session.output("C_Encrypt", *data(message), room=length + 16)
    pieces = [message[start : start + 30_000] for start in range(0, length, 30_000)]
    session.begin("Encrypt", gcm(IV), key)
    parts = [session.output("C_EncryptUpdate", *data(piece), room=length + 16) for piece in pieces]
    parts.append(session.output("C_EncryptFinal", room=length + 16))
    assert b"".join(parts) == whole
    session.begin("Decrypt", gcm(IV), key)
    pieces = [whole[start : start + 30_000] for start in range(0, len(whole), 30_000)]
    parts = [session.output("C_DecryptUpdate", *data(piece), room=length + 16) for piece in pieces]
    parts.append(session.output("C_DecryptFinal", room=length + 16))
    assert b"".join(parts) == message


@pytest.mark.parametrize("tag_bits", [128, 120, 112, 104, 96])
def test_tags_can_be_shorter(session: Session, tag_bits: int) -> None:
    """The tag is the first bits of the full one."""
    key = aes_key(session)
    full = session.complete("Encrypt", gcm(IV), key, MESSAGE)
    short = session.complete("Encrypt", gcm(IV, tag_bits=tag_bits), key, MESSAGE)
    assert short == full[: len(MESSAGE) + tag_bits // 8]
    assert session.complete("Decrypt", gcm(IV, tag_bits=tag_bits), key, short) == MESSAGE


@pytest.mark.parametrize("position", [0, len(MESSAGE), -1])
def test_a_changed_ciphertext_gives_no_plaintext(session: Session, position: int) -> None:
    """One flipped bit in ciphertext or tag: refused, whole and in parts, and nothing comes out before the tag holds."""
    key = aes_key(session)
    changed = bytearray(session.complete("Encrypt", gcm(IV), key, MESSAGE))
    changed[position] ^= 1
    with refused(*NOT_AUTHENTIC):
        session.complete("Decrypt", gcm(IV), key, bytes(changed))
    session.begin("Decrypt", gcm(IV), key)
    assert session.update("Decrypt", bytes(changed)) == b""
    with refused(*NOT_AUTHENTIC):
        session.output("C_DecryptFinal")


def test_wrong_associated_data_is_refused(session: Session) -> None:
    """The associated data are authenticated, too."""
    key = aes_key(session)
    sealed = session.complete("Encrypt", gcm(IV, b"to Alice"), key, MESSAGE)
    assert session.complete("Decrypt", gcm(IV, b"to Alice"), key, sealed) == MESSAGE
    with refused(*NOT_AUTHENTIC):
        session.complete("Decrypt", gcm(IV, b"to Mallory"), key, sealed)


def test_less_than_a_tag_is_refused(session: Session) -> None:
    """A ciphertext shorter than its tag cannot be one."""
    with refused(*NOT_AUTHENTIC, Rv.ENCRYPTED_DATA_LEN_RANGE):
        session.complete("Decrypt", gcm(IV), aes_key(session), bytes(15))


def test_sizes_are_told_before(session: Session) -> None:
    """A null buffer asks for the length, a short one leaves the operation active."""
    session.begin("Encrypt", gcm(IV), aes_key(session))
    assert session.output_length("C_Encrypt", *data(MESSAGE)) == len(MESSAGE) + 16
    length = c_ulong(len(MESSAGE))
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Encrypt", *data(MESSAGE), create_string_buffer(len(MESSAGE)), byref(length))
    assert length.value == len(MESSAGE) + 16
    assert len(session.output("C_Encrypt", *data(MESSAGE), room=length.value)) == length.value


def test_a_key_encrypts_only_if_it_may(session: Session) -> None:
    """CKA_ENCRYPT and CKA_DECRYPT are asked, each for its own."""
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Encrypt", gcm(IV), aes_key(session, ENCRYPT=False))
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Decrypt", gcm(IV), aes_key(session, DECRYPT=False))


def test_parameters_are_checked(session: Session) -> None:
    """No parameter at all, and a tag longer than a block, are refused at Init."""
    key = aes_key(session)
    with refused(Rv.ARGUMENTS_BAD, Rv.MECHANISM_PARAM_INVALID):
        session.begin("Encrypt", plain(Mechanism.AES_GCM), key)
    with refused(Rv.ARGUMENTS_BAD, Rv.MECHANISM_PARAM_INVALID):
        session.begin("Encrypt", gcm(IV, tag_bits=129), key)


def test_an_hmac_key_does_not_encrypt(session: Session) -> None:
    """CKM_AES_GCM wants an AES key."""
    key = session.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Encrypt", gcm(IV), key)


@pytest.mark.ours  # SoftHSM2 lets the operation go on
def test_logging_out_ends_a_private_operation(session: Session) -> None:
    """After C_Logout returns, no operation with a private key goes on, and its handle is dead."""
    key = aes_key(session, PRIVATE=True)
    session.begin("Encrypt", gcm(IV), key)
    session.update("Encrypt", MESSAGE)
    session.logout()
    with refused(Rv.OPERATION_NOT_INITIALIZED, Rv.USER_NOT_LOGGED_IN):
        session.update("Encrypt", MESSAGE)
    with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):
        session.begin("Encrypt", gcm(IV), key)
