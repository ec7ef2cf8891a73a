"""PKCS#11 v3.2, 5.18.5 and 6.3: keys derived by ECDH; OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

import ctypes
import hmac
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import kdf, servers
from tests.cryptoki import CKU_USER, Module, refused, secret_key
from tests.mechanisms import ecdh, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cryptoki import Session

CURVES: Final[dict[str, tuple[bytes, ec.EllipticCurve]]] = {
    "P-224": (bytes.fromhex("06052b81040021"), ec.SECP224R1()),
    "P-256": (bytes.fromhex("06082a8648ce3d030107"), ec.SECP256R1()),
    "P-384": (bytes.fromhex("06052b81040022"), ec.SECP384R1()),
    "P-521": (bytes.fromhex("06052b81040023"), ec.SECP521R1()),
    "secp256k1": (bytes.fromhex("06052b8104000a"), ec.SECP256K1()),
    "brainpoolP256r1": (bytes.fromhex("06092b2403030208010107"), ec.BrainpoolP256R1()),
    "brainpoolP384r1": (bytes.fromhex("06092b240303020801010b"), ec.BrainpoolP384R1()),
    "brainpoolP512r1": (bytes.fromhex("06092b240303020801010d"), ec.BrainpoolP512R1()),
}
BRAINPOOL: Final = ("brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")
# CKD_ values of the X9.63 functions, and of SP 800-56C's.
X963: Final = {2: hashes.SHA1(), 5: hashes.SHA224(), 6: hashes.SHA256(), 7: hashes.SHA384(), 8: hashes.SHA512()}  # noqa: S303
ONE_STEP: Final = {15: hashes.SHA224(), 16: hashes.SHA256(), 17: hashes.SHA384(), 18: hashes.SHA512()}
ECDH1: Final = Mechanism.ECDH1_DERIVE
OPEN: Final = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
GENERIC: Final = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}


@contextmanager
def session_under(policy: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A logged-in session with a token of this policy."""
    with servers.dev_server(path, "--policy", policy) as server:
        for name, value in server.token.environment.items():
            monkeypatch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin, CKU_USER)
            yield session


def encoded(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a key's public point, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def in_octets(point: bytes) -> bytes:
    """Wrap a point of less than 256 bytes in an OCTET STRING."""
    return b"\x04" + (bytes([len(point)]) if len(point) < 128 else bytes([0x81, len(point)])) + point


class Pair:
    """A key pair of the token and one of OpenSSL's, on one curve."""

    def __init__(self, session: Session, name: str, **private: bool) -> None:
        oid, curve = CURVES[name]
        self.session = session
        self.own = ec.generate_private_key(curve)
        said = {Attribute[kind]: value for kind, value in private.items()}
        public, self.private = session.generate_pair(
            Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: oid}, {Attribute.DERIVE: True, **said}
        )
        length = (curve.key_size + 7) // 8
        point = session.read(public, Attribute.EC_POINT)[-2 * length - 1 :]
        other = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
        self.secret = self.own.exchange(ec.ECDH(), other)
        self.public = encoded(self.own)

    def derived(self, length: int | None, mechanism: int = ECDH1, **parameters: bytes | int) -> bytes:
        """Derive a readable generic secret, and read it."""
        said = {} if length is None else {Attribute.VALUE_LEN: length}
        chosen = ecdh(mechanism, **{"public": self.public, **parameters})  # type: ignore[arg-type]
        key = self.session.derive(chosen, self.private, {**GENERIC, **OPEN, **said})
        return self.session.read(key, Attribute.VALUE)


@pytest.mark.parametrize("name", [pytest.param("P-224", marks=pytest.mark.ours), "P-256", "P-384", "P-521", *BRAINPOOL])
def test_both_sides_share_a_secret(session: Session, name: str) -> None:
    """The x-coordinate, as long as the field."""
    pair = Pair(session, name)
    assert pair.derived(len(pair.secret)) == pair.secret


@pytest.mark.ours  # SoftHSM2 has neither the curve nor the mechanism
@pytest.mark.parametrize("name", ["secp256k1", *BRAINPOOL])
def test_the_cofactor_is_one(session: Session, name: str) -> None:
    """CKM_ECDH1_COFACTOR_DERIVE gives the same, and secp256k1 is a curve like the others."""
    pair = Pair(session, name)
    assert pair.derived(None, Mechanism.ECDH1_COFACTOR_DERIVE) == pair.secret


def test_the_point_may_stand_in_octets(session: Session) -> None:
    """Raw or DER: both forms are in use (6.3.17)."""
    pair = Pair(session, "P-256")
    assert pair.derived(32, public=in_octets(pair.public)) == pair.secret


def test_without_a_length_the_secret_is_whole(session: Session) -> None:
    """A generic secret of the field's length."""
    pair = Pair(session, "P-384")
    assert pair.derived(None) == pair.secret


@pytest.mark.parametrize("length", [16, 24])
def test_leading_bytes_are_cut(session: Session, length: int) -> None:
    """6.3.17: truncation removes bytes from the leading end."""
    pair = Pair(session, "P-256")
    assert pair.derived(length) == pair.secret[-length:]


@pytest.mark.ours  # SoftHSM2 knows CKD_NULL only
@pytest.mark.parametrize("kdf", [*X963, *ONE_STEP])
def test_functions_of_the_secret(session: Session, kdf: int) -> None:
    """ANSI X9.63 and SP 800-56C, with shared data, over several blocks of the hash."""
    pair = Pair(session, "P-256")
    for length, shared in ((16, b""), (150, b"both know this")):
        if kdf in X963:
            expected = X963KDF(X963[kdf], length, shared).derive(pair.secret)
        else:
            expected = ConcatKDFHash(ONE_STEP[kdf], length, shared).derive(pair.secret)
        assert pair.derived(length, kdf=kdf, shared=shared) == expected


def test_an_aes_key_is_derived(session: Session) -> None:
    """It is the right one, and was not made here."""
    pair = Pair(session, "P-256")
    template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}
    key = session.derive(ecdh(ECDH1, pair.public), pair.private, {**template, Attribute.ENCRYPT: True})
    same = session.create(secret_key(pair.secret, KeyType.AES, ENCRYPT=True))
    ecb = plain(Mechanism.AES_ECB)
    assert session.complete("Encrypt", ecb, key, bytes(16)) == session.complete("Encrypt", ecb, same, bytes(16))
    assert not session.read_flag(key, Attribute.LOCAL)


def test_history_is_inherited(session: Session) -> None:
    """5.18.5: always sensitive and never extractable if the base key has been, and the new one is."""
    history = (Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)
    for base, own, expected in (
        ({"SENSITIVE": True, "EXTRACTABLE": False}, {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}, True),
        ({"SENSITIVE": True, "EXTRACTABLE": False}, OPEN, False),
        ({"SENSITIVE": False, "EXTRACTABLE": True}, {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}, False),
    ):
        pair = Pair(session, "P-256", **base)
        template = {**GENERIC, Attribute.VALUE_LEN: 32, **own}
        key = session.derive(ecdh(ECDH1, pair.public), pair.private, template)
        assert [session.read_flag(key, flag) for flag in history] == [expected, expected]


@pytest.mark.ours  # SoftHSM2 says CKR_GENERAL_ERROR
@pytest.mark.parametrize("name", ["P-256", *BRAINPOOL])
def test_a_point_beside_the_curve_is_refused(session: Session, name: str) -> None:
    """Nor is the point at infinity taken, or one of another curve: they would give the private key away."""
    pair = Pair(session, name)
    length = len(pair.public)
    beside = pair.public[:-1] + bytes([pair.public[-1] ^ 1])
    other = encoded(ec.generate_private_key(ec.SECP521R1()))
    # As long as a point of this curve, and on none.
    foreign = other[:length]
    for point in (beside, other, foreign, b"\x00", in_octets(b"\x00"), b"\x04", bytes(length), in_octets(beside)):
        with refused(Rv.PUBLIC_KEY_INVALID):
            pair.derived(32, public=point)


@pytest.mark.ours  # SoftHSM2 takes shared data beside CKD_NULL, and crashes on null pointers
def test_wrong_parameters_are_refused(session: Session) -> None:
    """CKR_MECHANISM_PARAM_INVALID, never a crash."""
    pair = Pair(session, "P-256")
    for wrong in ({"kdf": 0}, {"kdf": 3}, {"kdf": 99}, {"shared": b"beside CKD_NULL"}, {"public": b""}):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            pair.derived(32, **wrong)
    for length in (0, 8, 39, 41):
        parameters = ecdh(ECDH1, pair.public)
        parameters.mechanism.length = length
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.derive(parameters, pair.private, GENERIC)
    parameters = ecdh(ECDH1, pair.public)
    parameters.kept[0].public = None  # type: ignore[attr-defined]
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.derive(parameters, pair.private, GENERIC)


@pytest.mark.ours  # SoftHSM2 has other codes
def test_lengths_that_cannot_be(session: Session) -> None:
    """Longer than the secret, unfit for the type, or missing where only the template can say it."""
    pair = Pair(session, "P-256")
    with refused(Rv.TEMPLATE_INCONSISTENT):
        pair.derived(33)
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        pair.derived(0)
    with refused(Rv.TEMPLATE_INCOMPLETE):
        pair.derived(None, kdf=6)
    aes = {Attribute.KEY_TYPE: KeyType.AES}
    for length, rv in ((None, Rv.TEMPLATE_INCOMPLETE), (17, Rv.ATTRIBUTE_VALUE_INVALID)):
        said = {} if length is None else {Attribute.VALUE_LEN: length}
        with refused(rv):
            session.derive(ecdh(ECDH1, pair.public), pair.private, {**aes, **said})


@pytest.mark.ours  # SoftHSM2 has other codes
def test_a_template_may_not_bring_the_value(session: Session) -> None:
    """Nor another class, nor what only the server sets."""
    pair = Pair(session, "P-256")
    for extra in (
        {Attribute.VALUE: bytes(32)},
        {Attribute.CLASS: ObjectClass.PRIVATE_KEY},
        {Attribute.KEY_TYPE: KeyType.RSA},
        {Attribute.LOCAL: True},
        {Attribute.ALWAYS_SENSITIVE: True},
    ):
        with refused(Rv.TEMPLATE_INCONSISTENT, Rv.ATTRIBUTE_READ_ONLY):
            session.derive(ecdh(ECDH1, pair.public), pair.private, {**GENERIC, Attribute.VALUE_LEN: 32, **extra})


def test_the_base_key_says_what_it_is_for(session: Session) -> None:
    """CKA_DERIVE, CKA_ALLOWED_MECHANISMS, type and class."""
    pair = Pair(session, "P-256", DERIVE=False)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        pair.derived(32)
    other = session.create(secret_key(bytes(32), KeyType.AES, DERIVE=True))
    with refused(Rv.KEY_TYPE_INCONSISTENT, Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.derive(ecdh(ECDH1, pair.public), other, GENERIC)
    with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):
        session.derive(ecdh(ECDH1, pair.public), 123456789, GENERIC)
    with refused(Rv.MECHANISM_INVALID):
        session.derive(plain(Mechanism.SHA256), pair.private, GENERIC)


@pytest.mark.ours  # SoftHSM2 does not look at it
def test_mechanisms_that_are_not_allowed(session: Session) -> None:
    """CKA_ALLOWED_MECHANISMS of the base key."""
    allowed = bytes(ctypes.c_ulong(Mechanism.ECDSA))
    oid, _ = CURVES["P-256"]
    _, private = session.generate_pair(
        Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: oid}, {Attribute.ALLOWED_MECHANISMS: allowed}
    )
    with refused(Rv.MECHANISM_INVALID):
        session.derive(ecdh(ECDH1, Pair(session, "P-256").public), private, GENERIC)


def test_a_public_key_derives_nothing(session: Session) -> None:
    """Half of a pair only."""
    oid, _ = CURVES["P-256"]
    public, _ = session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: oid}, {})
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED, Rv.KEY_TYPE_INCONSISTENT, Rv.KEY_HANDLE_INVALID):
        session.derive(ecdh(ECDH1, Pair(session, "P-256").public), public, GENERIC)


@pytest.mark.ours  # SoftHSM2 has no policies
@pytest.mark.parametrize("policy", ["standard", "strict"])
def test_what_is_derived_is_as_protected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    """Neither readable nor short enough to be guessed, where the base key is sensitive."""
    with session_under(policy, tmp_path / "server", monkeypatch) as session:
        check_protection(session)


def check_protection(session: Session) -> None:
    """What the tests above do on a `compatible` token is refused, and a protected key works."""
    pair = Pair(session, "P-256")
    with refused(Rv.TEMPLATE_INCONSISTENT):
        pair.derived(32)
    for exposed in ({Attribute.SENSITIVE: False}, {Attribute.EXTRACTABLE: True}, {Attribute.VALUE_LEN: 15}):
        with refused(Rv.TEMPLATE_INCONSISTENT):
            session.derive(ecdh(ECDH1, pair.public), pair.private, {**GENERIC, **exposed})
    key = session.derive(ecdh(ECDH1, pair.public), pair.private, {**GENERIC, Attribute.VALUE_LEN: 32})
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(key, Attribute.VALUE)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, b"m")
    # The shared secret is there to be derived from (SP 800-56C, 5).
    template = {**GENERIC, Attribute.VALUE_LEN: 32}
    made = session.derive(kdf.hkdf(Mechanism.SHA256), key, template)
    expected = HKDF(hashes.SHA256(), 32, None, b"").derive(pair.secret)
    assert session.complete("Sign", plain(Mechanism.SHA256_HMAC), made, b"m") == hmac.digest(expected, b"m", "sha256")
    # What its function of derivation makes is a key.
    by_kdf = session.derive(ecdh(ECDH1, pair.public, 6), pair.private, template)
    session.complete("Sign", plain(Mechanism.SHA256_HMAC), by_kdf, b"m")
    for again in ({Attribute.DERIVE: True}, {Attribute.UNWRAP: True}):
        with refused(Rv.TEMPLATE_INCONSISTENT):
            session.derive(ecdh(ECDH1, pair.public, 6), pair.private, {**template, **again})
