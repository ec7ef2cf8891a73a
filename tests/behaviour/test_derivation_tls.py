"""PKCS#11 v3.2, 5.18.5: SP 800-108 and TLS 1.2, whose calls make several keys at once."""

from __future__ import annotations

import ctypes
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, KBKDFHMAC, CounterLocation, Mode
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import kdf
from tests.behaviour.test_derivation import GENERIC, OPEN, session_under
from tests.behaviour.test_derivation_kdf import BASE, imported, value_of
from tests.cryptoki import CkTemplate, refused
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.cryptoki import Session
    from tests.kdf import Field

pytestmark = pytest.mark.ours  # SoftHSM2 has none of these

SHA256: Final = Mechanism.SHA256
SHA256_HMAC: Final = Mechanism.SHA256_HMAC
COUNTED: Final = kdf.counted(kdf.ITERATION_VARIABLE, 32)
TEXT: Final[Field] = (kdf.BYTE_ARRAY, b"label\x00context")
HMACS: Final = {Mechanism.SHA_1_HMAC: "sha1", Mechanism.SHA256_HMAC: "sha256", Mechanism.SHA512_HMAC: "sha512"}


def hmac_with(name: str) -> Callable[[bytes], bytes]:
    """HMAC with the base key."""
    return lambda data: hmac.digest(BASE, data, name)


# ---- SP 800-108 ----


@pytest.mark.parametrize("prf", HMACS)
@pytest.mark.parametrize("length", [16, 32, 200])
def test_counter_mode_agrees_with_openssl(session: Session, prf: Mechanism, length: int) -> None:
    """HMAC over counter, fixed data and length."""
    digest = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha512": hashes.SHA512()}[HMACS[prf]]  # noqa: S303
    before = CounterLocation.BeforeFixed
    theirs = KBKDFHMAC(digest, Mode.CounterMode, length, 4, 4, before, b"label", b"context", None)
    fields = (COUNTED, TEXT, kdf.length_field(32))
    assert value_of(session, kdf.kdf108(kdf.COUNTER_KDF, prf, fields), imported(session), length) == theirs.derive(BASE)


def test_counter_mode_by_cmac(session: Session) -> None:
    """The same with AES-CMAC and an AES key; the counter after the data."""
    fixed = b"all of it"
    theirs = KBKDFCMAC(algorithms.AES, Mode.CounterMode, 40, 2, None, CounterLocation.AfterFixed, None, None, fixed)
    fields = ((kdf.BYTE_ARRAY, fixed), kdf.counted(kdf.ITERATION_VARIABLE, 16))
    base = imported(session, BASE, KeyType.AES)
    assert value_of(session, kdf.kdf108(kdf.COUNTER_KDF, Mechanism.AES_CMAC, fields), base, 40) == theirs.derive(BASE)


def feedback(mac: Callable[[bytes], bytes], iv: bytes, fixed: bytes, length: int, width: int) -> bytes:
    """SP 800-108, 4.2, with a counter."""
    output, last = b"", iv
    for counter in range(1, length + 1):
        last = mac(last + counter.to_bytes(width, "big") + fixed)
        output += last
    return output[:length]


def double_pipeline(mac: Callable[[bytes], bytes], fixed: bytes, length: int) -> bytes:
    """SP 800-108, 4.3, without a counter."""
    output, chain = b"", fixed
    while len(output) < length:
        chain = mac(chain)
        output += mac(chain + fixed)
    return output[:length]


@pytest.mark.parametrize("iv", [b"", b"an initial value"])
def test_feedback_mode(session: Session, iv: bytes) -> None:
    """Each MAC goes into the next."""
    fields = (kdf.VARIABLE, kdf.counted(kdf.COUNTER, 8), TEXT, kdf.length_field(16, little_endian=True))
    fixed = TEXT[1] + (80 * 8).to_bytes(2, "little")
    expected = feedback(hmac_with("sha256"), iv, fixed, 80, 1)
    chosen = kdf.kdf108(kdf.FEEDBACK_KDF, SHA256_HMAC, fields, iv=iv)
    assert value_of(session, chosen, imported(session), 80) == expected


def test_double_pipeline_mode(session: Session) -> None:
    """One row of MACs goes into another, by HMAC and by CMAC."""
    expected = double_pipeline(hmac_with("sha512"), TEXT[1], 150)
    chosen = kdf.kdf108(kdf.DOUBLE_PIPELINE_KDF, Mechanism.SHA512_HMAC, (kdf.VARIABLE, TEXT))
    assert value_of(session, chosen, imported(session), 150) == expected

    def cmac(data: bytes) -> bytes:
        running = CMAC(algorithms.AES(BASE))
        running.update(data)
        return running.finalize()

    chosen = kdf.kdf108(kdf.DOUBLE_PIPELINE_KDF, Mechanism.AES_CMAC, (kdf.VARIABLE, TEXT))
    assert value_of(session, chosen, imported(session, BASE, KeyType.AES), 40) == double_pipeline(cmac, TEXT[1], 40)


@pytest.mark.parametrize("method", [kdf.SUM_OF_KEYS, kdf.SUM_OF_SEGMENTS])
def test_several_keys_at_once(session: Session, method: int) -> None:
    """Of one stream, one after the other; each begins with a MAC of its own where the length counts whole ones."""
    segment, lengths = 32, (20, 32, 40)
    taken = [length if method == kdf.SUM_OF_KEYS else -(-length // segment) * segment for length in lengths]
    fixed = TEXT[1] + (sum(taken) * 8).to_bytes(4, "big")
    stream = b"".join(hmac_with("sha256")(count.to_bytes(4, "big") + fixed) for count in range(1, 9))
    places = [ctypes.c_ulong() for _ in lengths[1:]]
    templates = [CkTemplate({**GENERIC, **OPEN, Attribute.VALUE_LEN: length}) for length in lengths[1:]]
    further = [
        kdf.CkDerivedKey(ctypes.addressof(template.array), len(template.array), ctypes.addressof(place))
        for template, place in zip(templates, places, strict=True)
    ]
    fields = (COUNTED, TEXT, kdf.length_field(32, method))
    chosen = kdf.kdf108(kdf.COUNTER_KDF, SHA256_HMAC, fields, further=further)
    first = session.derive(chosen, imported(session), {**GENERIC, **OPEN, Attribute.VALUE_LEN: lengths[0]})
    at = 0
    for key, length, step in zip((first, *(place.value for place in places)), lengths, taken, strict=True):
        assert session.read(key, Attribute.VALUE) == stream[at : at + length]
        at += step


def test_a_field_may_be_a_key(session: Session) -> None:
    """CK_SP800_108_KEY_HANDLE."""
    handle = bytes(ctypes.c_ulong(imported(session, b"a secret label")))
    chosen = kdf.kdf108(kdf.COUNTER_KDF, SHA256_HMAC, (COUNTED, (kdf.KEY_HANDLE, handle)))
    expected = hmac_with("sha256")(b"\x00\x00\x00\x01a secret label")
    assert value_of(session, chosen, imported(session), 32) == expected


WRONG_FIELDS: Final[tuple[tuple[int, Sequence[Field]], ...]] = (
    (kdf.COUNTER_KDF, ()),
    (kdf.COUNTER_KDF, (TEXT,)),
    (kdf.COUNTER_KDF, (COUNTED, COUNTED)),
    (kdf.COUNTER_KDF, (kdf.VARIABLE, TEXT)),
    (kdf.COUNTER_KDF, (COUNTED, kdf.counted(kdf.COUNTER, 32))),
    (kdf.COUNTER_KDF, (kdf.counted(kdf.ITERATION_VARIABLE, 12),)),
    (kdf.COUNTER_KDF, (kdf.counted(kdf.ITERATION_VARIABLE, 72),)),
    (kdf.COUNTER_KDF, (COUNTED, kdf.length_field(32), kdf.length_field(32))),
    (kdf.COUNTER_KDF, (COUNTED, kdf.length_field(32, 3))),
    (kdf.COUNTER_KDF, (COUNTED, (99, b"x"))),
    (kdf.COUNTER_KDF, (COUNTED, (kdf.DKM_LENGTH, b"short"))),
    (kdf.FEEDBACK_KDF, (COUNTED, TEXT)),
    (kdf.DOUBLE_PIPELINE_KDF, (TEXT,)),
)


@pytest.mark.parametrize(("kind", "fields"), WRONG_FIELDS)
def test_wrong_fields_are_refused(session: Session, kind: int, fields: Sequence[Field]) -> None:
    """CKR_MECHANISM_PARAM_INVALID for what is not its mode's."""
    with refused(Rv.MECHANISM_PARAM_INVALID):
        value_of(session, kdf.kdf108(kind, SHA256_HMAC, fields), imported(session), 32)


def test_wrong_parameters_of_sp800_108_are_refused(session: Session) -> None:
    """Null arrays, structures too short, functions that are none, a key of another type, a counter too narrow."""
    base, fields = imported(session), (COUNTED, TEXT)
    for name, value in (("fields", None), ("field_count", 2**40), ("key_count", 1), ("key_count", 2**40)):
        chosen = kdf.kdf108(kdf.COUNTER_KDF, SHA256_HMAC, fields)
        setattr(chosen.kept[0], name, value)
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, chosen, base, 32)
    for prf in (SHA256, Mechanism.SHA256_HMAC_GENERAL, Mechanism.RSA_PKCS, 0):
        with refused(Rv.MECHANISM_PARAM_INVALID, Rv.KEY_TYPE_INCONSISTENT):
            value_of(session, kdf.kdf108(kdf.COUNTER_KDF, prf, fields), base, 32)
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        value_of(session, kdf.kdf108(kdf.COUNTER_KDF, Mechanism.AES_CMAC, fields), base, 32)
    narrow = kdf.kdf108(kdf.COUNTER_KDF, Mechanism.AES_CMAC, (kdf.counted(kdf.ITERATION_VARIABLE, 8),))
    aes = imported(session, BASE, KeyType.AES)
    assert len(value_of(session, narrow, aes, 512)) == 512
    short = kdf.kdf108(kdf.COUNTER_KDF, SHA256_HMAC, (COUNTED, kdf.length_field(8)))
    with refused(Rv.TEMPLATE_INCONSISTENT):
        value_of(session, short, base, 32)
    with refused(Rv.TEMPLATE_INCOMPLETE):
        value_of(session, kdf.kdf108(kdf.COUNTER_KDF, SHA256_HMAC, fields), base)


# ---- TLS 1.2 ----

CLIENT: Final = bytes(range(32))
SERVER: Final = bytes(range(64, 96))
MASTER: Final = bytes(range(100, 148))
RSA_PREMASTER: Final = b"\x03\x03" + bytes(range(46))


def prf(secret: bytes, label: bytes, seed: bytes, length: int, name: str = "sha256") -> bytes:
    """RFC 5246, 5."""
    seed, output = label + seed, b""
    chain = seed
    while len(output) < length:
        chain = hmac.digest(secret, chain, name)
        output += hmac.digest(secret, chain + seed, name)
    return output[:length]


def test_the_tls_function_gives_the_known_answer(session: Session) -> None:
    """The vector for P_SHA256 of the TLS working group's list."""
    base = imported(session, bytes.fromhex("9bbe436ba940f017b17652849a71db35"))
    seed = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    expected = (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077d"
        "ef17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"
    )
    chosen = kdf.tls_kdf(SHA256, b"test label", seed[:8], seed[8:])
    assert value_of(session, chosen, base, 100).hex() == expected


@pytest.mark.parametrize("context", [None, b"a context"])
def test_exporters(session: Session, context: bytes | None) -> None:
    """RFC 5705: a context comes with its length."""
    seed = CLIENT + SERVER + (b"" if context is None else len(context).to_bytes(2, "big") + context)
    chosen = kdf.tls_kdf(Mechanism.SHA384, b"EXPORTER-test", CLIENT, SERVER, context)
    expected = prf(MASTER, b"EXPORTER-test", seed, 60, "sha384")
    assert value_of(session, chosen, imported(session, MASTER), 60) == expected


def test_master_secrets(session: Session) -> None:
    """Of RSA, with the version that the premaster secret begins with; of Diffie-Hellman; and of RFC 7627."""
    expected = prf(RSA_PREMASTER, b"master secret", CLIENT + SERVER, 48)
    version = ctypes.create_string_buffer(2)
    base = imported(session, RSA_PREMASTER)
    assert value_of(session, kdf.tls_master(kdf.TLS12_MASTER, SHA256, CLIENT, SERVER, version), base) == expected
    assert version.raw == b"\x03\x03"
    shared = imported(session)
    expected = prf(BASE, b"master secret", CLIENT + SERVER, 48)
    assert value_of(session, kdf.tls_master(kdf.TLS12_MASTER_DH, SHA256, CLIENT, SERVER, None), shared) == expected
    digest = hashlib.sha256(b"handshake").digest()
    expected = prf(BASE, b"extended master secret", digest, 48)
    extended = kdf.tls_extended_master(kdf.TLS12_EXTENDED_MASTER_DH, SHA256, digest)
    assert value_of(session, extended, shared) == expected
    with refused(Rv.MECHANISM_PARAM_INVALID):  # there is no version in it
        value_of(session, kdf.tls_master(kdf.TLS12_MASTER_DH, SHA256, CLIENT, SERVER, version), shared)
    with refused(Rv.TEMPLATE_INCONSISTENT):
        value_of(session, extended, shared, 47)
    with refused(Rv.KEY_SIZE_RANGE):
        value_of(session, kdf.tls_master(kdf.TLS12_MASTER, SHA256, CLIENT, SERVER, version), shared)


OPENLY: Final = {"SENSITIVE": False, "EXTRACTABLE": True}
AES: Final = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}


def derive_tls(session: Session, asked: kdf.TlsKeys, base: int, **said: bool) -> None:
    """C_DeriveKey without a place for a handle: they stand in the parameters."""
    template = CkTemplate({**AES, **{Attribute[name]: flag for name, flag in said.items()}})
    mechanism = ctypes.byref(asked.parameters.mechanism)
    session.call("C_DeriveKey", mechanism, ctypes.c_ulong(base), *template.arguments, None)


@pytest.mark.parametrize("sizes", [(160, 128, 128), (256, 256, 128), (0, 256, 32), (0, 128, 0), (384, 256, 0)])
def test_keys_and_ivs(session: Session, sizes: tuple[int, int, int]) -> None:
    """CKM_TLS12_KEY_AND_MAC_DERIVE: MAC keys, keys and IVs of client and server, in the order of RFC 5246, 6.3."""
    mac, key, iv = (size // 8 for size in sizes)
    block = prf(MASTER, b"key expansion", SERVER + CLIENT, 2 * (mac + key + iv))
    asked = kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, sizes, CLIENT, SERVER)
    derive_tls(session, asked, imported(session, MASTER, **OPENLY), **OPENLY)
    handles = (asked.out.client_mac, asked.out.server_mac, asked.out.client_key, asked.out.server_key)
    at = 0
    for handle, length in zip(handles, (mac, mac, key, key), strict=True):
        assert (handle != 0) is (length != 0)
        if length:
            assert session.read(handle, Attribute.VALUE) == block[at : at + length]
        at += length
    assert asked.ivs[0].raw[:iv] + asked.ivs[1].raw[:iv] == block[at:]


def test_safe_keys_have_no_ivs(session: Session) -> None:
    """CKM_TLS12_KEY_SAFE_DERIVE makes the same keys and tells nothing."""
    asked = kdf.tls_keys(kdf.TLS12_KEY_SAFE, SHA256, (160, 128, 128), CLIENT, SERVER)
    derive_tls(session, asked, imported(session, MASTER, **OPENLY), **OPENLY)
    block = prf(MASTER, b"key expansion", SERVER + CLIENT, 72)
    assert session.read(asked.out.server_key, Attribute.VALUE) == block[56:]
    assert asked.ivs[0].raw == asked.ivs[1].raw == bytes(16)


def test_keys_are_protected_as_their_master_secret(session: Session) -> None:
    """They inherit CKA_SENSITIVE and CKA_EXTRACTABLE, and a template that says otherwise is refused."""
    for held in (OPENLY, {"SENSITIVE": True, "EXTRACTABLE": True}, {"SENSITIVE": True, "EXTRACTABLE": False}):
        base = imported(session, MASTER, **held)
        asked = kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, (160, 128, 128), CLIENT, SERVER)
        derive_tls(session, asked, base)
        for handle in (asked.out.client_mac, asked.out.server_key):
            for name, flag in held.items():
                assert session.read(handle, Attribute[name]) == bytes([flag])
        for name, flag in held.items():
            with refused(Rv.TEMPLATE_INCONSISTENT):
                derive_tls(session, asked, base, **{name: not flag})


def test_wrong_parameters_of_tls_are_refused(session: Session) -> None:
    """Null pointers, sizes that are no cipher suite's, an unknown hash: the standard's answers."""
    base = imported(session, MASTER)
    for sizes in ((0, 0, 0), (1, 128, 0), (160, 129, 0), (160, 2**40, 0), (160, 128, 136)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            derive_tls(session, kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, sizes, CLIENT, SERVER), base)
    for name, value in (("out", None), ("prf", 0), ("export", 1)):
        asked = kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, (160, 128, 128), CLIENT, SERVER)
        setattr(asked.parameters.kept[0], name, value)
        with refused(Rv.MECHANISM_PARAM_INVALID):
            derive_tls(session, asked, base)
    asked = kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, (160, 128, 128), CLIENT, SERVER)
    asked.out.server_iv = None
    with refused(Rv.MECHANISM_PARAM_INVALID):
        derive_tls(session, asked, base)
    for chosen in (kdf.tls_kdf(SHA256, b"", CLIENT, SERVER), kdf.tls_kdf(SHA256, b"label", b"", b"")):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            value_of(session, chosen, base, 32)


def test_standard_gives_no_part_of_a_key_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IVs and versions come out of the same stream as keys: only CKM_TLS12_KEY_SAFE_DERIVE is offered."""
    with session_under("standard", tmp_path / "server", monkeypatch) as session:
        base = imported(session, MASTER, SIGN=False, VERIFY=False, ENCRYPT=False, DECRYPT=False)
        with refused(Rv.MECHANISM_INVALID):
            derive_tls(session, kdf.tls_keys(kdf.TLS12_KEY_AND_MAC, SHA256, (0, 128, 32), CLIENT, SERVER), base)
        version = ctypes.create_string_buffer(2)
        with refused(Rv.MECHANISM_INVALID):
            session.derive(kdf.tls_master(kdf.TLS12_MASTER, SHA256, CLIENT, SERVER, version), base, GENERIC)
        asked = kdf.tls_keys(kdf.TLS12_KEY_SAFE, SHA256, (160, 128, 32), CLIENT, SERVER)
        derive_tls(session, asked, base)
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(asked.out.client_mac, Attribute.VALUE)
        with refused(Rv.TEMPLATE_INCONSISTENT):
            derive_tls(session, asked, base, SENSITIVE=False)
