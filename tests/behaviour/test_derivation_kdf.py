"""PKCS#11 v3.2, 5.18.5: HKDF, encrypted data, digests, passwords, and the miscellaneous simple derivations."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import kdf
from tests.behaviour.test_derivation import GENERIC, OPEN, session_under
from tests.cryptoki import refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cryptoki import Session, Template
    from tests.mechanisms import Parameters

SHA256: Final = Mechanism.SHA256
HASHES: Final[dict[int, hashes.HashAlgorithm]] = {
    Mechanism.SHA_1: hashes.SHA1(),  # noqa: S303 - HMAC with it is sound
    Mechanism.SHA224: hashes.SHA224(),
    Mechanism.SHA256: hashes.SHA256(),
    Mechanism.SHA384: hashes.SHA384(),
    Mechanism.SHA512: hashes.SHA512(),
}
BASE: Final = bytes(range(1, 33))
HIDDEN: Final = {"SENSITIVE": True, "EXTRACTABLE": False}
READABLE: Final = {"SENSITIVE": False, "EXTRACTABLE": True}
# RFC 5869, appendix A: hash, input, salt, info, output. A salt of None is the RFC's "not provided".
RFC5869: Final = (
    (
        *(Mechanism.SHA256, bytes([0x0B] * 22), bytes(range(13)), bytes(range(0xF0, 0xFA))),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        *(Mechanism.SHA256, bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100))),
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    (
        *(Mechanism.SHA_1, bytes([0x0C] * 22), None, b""),
        "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48",
    ),
)


def imported(session: Session, value: bytes = BASE, key_type: int = KeyType.GENERIC_SECRET, /, **said: bool) -> int:
    """A base key that may derive."""
    return session.create(secret_key(value, KeyType(key_type), **{"DERIVE": True, **said}))


def hkdf_key(session: Session, value: bytes = BASE, **said: bool) -> int:
    """A key of CKK_HKDF."""
    template: Template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: kdf.CKK_HKDF,
        Attribute.VALUE: value,
    }
    return session.create({**template, **{Attribute[name]: flag for name, flag in said.items()}})


def value_of(session: Session, mechanism: Parameters, base: int, length: int | None = None) -> bytes:
    """Derive a readable generic secret, and read it."""
    said = {} if length is None else {Attribute.VALUE_LEN: length}
    return session.read(session.derive(mechanism, base, {**GENERIC, **OPEN, **said}), Attribute.VALUE)


# ---- HKDF ----


@pytest.mark.ours  # SoftHSM2 has no HKDF
@pytest.mark.parametrize("vector", RFC5869)
def test_hkdf_gives_the_known_answers(
    session: Session, vector: tuple[Mechanism, bytes, bytes | None, bytes, str]
) -> None:
    """RFC 5869, appendix A."""
    prf, value, salt, info, expected = vector
    output = bytes.fromhex(expected)
    chosen = kdf.hkdf(prf, salt=salt, info=info)
    assert value_of(session, chosen, hkdf_key(session, value), len(output)) == output


@pytest.mark.ours
@pytest.mark.parametrize("prf", HASHES)
def test_hkdf_agrees_with_openssl(session: Session, prf: int) -> None:
    """Extract and expand, alone and together, from both types of keys."""
    digest = HASHES[prf]
    both = HKDF(digest, 100, b"salt", b"info").derive(BASE)
    for base in (hkdf_key(session), imported(session)):
        assert value_of(session, kdf.hkdf(prf, salt=b"salt", info=b"info"), base, 100) == both
    expanded = HKDFExpand(digest, 70, b"info").derive(BASE)
    assert value_of(session, kdf.hkdf(prf, extract=False, info=b"info"), hkdf_key(session), 70) == expanded
    extracted = value_of(session, kdf.hkdf(prf, expand=False, salt=b"salt"), hkdf_key(session))
    assert extracted == hmac.digest(b"salt", BASE, digest.name)


@pytest.mark.ours
def test_the_salt_may_be_a_key(session: Session) -> None:
    """CKF_HKDF_SALT_KEY, with a key that may derive too; else CKR_KEY_FUNCTION_NOT_PERMITTED."""
    salt = imported(session, b"a salt of its own")
    expected = HKDF(hashes.SHA256(), 32, b"a salt of its own", b"i").derive(BASE)
    assert value_of(session, kdf.hkdf(SHA256, salt_key=salt, info=b"i"), imported(session), 32) == expected
    useless = imported(session, b"another", DERIVE=False)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        value_of(session, kdf.hkdf(SHA256, salt_key=useless), imported(session), 32)
    with refused(Rv.KEY_HANDLE_INVALID):
        value_of(session, kdf.hkdf(SHA256, salt_key=123456789), imported(session), 32)


@pytest.mark.ours
def test_hkdf_makes_data(session: Session) -> None:
    """CKM_HKDF_DATA: a data object of the length that the template names."""
    expected = HKDF(hashes.SHA256(), 12, b"s", b"iv").derive(BASE)
    chosen = kdf.hkdf(SHA256, kind=kdf.CKM_HKDF_DATA, salt=b"s", info=b"iv")
    made = session.derive(chosen, hkdf_key(session), {Attribute.VALUE_LEN: 12, Attribute.LABEL: "iv"})
    assert session.read(made, Attribute.VALUE) == expected
    assert session.read(made, Attribute.CLASS) == bytes(8)
    without_length = session.derive(chosen, hkdf_key(session), {})
    assert len(session.read(without_length, Attribute.VALUE)) == hashes.SHA256.digest_size
    with refused(Rv.TEMPLATE_INCONSISTENT):
        session.derive(chosen, hkdf_key(session), {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.VALUE_LEN: 12})


@pytest.mark.ours
def test_hkdf_keys_are_made(session: Session) -> None:
    """CKM_HKDF_KEY_GEN: a key that derives, and does nothing else where the template is silent."""
    key = session.generate(plain(kdf.CKM_HKDF_KEY_GEN), {Attribute.VALUE_LEN: 32})
    assert int.from_bytes(session.read(key, Attribute.KEY_TYPE), "little") == kdf.CKK_HKDF
    assert session.read_flag(key, Attribute.DERIVE)
    assert not session.read_flag(key, Attribute.SIGN)
    session.derive(kdf.hkdf(SHA256), key, {**GENERIC, Attribute.VALUE_LEN: 32})


@pytest.mark.ours
def test_wrong_hkdf_is_refused(session: Session) -> None:
    """Neither step, an unknown hash, an output too long, no length of a key that has several."""
    base = hkdf_key(session)
    for wrong in (kdf.hkdf(SHA256, extract=False, expand=False), kdf.hkdf(0x1234), kdf.hkdf(Mechanism.AES_ECB)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, wrong, base, 32)
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.derive(kdf.hkdf(SHA256), base, {**OPEN, Attribute.KEY_TYPE: KeyType.AES})
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.derive(kdf.hkdf(SHA256), base, {**OPEN, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 17})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        value_of(session, kdf.hkdf(SHA256, expand=False), base, 33)
    for length in (0, 8, 63, 65):
        short = kdf.hkdf(SHA256)
        short.mechanism.length = length
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, short, base, 32)


# ---- encrypted data ----


def test_data_are_encrypted_to_a_key(session: Session) -> None:
    """ECB and CBC; what is too much is cut at the trailing end."""
    base = imported(session, BASE[:16], KeyType.AES)
    data, iv = bytes(range(48)), bytes(range(16))
    for chosen, mode in (
        (kdf.string_data(kdf.CKM_AES_ECB_ENCRYPT_DATA, data), modes.ECB()),  # noqa: S305 - the mechanism's
        (kdf.cbc_data(iv, data), modes.CBC(iv)),
    ):
        encryptor = Cipher(algorithms.AES(BASE[:16]), mode).encryptor()
        expected = encryptor.update(data)
        assert value_of(session, chosen, base, 48) == expected
        assert value_of(session, chosen, base, 20) == expected[:20]


@pytest.mark.ours  # SoftHSM2 has other codes
def test_wrong_data_are_refused(session: Session) -> None:
    """Not whole blocks, or fewer than the key needs: of that, test_policies.py has the standard's code."""
    base = imported(session, BASE[:16], KeyType.AES)
    for data in (b"", bytes(15), bytes(17)):
        for chosen in (kdf.string_data(kdf.CKM_AES_ECB_ENCRYPT_DATA, data), kdf.cbc_data(bytes(16), data)):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                value_of(session, chosen, base, 16)
    for chosen in (kdf.string_data(kdf.CKM_AES_ECB_ENCRYPT_DATA, bytes(16)), kdf.cbc_data(bytes(16), bytes(16))):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, chosen, base, 17)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        value_of(session, plain(kdf.CKM_AES_ECB_ENCRYPT_DATA), base, 16)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        value_of(session, kdf.cbc_data(bytes(16), bytes(16)), imported(session), 16)


# ---- digests and passwords ----

DIGESTS: Final = {0x392: "sha1", 0x396: "sha224", 0x393: "sha256", 0x394: "sha384", 0x395: "sha512"}


@pytest.mark.ours  # SoftHSM2 has none
@pytest.mark.parametrize("mechanism", DIGESTS)
def test_a_digest_is_a_key(session: Session, mechanism: int) -> None:
    """6.20.5: whole without a length, else its beginning; not more than it has."""
    expected = hashlib.new(DIGESTS[mechanism], BASE).digest()
    base = imported(session)
    assert value_of(session, plain(mechanism), base) == expected
    assert value_of(session, plain(mechanism), base, 16) == expected[:16]
    with refused(Rv.TEMPLATE_INCONSISTENT):
        value_of(session, plain(mechanism), base, len(expected) + 1)


# CKP_ values.
FUNCTIONS: Final = {1: hashes.SHA1(), 3: hashes.SHA224(), 4: hashes.SHA256(), 5: hashes.SHA384(), 6: hashes.SHA512()}  # noqa: S303


@pytest.mark.ours  # SoftHSM2 has no PBKDF2
@pytest.mark.parametrize("pointed", [True, False])
@pytest.mark.parametrize("prf", FUNCTIONS)
def test_a_password_is_a_key(session: Session, prf: int, *, pointed: bool) -> None:
    """CKM_PKCS5_PBKD2, with the parameters of v2.40 and of v3; the key has not always been hidden."""
    chosen = kdf.pbkdf2(prf, b"password", b"a longer salt", 1000, pointed=pointed)
    expected = PBKDF2HMAC(FUNCTIONS[prf], 40, b"a longer salt", 1000).derive(b"password")
    key = session.generate(chosen, {**GENERIC, **OPEN, Attribute.VALUE_LEN: 40})
    assert session.read(key, Attribute.VALUE) == expected
    hidden = session.generate(chosen, {**GENERIC, Attribute.VALUE_LEN: 40})
    assert not session.read_flag(hidden, Attribute.ALWAYS_SENSITIVE)
    aes = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}
    assert session.read(session.generate(chosen, {**aes, **OPEN}), Attribute.VALUE) == expected[:32]


@pytest.mark.ours
def test_wrong_passwords_are_refused(session: Session) -> None:
    """No iterations, too many, an unknown function, lengths and pointers that lie: never a crash."""
    template = {**GENERIC, Attribute.VALUE_LEN: 32}
    wrong = [kdf.pbkdf2(4, b"p", b"s", count) for count in (0, 10_000_001, 2**40)] + [kdf.pbkdf2(99, b"p", b"s", 1)]
    for length in (2**64 - 1, 2**20, 2**47 + 8, 65_536):
        lying = kdf.pbkdf2(4, b"p", b"s", 1)
        lying.kept[0].password_length = length  # type: ignore[attr-defined]
        wrong.append(lying)
    null = kdf.pbkdf2(4, b"p", b"s", 1)
    null.kept[0].password = None  # type: ignore[attr-defined]
    for chosen in (*wrong, null, plain(kdf.CKM_PKCS5_PBKD2)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.generate(chosen, template)
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.generate(kdf.pbkdf2(4, b"p", b"s", 1), GENERIC)


# ---- the simple ones ----


@pytest.mark.ours  # SoftHSM2 has the first three only
def test_keys_are_joined_and_cut(session: Session) -> None:
    """Concatenation, exclusive or, extraction, which goes on at the beginning."""
    base, data = imported(session, **READABLE), b"data of sixteen."
    second = imported(session, b"a second key", **READABLE)
    joined = ((kdf.CKM_CONCATENATE_BASE_AND_DATA, BASE + data), (kdf.CKM_CONCATENATE_DATA_AND_BASE, data + BASE))
    for mechanism, expected in joined:
        assert value_of(session, kdf.string_data(mechanism, data), base) == expected
        assert value_of(session, kdf.string_data(mechanism, data), base, 20) == expected[:20]
    chosen = kdf.number(kdf.CKM_CONCATENATE_BASE_AND_KEY, second)
    assert value_of(session, chosen, base) == BASE + b"a second key"
    mixed = bytes(left ^ right for left, right in zip(BASE, data, strict=False))
    assert value_of(session, kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, data), base) == mixed
    example = imported(session, bytes.fromhex("329f84a9"), **READABLE)
    cut = kdf.number(kdf.CKM_EXTRACT_KEY_FROM_KEY, 21)
    assert value_of(session, cut, example, 2) == bytes.fromhex("9526")
    with refused(Rv.TEMPLATE_INCOMPLETE):
        value_of(session, cut, example)
    for wrong in (kdf.number(kdf.CKM_EXTRACT_KEY_FROM_KEY, 32), plain(kdf.CKM_EXTRACT_KEY_FROM_KEY)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, wrong, example, 2)


@pytest.mark.ours
def test_what_tells_its_base_is_as_protected(session: Session) -> None:
    """Whatever the template says, on every token; any other derivation may be read on a `compatible` one."""
    hidden, readable = imported(session, **HIDDEN), imported(session, **READABLE)
    for chosen, base in (
        (kdf.string_data(kdf.CKM_CONCATENATE_BASE_AND_DATA, b"x"), hidden),
        (kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, bytes(32)), hidden),
        (kdf.number(kdf.CKM_CONCATENATE_BASE_AND_KEY, hidden), readable),
    ):
        key = session.derive(chosen, base, {**GENERIC, **OPEN})
        assert session.read_flag(key, Attribute.SENSITIVE)
        assert not session.read_flag(key, Attribute.EXTRACTABLE)
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(key, Attribute.VALUE)
    assert len(value_of(session, kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, bytes(32)), readable)) == 32


@pytest.mark.ours
def test_no_key_is_a_part_of_one_that_may_not_be_read(session: Session) -> None:
    """A byte of a key is guessed, and then the next; nor is one key of SP 800-108 told by a CMAC over it."""
    hidden, readable = imported(session, **HIDDEN), imported(session, **READABLE)
    data = bytes(32)
    for chosen in (
        kdf.number(kdf.CKM_EXTRACT_KEY_FROM_KEY, 8),
        kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, data),
        kdf.string_data(kdf.CKM_CONCATENATE_DATA_AND_BASE, data),
    ):
        with refused(Rv.TEMPLATE_INCONSISTENT):
            session.derive(chosen, hidden, {**GENERIC, Attribute.VALUE_LEN: 1})
        assert len(value_of(session, chosen, readable, 1)) == 1
    fields = (kdf.counted(kdf.ITERATION_VARIABLE, 8), (kdf.KEY_HANDLE, bytes(ctypes.c_ulong(hidden))))
    macs = ((Mechanism.AES_CMAC, KeyType.AES, False), (Mechanism.SHA256_HMAC, KeyType.GENERIC_SECRET, True))
    for mac, key_type, goes in macs:
        base = imported(session, BASE, key_type, **READABLE)
        chosen = kdf.kdf108(kdf.COUNTER_KDF, mac, fields)
        with contextlib.nullcontext() if goes else refused(Rv.MECHANISM_PARAM_INVALID):
            session.derive(chosen, base, {**GENERIC, Attribute.VALUE_LEN: 16})


# ---- policies ----


@pytest.mark.ours  # SoftHSM2 has no policies
def test_standard_tells_nothing_of_a_sensitive_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key that signs or encrypts derives; no data but the IVs of TLS 1.3; no mechanism that tells its base."""
    with session_under("standard", tmp_path / "server", monkeypatch) as session:
        for mechanism in (0x392, 0x393):
            with refused(Rv.MECHANISM_INVALID):
                session.derive(plain(mechanism), imported(session), GENERIC)
        with refused(Rv.MECHANISM_INVALID):
            session.derive(kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, BASE), imported(session), GENERIC)
        check_separation(session)
        check_tls13(session)


def check_separation(session: Session) -> None:
    """With CKA_SIGN or CKA_ENCRYPT an application computes the derived key itself; nor may it have had them."""
    template = {**GENERIC, Attribute.VALUE_LEN: 32}
    alone = {"ENCRYPT": False, "DECRYPT": False, "SIGN": False, "VERIFY": False}
    for use in ("SIGN", "VERIFY"):
        signing = imported(session, **{**alone, use: True})
        with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
            session.derive(kdf.hkdf(SHA256), signing, template)
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.write(signing, {Attribute[use]: False})
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.copy(signing, {Attribute[use]: False})
        session.copy(signing, {Attribute[use]: False, Attribute.DERIVE: False})
    for use in alone:
        base = imported(session, BASE, KeyType.AES, **{**alone, use: True})
        with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
            session.derive(kdf.cbc_data(bytes(16), bytes(32)), base, template)
    derived = session.derive(kdf.hkdf(SHA256), imported(session, **alone), template)
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(derived, Attribute.VALUE)
    aes = imported(session, BASE, KeyType.AES, **alone)
    session.derive(kdf.cbc_data(bytes(16), bytes(32)), aes, template)


def check_tls13(session: Session) -> None:
    """RFC 8446, 7.3: the IV is data, the key is a key."""

    def label(name: bytes) -> bytes:
        return b"\x00\x0c" + bytes([6 + len(name)]) + b"tls13 " + name + b"\x00"

    def expanded(name: bytes, kind: int = kdf.CKM_HKDF_DERIVE) -> Parameters:
        return kdf.hkdf(SHA256, kind=kind, extract=False, info=label(name))

    base, twelve = hkdf_key(session), {Attribute.VALUE_LEN: 12}
    made = session.derive(expanded(b"iv", kdf.CKM_HKDF_DATA), base, twelve)
    assert session.read(made, Attribute.VALUE) == HKDFExpand(hashes.SHA256(), 12, label(b"iv")).derive(BASE)
    session.derive(expanded(b"key"), base, {**GENERIC, Attribute.VALUE_LEN: 32})
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.derive(expanded(b"key", kdf.CKM_HKDF_DATA), base, twelve)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.derive(expanded(b"iv"), base, {**GENERIC, Attribute.VALUE_LEN: 32})
    generic = imported(session, ENCRYPT=False, DECRYPT=False, SIGN=False, VERIFY=False)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.derive(expanded(b"iv", kdf.CKM_HKDF_DATA), generic, twelve)
