"""Players of derivations: ECDH, X25519, X448, HKDF, PBKDF2. What is derived is a readable generic secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType

from tests import kdf
from tests.cryptoki import Refused, secret_key
from tests.mechanisms import ecdh
from tests.rv import Rv
from tests.vectors.signatures import CURVES, CURVES_PROMISED
from tests.vectors.stage import Skip, Stage, Wrong
from vhsm.wire import limits

if TYPE_CHECKING:
    from tests.cryptoki import Template
    from tests.mechanisms import Parameters
    from tests.vectors.judge import Player
    from tests.vectors.source import Group, Vector

READABLE: Final[Template] = {
    Attribute.CLASS: ObjectClass.SECRET_KEY,
    Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
    Attribute.SENSITIVE: False,
    Attribute.EXTRACTABLE: True,
}
KEY_BYTES_MAX: Final = 512  # of a generic secret; longer outputs are compared as far as that
EC_PUBLIC_KEY: Final = bytes.fromhex("06072a8648ce3d0201")
MONTGOMERY: Final = {"curve25519": bytes.fromhex("06032b656e"), "curve448": bytes.fromhex("06032b656f")}
CKK_EC_MONTGOMERY: Final = 0x41  # which `pkcs11` does not know
# CKP_PKCS5_PBKD2_HMAC_… (PKCS#11 v3.2, 6.37.3).
PBKDF2_PRFS: Final = {"SHA_1": 1, "SHA224": 3, "SHA256": 4, "SHA384": 5, "SHA512": 6}


def derived(stage: Stage, mechanism: Parameters, base: int, length: int | None) -> bytes:
    """Derive a key and read its value."""
    said: Template = {} if length is None else {Attribute.VALUE_LEN: length}
    key = stage.session.derive(mechanism, base, {**READABLE, **said})
    value = stage.session.read(key, Attribute.VALUE)
    stage.session.destroy(key)
    return value


# ---- ECDH ------------------------------------------------------------------------------------------


def ec_private(stage: Stage, curve: str, scalar: bytes) -> int:
    """Import a scalar of a named curve."""
    oid, length = CURVES[curve]
    try:
        return stage.key({
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: bytes.fromhex(oid),
            Attribute.VALUE: int.from_bytes(scalar).to_bytes(length),
            Attribute.DERIVE: True,
        })  # fmt: skip
    except Refused as refusal:
        if refusal.rv == Rv.CURVE_NOT_SUPPORTED and curve not in CURVES_PROMISED:
            raise Skip(f"{curve} is not offered") from None
        raise


def point_of(curve: str, public: bytes) -> bytes:
    """Take the point out of a SubjectPublicKeyInfo of this named curve (RFC 5480)."""
    algorithm = EC_PUBLIC_KEY + bytes.fromhex(CURVES[curve][0])
    head = b"\x30" + bytes([len(algorithm)]) + algorithm + b"\x03"
    start = public.find(head)
    for length_bytes in (1, 2):
        outer = 1 + length_bytes
        point_at = outer + len(head) + length_bytes + 1
        point = public[point_at:]
        if start == outer and public == _sequence(head + _length(len(point) + 1) + b"\0" + point):
            return point
    raise Skip("a key that is no DER of this curve's: the caller decodes it, PKCS#11 takes a point")


def _length(length: int) -> bytes:
    return bytes([length]) if length < 0x80 else bytes([0x81, length])


def _sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def play_ecdh(stage: Stage, group: Group, vector: Vector) -> None:
    """CKM_ECDH1_DERIVE with CKD_NULL."""
    mechanism, curve = stage.mechanism("CKM_ECDH1_DERIVE"), group["curve"]
    public = bytes.fromhex(vector["public"])
    point = point_of(curve, public) if group["encoding"] == "asn" else public
    key = ec_private(stage, curve, bytes.fromhex(vector["private"]))
    if derived(stage, ecdh(mechanism, point), key, None) != bytes.fromhex(vector["shared"]):
        raise Wrong("another secret")


def play_montgomery(stage: Stage, group: Group, vector: Vector) -> None:
    """CKM_ECDH1_DERIVE with a key of X25519 or X448 and CKD_NULL."""
    mechanism = stage.mechanism("CKM_ECDH1_DERIVE")
    key = stage.key({
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: cast("KeyType", CKK_EC_MONTGOMERY),
        Attribute.EC_PARAMS: MONTGOMERY[group["curve"]],
        Attribute.VALUE: bytes.fromhex(vector["private"]),
        Attribute.DERIVE: True,
    })  # fmt: skip
    public = bytes.fromhex(vector["public"])
    if derived(stage, ecdh(mechanism, public), key, None) != bytes.fromhex(vector["shared"]):
        raise Wrong("another secret")


# ---- HKDF and PBKDF2 -------------------------------------------------------------------------------


def hkdf_of(hash_name: str) -> Player:
    """Make the player of one hash's HKDF."""

    def play(stage: Stage, _: Group, vector: Vector) -> None:
        stage.mechanism("CKM_HKDF_DERIVE")
        base = stage.key(secret_key(bytes.fromhex(vector["ikm"]), KeyType.GENERIC_SECRET, DERIVE=True))
        salt, info = bytes.fromhex(vector["salt"]), bytes.fromhex(vector["info"])
        mechanism = kdf.hkdf(stage.mechanism(f"CKM_{hash_name}"), salt=salt or None, info=info)
        valid = vector["result"] == "valid"
        length = min(vector["size"], KEY_BYTES_MAX) if valid else vector["size"]
        if derived(stage, mechanism, base, length) != bytes.fromhex(vector["okm"])[:length]:
            raise Wrong("another key")

    return play


def pbkdf2_of(hash_name: str) -> Player:
    """Make the player of one hash's PBKDF2."""

    def play(stage: Stage, _: Group, vector: Vector) -> None:
        stage.mechanism("CKM_PKCS5_PBKD2")
        if vector["iterationCount"] > limits.LOGIN_PBKDF2_ROUNDS_MAX:
            raise Skip(f"more than {limits.LOGIN_PBKDF2_ROUNDS_MAX:,} iterations are refused")
        password, salt = bytes.fromhex(vector["password"]), bytes.fromhex(vector["salt"])
        mechanism = kdf.pbkdf2(PBKDF2_PRFS[hash_name], password, salt, vector["iterationCount"])
        key = stage.session.generate(mechanism, {**READABLE, Attribute.VALUE_LEN: vector["dkLen"]})
        value = stage.session.read(key, Attribute.VALUE)
        stage.session.destroy(key)
        if value != bytes.fromhex(vector["dk"]):
            raise Wrong("another key")

    return play


HASHES: Final = {"sha1": "SHA_1", **{f"sha{bits}": f"SHA{bits}" for bits in (224, 256, 384, 512)}}
