"""NIST's CAVP vectors, as the package `cryptography-vectors` carries them, where Wycheproof has none."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, secret_key
from tests.mechanisms import ctr, iv, plain
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

FOLDER: Final = resources.files("cryptography_vectors")
SIZES: Final = (128, 192, 256)
# AESAVS: known answers by S-box, key, plaintext, and messages of several blocks.
KINDS: Final = ("GFSbox", "KeySbox", "VarKey", "VarTxt", "MMT")
HASHES: Final = {
    "SHA1/SHA1": tables.CKM_SHA_1,
    "SHA2/SHA224": tables.CKM_SHA224,
    "SHA2/SHA256": tables.CKM_SHA256,
    "SHA2/SHA384": tables.CKM_SHA384,
    "SHA2/SHA512": tables.CKM_SHA512,
    "SHA2/SHA512_224": tables.CKM_SHA512_224,
    "SHA2/SHA512_256": tables.CKM_SHA512_256,
    "SHA3/SHA3_224": tables.CKM_SHA3_224,
    "SHA3/SHA3_256": tables.CKM_SHA3_256,
    "SHA3/SHA3_384": tables.CKM_SHA3_384,
    "SHA3/SHA3_512": tables.CKM_SHA3_512,
}
COUNTER_BITS: Final = 128
ROOM: Final = 64

Record = dict[str, str]


def records(path: str) -> Iterator[Record]:
    """Read the records of a file: lines of NAME = VALUE, ended by an empty one."""
    record: Record = {}
    for line in [*FOLDER.joinpath(path).read_text(encoding="utf-8").splitlines(), ""]:
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            record[name.strip().upper()] = value.strip()
        elif record and not line.strip():
            yield record
            record = {}


def both_ways(session: Session, mechanism: Parameters, record: Record) -> None:
    """Encrypt and decrypt one record."""
    key, message, sealed = (bytes.fromhex(record[name]) for name in ("KEY", "PLAINTEXT", "CIPHERTEXT"))
    handle = session.create(secret_key(key, KeyType.AES, ENCRYPT=True, DECRYPT=True))
    for kind, content, expected in (("Encrypt", message, sealed), ("Decrypt", sealed, message)):
        session.begin(kind, mechanism, handle)
        assert session.output(f"C_{kind}", *data(content), room=len(content) + ROOM) == expected, record
    session.destroy(handle)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("mode", ["ECB", "CBC"])
def test_aes_modes(session: Session, mode: str, bits: int, kind: str) -> None:
    """AESAVS, ECB and CBC."""
    played = 0
    for record in records(f"ciphers/AES/{mode}/{mode}{kind}{bits}.rsp"):
        start = bytes.fromhex(record.get("IV", ""))
        mechanism = iv(Mechanism.AES_CBC, start) if mode == "CBC" else plain(Mechanism.AES_ECB)
        both_ways(session, mechanism, record)
        played += 1
    assert played


@pytest.mark.parametrize("bits", SIZES)
def test_aes_ctr(session: Session, bits: int) -> None:
    """SP 800-38A, appendix F.5."""
    played = 0
    for record in records(f"ciphers/AES/CTR/aes-{bits}-ctr.txt"):
        if "KEY" in record:
            both_ways(session, ctr(bytes.fromhex(record["IV"]), COUNTER_BITS), record)
            played += 1
    assert played


@pytest.mark.parametrize("length", ["ShortMsg", "LongMsg"])
@pytest.mark.parametrize("name", HASHES)
def test_hashes(session: Session, name: str, length: str) -> None:
    """SHAVS and SHA3VS: whole bytes, to several thousand."""
    played = 0
    for record in records(f"hashes/{name}{length}.rsp"):
        if "LEN" in record:
            message = bytes.fromhex(record["MSG"])[: int(record["LEN"]) // 8]
            session.begin("Digest", plain(HASHES[name]))
            assert session.output("C_Digest", *data(message), room=ROOM) == bytes.fromhex(record["MD"]), record
            played += 1
    assert played


@pytest.mark.parametrize("bits", SIZES)
def test_aes_cmac(session: Session, bits: int) -> None:
    """SP 800-38B, appendix D."""
    played = 0
    for record in records(f"CMAC/nist-800-38b-aes{bits}.txt"):
        if "KEY" in record:
            key = session.create(secret_key(bytes.fromhex(record["KEY"]), KeyType.AES, SIGN=True))
            message = bytes.fromhex(record["MESSAGE"])[: int(record.get("LEN", "512")) // 8]
            expected = bytes.fromhex(record["OUTPUT"])
            assert session.complete("Sign", plain(Mechanism.AES_CMAC), key, message) == expected
            played += 1
    assert played
