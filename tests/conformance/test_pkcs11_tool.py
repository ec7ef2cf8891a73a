"""OpenSC's pkcs11-tool, unmodified, does its ordinary work."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.openssl import Pair
    from tests.servers import Token

pytestmark = pytest.mark.program("OpenSC pkcs11-tool", "dpkg:opensc")

MESSAGE = b"a message for pkcs11-tool"
VALUE = bytes(range(1, 33))
IMPORT = """
import pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass

pkcs11.lib(MODULE).get_token(token_label=LABEL).open(user_pin=PIN, rw=True).create_object({
    Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.TOKEN: True,
    Attribute.VALUE: bytes(range(1, 33)), Attribute.SIGN: True, Attribute.LABEL: "known",
    Attribute.ID: b"\\x4b\\x01",
})
"""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A file with the bytes of a key."""
    path = tmp_path / "key"
    path.write_bytes(VALUE)
    return path


@pytest.fixture
def message_file(tmp_path: Path) -> Path:
    """A file with the message."""
    path = tmp_path / "message"
    path.write_bytes(MESSAGE)
    return path


@pytest.fixture
def imported(token: Token) -> Iterator[str]:
    """The id of a token key with a known value (pkcs11-tool 0.23 imports no generic secrets)."""
    token.python(IMPORT)
    yield "4b01"
    token.pkcs11_tool("--delete-object", "--type", "secrkey", "--id", "4b01")


def test_it_lists_slots_and_mechanisms(token: Token) -> None:
    """Without a login."""
    assert token.label in token.pkcs11_tool("--list-token-slots", login=False)
    mechanisms = token.pkcs11_tool("--list-mechanisms", login=False)
    for name in ("SHA256-HMAC", "AES-GCM", "AES-KEY-GEN", "SHA256"):
        assert name in mechanisms


def test_it_generates_lists_and_deletes(token: Token) -> None:
    """An AES key comes and goes."""
    token.pkcs11_tool("--keygen", "--key-type", "AES:32", "--label", "tool-made", "--id", "0a")
    assert "tool-made" in token.pkcs11_tool("--list-objects", "--type", "secrkey")
    token.pkcs11_tool("--delete-object", "--type", "secrkey", "--label", "tool-made")
    assert "tool-made" not in token.pkcs11_tool("--list-objects", "--type", "secrkey")


def test_it_imports_an_aes_key(token: Token, key_file: Path) -> None:
    """From a file, with the label it is given."""
    token.pkcs11_tool("--write-object", key_file, "--type", "secrkey", "--key-type", "AES:32", "--label", "from-file")
    assert "from-file" in token.pkcs11_tool("--list-objects", "--type", "secrkey")
    token.pkcs11_tool("--delete-object", "--type", "secrkey", "--label", "from-file")


def test_it_signs_with_an_imported_key(token: Token, imported: str, message_file: Path, tmp_path: Path) -> None:
    """The MAC is the one that the key's bytes give."""
    signature = tmp_path / "signature"
    token.pkcs11_tool(
        *("--sign", "--mechanism", "SHA256-HMAC", "--id", imported),
        *("--input-file", message_file, "--output-file", signature),
    )
    assert signature.read_bytes() == hmac.digest(VALUE, MESSAGE, hashlib.sha256)


def test_it_encrypts_and_decrypts(token: Token, key_file: Path, message_file: Path, tmp_path: Path) -> None:
    """AES-CBC with padding: the ciphertext is the one that the key's bytes give."""
    token.pkcs11_tool(
        *("--write-object", key_file, "--type", "secrkey", "--key-type", "AES:32"),
        *("--id", "0c", "--label", "tool-cipher", "--usage-decrypt"),
    )
    cipher = ["--mechanism", "AES-CBC-PAD", "--iv", "00" * 16, "--id", "0c"]
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    try:
        token.pkcs11_tool("--encrypt", *cipher, "--input-file", message_file, "--output-file", sealed)
        token.pkcs11_tool("--decrypt", *cipher, "--input-file", sealed, "--output-file", opened)
    finally:
        token.pkcs11_tool("--delete-object", "--type", "secrkey", "--id", "0c")
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(VALUE), modes.CBC(bytes(16))).encryptor()
    assert sealed.read_bytes() == encryptor.update(padder.update(MESSAGE) + padder.finalize())
    assert opened.read_bytes() == MESSAGE


def test_it_hashes(token: Token, message_file: Path, tmp_path: Path) -> None:
    """A digest without a key."""
    digest = tmp_path / "digest"
    token.pkcs11_tool(
        *("--hash", "--mechanism", "SHA256", "--input-file", message_file, "--output-file", digest), login=False
    )
    assert digest.read_bytes() == hashlib.sha256(MESSAGE).digest()


def test_it_draws_random_bytes(token: Token, tmp_path: Path) -> None:
    """In the length asked for."""
    output = tmp_path / "random"
    token.pkcs11_tool("--generate-random", "64", "--output-file", output, login=False)
    assert len(output.read_bytes()) == 64


def test_it_tells_a_wrong_pin(token: Token) -> None:
    """By name, and with a failing exit status."""
    said = token.pkcs11_tool("--login", "--pin", "certainly wrong", "--list-objects", login=False, check=False)
    assert re.search("CKR_PIN_INCORRECT", said)


def test_its_own_test(pair: Pair) -> None:
    """`pkcs11-tool --test` finds no error; what it verifies with the key was verified by OpenSSL in itself."""
    said = pair.token.pkcs11_tool("--test")
    assert "No errors" in said.splitlines()
    if pair.label.endswith("rsa"):
        for line in ("RSA-PKCS: OK", "RSA-PKCS-OAEP: mgf not set"):
            assert line in said
