"""What a token's policy takes away, as a program sees it."""

from __future__ import annotations

from ctypes import Structure, byref, c_ulong
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import servers
from tests.cryptoki import CKU_USER, Module, Session, refused, secret_key
from tests.kdf import CKM_AES_ECB_ENCRYPT_DATA, cbc_data, string_data
from tests.mechanisms import ecdh, iv, plain
from tests.rv import Rv
from vhsm.wire.tables import MECHANISMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tests.cryptoki import Template

pytestmark = pytest.mark.ours
POLICIES = ("compatible", "standard", "strict")
CKF_DECRYPT = 0x0000_0200
CKF_SIGN = 0x0000_0800
CKF_OPERATIONS = 0x000F_FF00 | 0x3000_0000
PAIR = Mechanism.RSA_PKCS_KEY_PAIR_GEN
NO_WORK = ("ENCRYPT", "DECRYPT", "SIGN", "VERIFY", "DERIVE")
SIZE = {Attribute.MODULUS_BITS: 2048}
OPEN = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}


class CkMechanismInfo(Structure):
    """CK_MECHANISM_INFO."""

    _fields_ = (("least", c_ulong), ("greatest", c_ulong), ("flags", c_ulong))


@pytest.fixture(scope="module", params=POLICIES)
def token(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Session]]:
    """A policy, and a logged-in session on a token that has it."""
    policy: str = request.param
    with (
        pytest.MonkeyPatch.context() as patch,
        servers.dev_server(tmp_path_factory.mktemp(policy) / "server", "--policy", policy) as server,
    ):
        for name, value in server.token.environment.items():
            patch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin, CKU_USER)
            yield policy, session


def mechanism_info(session: Session, mechanism: int) -> CkMechanismInfo:
    """Call C_GetMechanismInfo."""
    info = CkMechanismInfo()
    session.module.call("C_GetMechanismInfo", c_ulong(session.info().slot), c_ulong(mechanism), byref(info))
    return info


def flags_of(session: Session, mechanism: int) -> int:
    """Return the flags of C_GetMechanismInfo."""
    return int(mechanism_info(session, mechanism).flags)


def test_the_list_is_what_the_policy_offers(token: tuple[str, Session]) -> None:
    """Every mechanism that is listed can do something, and what is not listed is not known to C_GetMechanismInfo."""
    policy, session = token
    listed = session.module.mechanisms(session.info().slot)
    assert listed == {row.value for row in MECHANISMS.values() if row.offered(policy)}
    assert all(flags_of(session, mechanism) & CKF_OPERATIONS for mechanism in listed)
    for mechanism in MECHANISMS.keys() - listed:
        with refused(Rv.MECHANISM_INVALID):
            flags_of(session, mechanism)


def test_strict_has_no_ecb(token: tuple[str, Session]) -> None:
    """ECB shows which blocks are equal: not in `strict`; the other modes go on."""
    policy, session = token
    key = session.generate(plain(Mechanism.AES_KEY_GEN), {Attribute.VALUE_LEN: 32})
    if policy == "strict":
        with refused(Rv.MECHANISM_INVALID):
            session.begin("Encrypt", plain(Mechanism.AES_ECB), key)
    else:
        assert len(session.complete("Encrypt", plain(Mechanism.AES_ECB), key, bytes(32))) == 32
    cbc = iv(Mechanism.AES_CBC, bytes(16))
    ciphertext = session.complete("Encrypt", cbc, key, bytes(32))
    assert session.complete("Decrypt", cbc, key, ciphertext) == bytes(32)


def test_strict_decrypts_no_pkcs1_padding(token: tuple[str, Session]) -> None:
    """Signatures with the same mechanism go on; elsewhere decryption works, with keys that may."""
    policy, session = token
    public, private = session.generate_pair(
        PAIR, SIZE | {Attribute.ENCRYPT: True}, {Attribute.DECRYPT: True, Attribute.SIGN: False}
    )
    if policy == "strict":
        assert flags_of(session, Mechanism.RSA_PKCS) & (CKF_SIGN | CKF_DECRYPT) == CKF_SIGN
        for kind, key in (("Encrypt", public), ("Decrypt", private)):
            with refused(Rv.MECHANISM_INVALID):
                session.begin(kind, plain(Mechanism.RSA_PKCS), key)
    else:
        ciphertext = session.complete("Encrypt", plain(Mechanism.RSA_PKCS), public, b"secret")
        assert session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, ciphertext) == b"secret"
    public, private = session.generate_pair(PAIR, SIZE | {Attribute.VERIFY: True}, {Attribute.SIGN: True})
    signature = session.complete("Sign", plain(Mechanism.RSA_PKCS), private, b"message")
    session.verify(plain(Mechanism.RSA_PKCS), public, b"message", signature)


def test_strict_rsa_keys_sign_or_decrypt(token: tuple[str, Session]) -> None:
    """A template that asks for both is refused; elsewhere one key does both."""
    policy, session = token
    both = {Attribute.SIGN: True, Attribute.DECRYPT: True}
    if policy == "strict":
        with refused(Rv.TEMPLATE_INCONSISTENT):
            session.generate_pair(PAIR, SIZE, both)
        for usage in both:
            session.generate_pair(PAIR, SIZE, {**dict.fromkeys(both, False), usage: True})
        return
    _, private = session.generate_pair(PAIR, SIZE, both)
    assert all(session.read_flag(private, usage) for usage in both)


@pytest.mark.parametrize(
    ("bits", "exponent", "answer"),
    [
        (512, 65_537, Rv.KEY_SIZE_RANGE),
        (1920, 65_537, Rv.KEY_SIZE_RANGE),
        (2048, 3, Rv.ATTRIBUTE_VALUE_INVALID),
        (2048, 65_537, None),
    ],
)
def test_weak_rsa_keys_are_for_old_programs(
    token: tuple[str, Session], bits: int, exponent: int, answer: Rv | None
) -> None:
    """A short modulus or a small public exponent: neither is generated nor imported but on a `compatible` token."""
    policy, session = token
    assert mechanism_info(session, Mechanism.RSA_PKCS).least == (512 if policy == "compatible" else 2048)
    said: Template = {Attribute.PUBLIC_EXPONENT: exponent.to_bytes(3)}
    known: Template = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.RSA}
    imported: Template = {**known, Attribute.MODULUS: b"\xff" * (bits // 8), **said}
    if policy == "compatible" or answer is None:
        session.create(imported)
        session.generate_pair(PAIR, {Attribute.MODULUS_BITS: bits, **said}, {})
        return
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(imported)
    with refused(answer):
        session.generate_pair(PAIR, {Attribute.MODULUS_BITS: bits, **said}, {})


P192 = bytes.fromhex("06082a8648ce3d030101")


def test_p_192_is_for_old_programs(token: tuple[str, Session]) -> None:
    """No key is generated or imported on it but on a `compatible` token, where it signs and derives like the others."""
    policy, session = token
    ours = ec.generate_private_key(ec.SECP192R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    known: Template = {Attribute.KEY_TYPE: KeyType.EC, Attribute.EC_PARAMS: P192}
    imported: tuple[Template, ...] = (
        {**known, Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_POINT: b"\x04\x31" + point},
        {
            **known,
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.VALUE: ours.private_numbers().private_value.to_bytes(24),
        },
    )
    curve, derives = {Attribute.EC_PARAMS: P192}, {Attribute.DERIVE: True}
    for mechanism in (Mechanism.EC_KEY_PAIR_GEN, Mechanism.ECDSA, Mechanism.ECDH1_DERIVE):
        assert mechanism_info(session, mechanism).least == (192 if policy == "compatible" else 224)
    if policy != "compatible":
        for template in imported:
            with refused(Rv.CURVE_NOT_SUPPORTED):
                session.create(template)
        with refused(Rv.CURVE_NOT_SUPPORTED):
            session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, curve, derives)
        return
    verifies, signs = [session.create(template) for template in imported]
    ecdsa = plain(Mechanism.ECDSA_SHA256)
    signature = session.complete("Sign", ecdsa, signs, b"message")
    der = encode_dss_signature(int.from_bytes(signature[:24]), int.from_bytes(signature[24:]))
    ours.public_key().verify(der, b"message", ec.ECDSA(hashes.SHA256()))
    session.verify(ecdsa, verifies, b"message", signature)
    public, private = session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, curve, derives)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP192R1(), session.read(public, Attribute.EC_POINT)[2:])
    secret: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, **OPEN}
    derived = session.derive(ecdh(Mechanism.ECDH1_DERIVE, point), private, secret)
    assert session.read(derived, Attribute.VALUE) == ours.exchange(ec.ECDH(), theirs)
    beside = point[:-1] + bytes([point[-1] ^ 1])
    for wrong in (beside, b"\x00", bytes(49)):
        with refused(Rv.PUBLIC_KEY_INVALID):
            session.derive(ecdh(Mechanism.ECDH1_DERIVE, wrong), private, secret)


@pytest.mark.parametrize(
    ("key_type", "key", "weak"),
    [
        (KeyType.EC, ec.generate_private_key(ec.SECP192R1()), True),
        (KeyType.RSA, rsa.generate_private_key(65_537, 1024), True),  # noqa: S505 - weak on purpose
        (KeyType.EC, ec.generate_private_key(ec.BrainpoolP256R1()), False),
    ],
    ids=["P-192", "RSA-1024", "brainpoolP256r1"],
)
def test_what_is_wrapped_is_held_to_the_policy(
    token: tuple[str, Session], key_type: KeyType, key: PrivateKeyTypes, weak: bool
) -> None:
    """A key that could not be imported as it is does not come in wrapped either."""
    policy, session = token
    kek = bytes(range(32))
    carrier = session.create(secret_key(kek, KeyType.AES, UNWRAP=True, ENCRYPT=False, DECRYPT=False))
    info = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    wrapped = aes_key_wrap_with_padding(kek, info)
    template: Template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: key_type, Attribute.SIGN: True}
    for on_token in (False, True):
        asked: Template = {**template, Attribute.TOKEN: on_token}
        if weak and policy != "compatible":
            before = len(session.find({}))
            with refused(Rv.WRAPPED_KEY_INVALID):
                session.unwrap(plain(Mechanism.AES_KEY_WRAP_KWP), carrier, wrapped, asked)
            assert len(session.find({})) == before
        else:
            made = session.unwrap(plain(Mechanism.AES_KEY_WRAP_KWP), carrier, wrapped, asked)
            mechanism = Mechanism.SHA256_RSA_PKCS if key_type == KeyType.RSA else Mechanism.ECDSA_SHA256
            assert session.complete("Sign", plain(mechanism), made, b"message")
            session.destroy(made)


def test_a_check_value_tells_nothing_that_is_kept(token: tuple[str, Session]) -> None:
    """It begins what GCM hashes with, and what is derived from zeros: on `strict` there is none.

    On `standard` a key that derives, and does no other work, has none; a template is not looked at then.
    """
    policy, session = token
    for usage, told in (
        ({}, policy != "strict"),
        ({"ENCRYPT": False, "DECRYPT": False, "SIGN": False, "VERIFY": False}, policy == "compatible"),
        ({"DERIVE": False}, policy != "strict"),
    ):
        made = session.create(secret_key(bytes(32), KeyType.AES, **usage))
        assert session.read(made, Attribute.CHECK_VALUE) == (b"\xdc\x95\xc0" if told else b"")
        wrong = secret_key(bytes(32), KeyType.AES, CHECK_VALUE=b"\0\0\0", **usage)
        if told:
            with refused(Rv.ATTRIBUTE_VALUE_INVALID):
                session.create(wrong)
        else:
            assert session.read(session.create(wrong), Attribute.CHECK_VALUE) == b""


def test_key_wrap_of_data_is_no_way_around(token: tuple[str, Session]) -> None:
    """A key that wraps does not encrypt and decrypt with key wrap, which would give away what it wrapped."""
    policy, session = token
    usage = {"WRAP": True, "UNWRAP": True}
    mechanism = plain(Mechanism.AES_KEY_WRAP_KWP)
    carrier = session.create(secret_key(bytes(32), KeyType.AES, **usage))
    if policy != "compatible":
        for kind in ("Encrypt", "Decrypt"):
            with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
                session.begin(kind, mechanism, carrier)
    carried = session.create(secret_key(bytes(32), KeyType.AES, SENSITIVE=False, EXTRACTABLE=True))
    assert session.wrap(mechanism, carrier, carried)
    both = secret_key(bytes(32), KeyType.AES, **usage, DECRYPT=True)
    match policy:
        case "strict":
            with refused(Rv.TEMPLATE_INCONSISTENT):
                session.create(both)
        case "standard":
            with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
                session.wrap(mechanism, session.create(both), carried)
        case _:
            wrapped = session.wrap(mechanism, carrier, carried)
            assert session.complete("Decrypt", mechanism, session.create(both), wrapped) == bytes(32), "the control"
    worker = session.create(secret_key(bytes(32), KeyType.AES))
    sealed = session.complete("Encrypt", mechanism, worker, b"some data")
    assert session.complete("Decrypt", mechanism, worker, sealed) == b"some data"


def test_only_what_may_be_read_is_digested(token: tuple[str, Session]) -> None:
    """A digest of a sensitive key, with data around it, is a function of derivation."""
    policy, session = token
    for protected in (False, True):
        key = session.create(secret_key(bytes(32), KeyType.AES, SENSITIVE=protected, EXTRACTABLE=not protected))
        session.begin("Digest", plain(Mechanism.SHA256))
        if protected and policy != "compatible":
            with refused(Rv.KEY_INDIGESTIBLE):
                session.call("C_DigestKey", c_ulong(key))
            continue
        session.call("C_DigestKey", c_ulong(key))
        assert session.output("C_DigestFinal") == sha256(bytes(32)).digest()


def test_data_that_are_too_short_for_a_key(token: tuple[str, Session]) -> None:
    """The standard's code, but where programs that know other tokens expect theirs."""
    policy, session = token
    base = session.create(secret_key(bytes(32), KeyType.AES, DERIVE=True, **dict.fromkeys(NO_WORK[:4], False)))
    kind: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}
    for mechanism in (string_data(CKM_AES_ECB_ENCRYPT_DATA, bytes(16)), cbc_data(bytes(16), bytes(16))):
        with refused(Rv.MECHANISM_PARAM_INVALID if policy == "compatible" else Rv.DATA_LEN_RANGE):
            session.derive(mechanism, base, kind)
