"""RFC 8410, 9881 (6), 9935 (6), 9909 (7): how X25519, X448, ML-DSA, ML-KEM and SLH-DSA private keys are wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pytest
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa, mlkem, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_wrapping import KEK, KWP, kek, readable
from tests.cryptoki import refused
from tests.mechanisms import plain
from tests.rv import Rv
from tests.slh_dsa import SETS

if TYPE_CHECKING:
    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 has no such keys

CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)  # the enumeration lacks it
CKK_EC_MONTGOMERY: Final = cast("KeyType", 0x41)  # nor this
CKK_SLH_DSA: Final = cast("KeyType", 0x4B)
CKM_SLH_DSA_KEY_PAIR_GEN: Final = 0x2D
CKM_SLH_DSA: Final = 0x2E
# RFC 9909, C.1 and C.2: a private key of SLH-DSA-SHA2-128s, and its public key.
SLH_DSA_INFO: Final = bytes.fromhex(
    "3052020100300b060960864801650304031404"
    "40a2263bca45860836523160049523d621677fad90d51eb6067a327e0d1e64a501"
    "2b8109ec777caa4e1f024ccfcf9497d99180509280f4256af2b07af80289b494"
)
SLH_DSA_PUBLIC_INFO: Final = bytes.fromhex(
    "3030300b06096086480165030403140321002b8109ec777caa4e1f024ccfcf9497d99180509280f4256af2b07af80289b494"
)
SHA2_128S, SHA2_128F = 1, 3
# Without SHAKE's `s`, which take seconds.
QUICK: Final = sorted(set(SETS) - {2, 6, 10})
Lattice = (
    mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
    | mlkem.MLKEM768PrivateKey
    | mlkem.MLKEM1024PrivateKey
)
Montgomery = x25519.X25519PrivateKey | x448.X448PrivateKey
LATTICES: Final[tuple[tuple[KeyType, int, type[Lattice]], ...]] = (
    (KeyType.ML_DSA, 1, mldsa.MLDSA44PrivateKey),
    (KeyType.ML_DSA, 2, mldsa.MLDSA65PrivateKey),
    (KeyType.ML_DSA, 3, mldsa.MLDSA87PrivateKey),
    (KeyType.ML_KEM, 2, mlkem.MLKEM768PrivateKey),
    (KeyType.ML_KEM, 3, mlkem.MLKEM1024PrivateKey),
)
lattices = pytest.mark.parametrize(("key_type", "parameter_set", "kind"), LATTICES)


def info_of(key: Lattice | Montgomery | ed25519.Ed25519PrivateKey) -> bytes:
    """Write OpenSSL's PrivateKeyInfo."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_info(key: Lattice | Montgomery) -> bytes:
    """Write OpenSSL's SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def element(tag: int, *parts: bytes) -> bytes:
    """Write one element of DER, of less than 64 KiB."""
    content = b"".join(parts)
    length = len(content)
    head = [length] if length < 128 else [0x81, length] if length < 256 else [0x82, length >> 8, length & 255]
    return bytes([tag, *head]) + content


def unwrap(session: Session, key_type: KeyType, info: bytes) -> int:
    """C_UnwrapKey of a PrivateKeyInfo that was wrapped elsewhere."""
    template = readable(key_type, ObjectClass.PRIVATE_KEY)
    return session.unwrap(KWP, kek(session), keywrap.aes_key_wrap_with_padding(KEK, info), template)


def wrapped(session: Session, key: int) -> bytes:
    """C_WrapKey: the PrivateKeyInfo."""
    return keywrap.aes_key_unwrap_with_padding(KEK, session.wrap(KWP, kek(session), key))


@pytest.mark.parametrize("kind", [x25519.X25519PrivateKey, x448.X448PrivateKey])
def test_montgomery_curves_are_rfc_8410(session: Session, kind: type[Montgomery]) -> None:
    """OpenSSL's key comes in and goes out as it was; what is cut, or of another type, does not come in."""
    foreign = kind.generate()
    made = unwrap(session, CKK_EC_MONTGOMERY, info_of(foreign))
    assert session.read(made, CKA_PUBLIC_KEY_INFO) == public_info(foreign)
    assert session.read(made, Attribute.VALUE) == foreign.private_bytes_raw()
    assert wrapped(session, made) == info_of(foreign)
    others = info_of(ed25519.Ed25519PrivateKey.generate()), info_of(mldsa.MLDSA44PrivateKey.generate())
    for wrong in (info_of(foreign)[:-1], *others):
        with refused(Rv.WRAPPED_KEY_INVALID):
            unwrap(session, CKK_EC_MONTGOMERY, wrong)


@lattices
def test_a_seed_comes_and_goes(session: Session, key_type: KeyType, parameter_set: int, kind: type[Lattice]) -> None:
    """OpenSSL's seed makes its key, and goes out again as it was; the template may name the right set only."""
    foreign = kind.generate()
    info = info_of(foreign)
    made = unwrap(session, key_type, info)
    assert session.read(made, CKA_PUBLIC_KEY_INFO) == public_info(foreign)
    assert session.read(made, Attribute.SEED) == foreign.private_bytes_raw()
    assert wrapped(session, made) == info
    bytes_ = keywrap.aes_key_wrap_with_padding(KEK, info)
    template = readable(key_type, ObjectClass.PRIVATE_KEY)
    assert session.unwrap(KWP, kek(session), bytes_, template | {Attribute.PARAMETER_SET: parameter_set})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        session.unwrap(KWP, kek(session), bytes_, template | {Attribute.PARAMETER_SET: parameter_set % 3 + 1})


@lattices
def test_every_form_is_read(session: Session, key_type: KeyType, parameter_set: int, kind: type[Lattice]) -> None:
    """Seed, expanded key, or both, which then belong together; a key without its seed goes out expanded."""
    foreign, other = kind.generate(), kind.generate()
    seed, info = foreign.private_bytes_raw(), info_of(foreign)
    value = session.read(unwrap(session, key_type, info), Attribute.VALUE)
    algorithm = info[info.index(b"\x30\x0b") :][:13]
    assert algorithm[-1] == (16 if key_type is KeyType.ML_DSA else 0) + parameter_set

    def with_key(*form: bytes) -> bytes:
        return element(0x30, b"\2\1\0", algorithm, element(4, *form))

    expanded = with_key(element(4, value))
    both = with_key(element(0x30, element(4, seed), element(4, value)))
    for form, expected in ((expanded, expanded), (both, info)):
        made = unwrap(session, key_type, form)
        assert session.read(made, CKA_PUBLIC_KEY_INFO) == public_info(foreign)
        assert session.read(made, Attribute.VALUE) == value
        assert wrapped(session, made) == expected
    for wrong in (
        with_key(element(0x30, element(4, other.private_bytes_raw()), element(4, value))),
        with_key(element(0x80, seed[:-1])),
        with_key(element(4, value[:-1])),
        with_key(element(4, seed)),
        with_key(element(0x30, element(4, seed))),
        with_key(element(0x80, seed), b"\0"),
        with_key(),
        element(0x30, b"\2\1\0", element(0x30, algorithm[2:], b"\5\0"), element(4, element(0x80, seed))),
    ):
        with refused(Rv.WRAPPED_KEY_INVALID):
            unwrap(session, key_type, wrong)


def test_a_generated_key_goes_on(session: Session) -> None:
    """What is unwrapped signs like what was generated here and wrapped: without being readable."""
    hidden = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    public, private = session.generate_pair(Mechanism.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2}, hidden)
    carrier = kek(session)
    template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.ML_DSA}
    again = session.unwrap(KWP, carrier, session.wrap(KWP, carrier, private), template)
    signature = session.complete("Sign", plain(Mechanism.ML_DSA), again, b"message")
    session.verify(plain(Mechanism.ML_DSA), public, b"message", signature)
    for kind in (Attribute.VALUE, Attribute.SEED):
        with refused(Rv.ATTRIBUTE_SENSITIVE):
            session.read(again, kind)


def test_slh_dsa_is_rfc_9909(session: Session) -> None:
    """The RFC's key comes in and goes out as it was, and in no other form; the template may name the right set only."""
    made = unwrap(session, CKK_SLH_DSA, SLH_DSA_INFO)
    assert session.read(made, CKA_PUBLIC_KEY_INFO) == SLH_DSA_PUBLIC_INFO
    assert session.read(made, Attribute.VALUE) == SLH_DSA_INFO[-64:]
    assert wrapped(session, made) == SLH_DSA_INFO
    template = readable(CKK_SLH_DSA, ObjectClass.PRIVATE_KEY)
    bytes_ = keywrap.aes_key_wrap_with_padding(KEK, SLH_DSA_INFO)
    assert session.unwrap(KWP, kek(session), bytes_, template | {Attribute.PARAMETER_SET: SHA2_128S})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        session.unwrap(KWP, kek(session), bytes_, template | {Attribute.PARAMETER_SET: SHA2_128F})
    algorithm, value = SLH_DSA_INFO[5:18], SLH_DSA_INFO[-64:]

    def with_key(key: bytes, algorithm: bytes = algorithm) -> bytes:
        return element(0x30, b"\2\1\0", algorithm, element(4, key))

    def changed(at: int) -> bytes:
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]

    assert with_key(value) == SLH_DSA_INFO
    other_sets = [algorithm[:-1] + bytes([last]) for last in (19, 21, 22, 26, 32, 35)]
    for wrong in (
        *(with_key(changed(at)) for at in (0, 15, 32, 47, 48, 63)),
        *(with_key(value, name) for name in other_sets),
        *(with_key(key) for key in (value[:-1], value + b"\0", value[:32], b"", element(4, value))),
        element(0x30, b"\2\1\0", element(0x30, algorithm[2:], b"\5\0"), element(4, value)),
    ):
        with refused(Rv.WRAPPED_KEY_INVALID):
            unwrap(session, CKK_SLH_DSA, wrong)
    for key_type, info in (
        (KeyType.ML_DSA, SLH_DSA_INFO),
        (CKK_SLH_DSA, info_of(mldsa.MLDSA44PrivateKey.generate())),
    ):
        with refused(Rv.WRAPPED_KEY_INVALID):
            unwrap(session, key_type, info)


@pytest.mark.parametrize("parameter_set", QUICK)
def test_a_generated_slh_dsa_key_goes_on(session: Session, parameter_set: int) -> None:
    """Generated here, wrapped as the set's, and unwrapped: the same key, and hidden as it was."""
    hidden = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    public, private = session.generate_pair(CKM_SLH_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: parameter_set}, hidden)
    carrier = kek(session)
    bytes_ = session.wrap(KWP, carrier, private)
    info = keywrap.aes_key_unwrap_with_padding(KEK, bytes_)
    # The public key's algorithm, and the public key at the end of the private one.
    public_info = session.read(public, CKA_PUBLIC_KEY_INFO)
    value = session.read(public, Attribute.VALUE)
    assert info == element(0x30, b"\2\1\0", public_info[2:15], element(4, info[-2 * len(value) :]))
    assert info.endswith(value)
    template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: CKK_SLH_DSA}
    again = session.unwrap(KWP, carrier, bytes_, template)
    assert session.read(again, CKA_PUBLIC_KEY_INFO) == public_info
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(again, Attribute.VALUE)
    if parameter_set == SHA2_128F:
        signature = session.complete("Sign", plain(CKM_SLH_DSA), again, b"message")
        session.verify(plain(CKM_SLH_DSA), public, b"message", signature)
