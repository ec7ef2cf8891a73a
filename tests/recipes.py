"""How each mechanism of the table is used: keys, parameters and data that fit a row, by what the row says of itself.

A row that says what no recipe here knows (a type of parameter, a key type, an operation) is a KeyError.
"""

from __future__ import annotations

import ctypes
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pkcs11.constants import Attribute, ObjectClass

from tests import kdf, mechanisms
from tests.contexts import hash_sign_context, sign_context
from tests.cryptoki import secret_key
from vhsm.wire import tables
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.cryptoki import Session, Template
    from tests.mechanisms import Parameters
    from vhsm.wire.table import MechanismRow

SHA256: Final = tables.CKM_SHA256
# A whole number of blocks of every cipher, a digest of SHA-256, and less than an RSA key holds.
CONTENT: Final = bytes(range(100, 132))
RSA_BLOCK: Final = 256
PBKDF2_HMAC_SHA256: Final = 4  # CKP_PKCS5_PBKD2_HMAC_SHA256
USAGE: Final = ("ENCRYPT", "DECRYPT", "SIGN", "VERIFY", "WRAP", "UNWRAP", "DERIVE")
PRIVATE: Final = frozenset({"decrypt", "sign", "sign_recover", "unwrap", "derive", "decapsulate"})

# Secret keys: 48 bytes are a TLS master secret, and with a version before them a premaster secret of RSA.
SECRETS: Final[Mapping[CKK, bytes]] = {
    CKK.GENERIC_SECRET: b"\x03\x03" + bytes(range(46)),
    CKK.AES: bytes(range(32)),
    CKK.AES_XTS: bytes(range(64)),
    CKK.CHACHA20: bytes(range(32)),
    CKK.DES2: bytes.fromhex("0123456789abcdef23456789abcdef01"),
    CKK.DES3: bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123"),
    CKK.HKDF: bytes(range(32)),
    **{key_type: bytes(range(48)) for key_type in CKK if key_type.name.endswith("_HMAC")},
}


class PairRecipe(NamedTuple):
    """How a key pair is made: the mechanism, and what its public template says."""

    mechanism: int
    public: Template


PAIRS: Final[Mapping[CKK, PairRecipe]] = {
    CKK.RSA: PairRecipe(
        tables.CKM_RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: RSA_BLOCK * 8, Attribute.PUBLIC_EXPONENT: b"\1\0\1"},
    ),
    CKK.EC: PairRecipe(tables.CKM_EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: bytes.fromhex("06082a8648ce3d030107")}),
    CKK.EC_EDWARDS: PairRecipe(tables.CKM_EC_EDWARDS_KEY_PAIR_GEN, {Attribute.EC_PARAMS: bytes.fromhex("06032b6570")}),
    CKK.EC_MONTGOMERY: PairRecipe(
        tables.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: bytes.fromhex("06032b656e")}
    ),
    CKK.ML_DSA: PairRecipe(tables.CKM_ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 1}),
    CKK.ML_KEM: PairRecipe(tables.CKM_ML_KEM_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 1}),
    CKK.SLH_DSA: PairRecipe(tables.CKM_SLH_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 3}),  # the quickest
}


class Signed(NamedTuple):
    """What others signed, under a public key that says so much of itself."""

    public: Template
    message: bytes
    signature: bytes


def signed(file: str, key_type: CKK, name: str) -> Signed:
    """Read a vector of tests/vectors: the first whose case or set has this name."""
    vectors = json.loads((Path(__file__).parent / "vectors" / file).read_text())
    case = next(case for case in vectors["cases"] if name in case["case"])
    value, message, signature = (bytes.fromhex(case[part]) for part in ("public", "message", "signature"))
    public: Template = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: key_type, Attribute.VALUE: value}
    if "set" in case:
        public[Attribute.PARAMETER_SET] = vectors["sets"][case["set"]][0]
    return Signed(public, message, signature)


# Keys whose signatures are verified alone.
SIGNED: Final[Mapping[CKK, Signed]] = {
    CKK.HSS: signed("rfc8554_hss.json", CKK.HSS, "RFC 8554"),
    CKK.XMSS: signed("xmss.json", CKK.XMSS, "XMSS-SHA2_10_192"),
    CKK.XMSSMT: signed("xmss.json", CKK.XMSSMT, "XMSSMT-SHA2_20/4_256"),
}


class Keys:
    """One key of each type in a session, or one pair, each made when it is first asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pair = cache(self._pair)
        self.secret = cache(self._secret)
        self.public = cache(lambda key_type: session.create(SIGNED[key_type].public))

    def _pair(self, key_type: CKK) -> tuple[int, int]:
        recipe = PAIRS[key_type]
        return self.session.generate_pair(recipe.mechanism, *self.usage(key_type))

    def usage(self, key_type: CKK) -> tuple[Template, Template]:
        """Write the templates of a pair for all that keys of this type may do."""
        public: Template = {**PAIRS[key_type].public}
        private: Template = {}
        if key_type is CKK.RSA:  # keys for data and keys for keys are the same here: a `compatible` token lets them
            public[Attribute.WRAP] = private[Attribute.UNWRAP] = True
        if key_type in {CKK.EC, CKK.EC_MONTGOMERY}:
            private[Attribute.DERIVE] = True
        return public, private

    def _secret(self, key_type: CKK) -> int:
        usage = dict.fromkeys(USAGE, True)
        return self.session.create(secret_key(SECRETS[key_type], key_type, **usage, SENSITIVE=False, EXTRACTABLE=True))

    def of(self, key_type: CKK, operation: str) -> int:
        """Give the key, or the half of a pair, for an operation."""
        if key_type in SIGNED:
            return self.public(key_type)
        return self.pair(key_type)[operation in PRIVATE] if key_type in PAIRS else self.secret(key_type)


def iv_bytes(row: MechanismRow) -> int:
    """Give the length of a row's initialisation vector."""
    if row.value == tables.CKM_AES_GMAC:
        return 12
    return 8 if CKK.DES3 in row.key_types else 16


def mac_of(key_type: CKK) -> int:
    """Name the pseudo-random function of SP 800-108 for keys of a type."""
    if key_type is CKK.AES:
        return tables.CKM_AES_CMAC
    generic = key_type is CKK.GENERIC_SECRET
    return tables.CKM_SHA256_HMAC if generic else int(getattr(tables, f"CKM_{key_type.name}"))


def feedback(kind: int, key_type: CKK) -> Parameters:
    """Give SP 800-108's feedback or double-pipeline mode."""
    return kdf.kdf108(kind, mac_of(key_type), (kdf.VARIABLE, (kdf.BYTE_ARRAY, b"label")))


def other_key(keys: Keys, key_type: CKK) -> bytes:
    """Give another party's public key for a key agreement."""
    public, _ = keys.pair(key_type if key_type in PAIRS else CKK.EC)
    return keys.session.read(public, Attribute.EC_POINT)


def tls_master(row: MechanismRow) -> Parameters:
    """Give a derivation of a master secret, with a place for the version where the secret is RSA's."""
    version = None if row.name.endswith("_DH") else ctypes.create_string_buffer(2)
    if row.parameters == "tls_master":
        return kdf.tls_master(row.value, SHA256, bytes(32), bytes(32), version)
    chosen = kdf.tls_extended_master(row.value, SHA256, bytes(32))
    if version is None:
        return chosen
    parameter = chosen.kept[0]
    assert isinstance(parameter, kdf.CkExtendedMaster)
    parameter.version = ctypes.addressof(version)
    return mechanisms.Parameters(chosen.mechanism, (*chosen.kept, version))


def tls_kdf(row: MechanismRow) -> Parameters:
    """Give the function of TLS, by either of its names."""
    chosen = kdf.tls_kdf(SHA256, b"label", bytes(32), bytes(32))
    chosen.mechanism.type = row.value
    return chosen


# By `Parameters` of src/vhsm/wire/table.py: the parameter of a row, for an operation with a key of a type.
PARAMETERS: Final[Mapping[str, Callable[[MechanismRow, str, CKK, Keys], Parameters]]] = {
    "none": lambda row, *_: mechanisms.plain(row.value),
    "gcm": lambda _row, operation, *_: (
        mechanisms.gcm_wrap(bytes(12)) if "wrap" in operation else mechanisms.gcm(bytes(12), b"beside it")
    ),
    "mac_length": lambda row, *_: mechanisms.general(row.value, 10),
    "iv": lambda row, *_: mechanisms.iv(row.value, bytes(range(iv_bytes(row)))),
    "ctr": lambda *_: mechanisms.ctr(bytes(16), 128),
    "pss": lambda row, *_: mechanisms.pss(row.value, row.hash or SHA256, 20),
    "oaep": lambda *_: mechanisms.oaep(SHA256),
    "eddsa": lambda row, *_: mechanisms.plain(row.value),
    "digest_bits": lambda row, *_: mechanisms.general(row.value, 256),
    "ccm": lambda *_: mechanisms.ccm(bytes(12), len(CONTENT)),
    "chacha_poly": lambda *_: mechanisms.chacha_poly(bytes(12)),
    "ecdh": lambda row, _, key_type, keys: mechanisms.ecdh(row.value, other_key(keys, key_type)),
    "hkdf": lambda row, *_: kdf.hkdf(SHA256, kind=row.value, info=b"info"),
    "data": lambda row, *_: kdf.string_data(row.value, bytes(32)),
    "cbc_data": lambda *_: kdf.cbc_data(bytes(16), bytes(32)),
    "further_key": lambda row, _operation, _type, keys: kdf.number(row.value, keys.secret(CKK.GENERIC_SECRET)),
    "first_bit": lambda row, *_: kdf.number(row.value, 0),
    "pbkdf2": lambda *_: kdf.pbkdf2(PBKDF2_HMAC_SHA256, b"password", b"salt and more", 1_000),
    "counter_kdf": lambda row, _, key_type, _keys: kdf.kdf108(
        row.value, mac_of(key_type), (kdf.counted(kdf.ITERATION_VARIABLE, 32), (kdf.BYTE_ARRAY, b"label"))
    ),
    "feedback_kdf": lambda row, _, key_type, _keys: feedback(row.value, key_type),
    "double_pipeline_kdf": lambda row, _, key_type, _keys: feedback(row.value, key_type),
    "tls_master": lambda row, *_: tls_master(row),
    "tls_extended_master": lambda row, *_: tls_master(row),
    "tls_keys": lambda row, *_: kdf.tls_keys(row.value, SHA256, (160, 128, 128), bytes(32), bytes(32)).parameters,
    "tls_kdf": lambda row, *_: tls_kdf(row),
    "sign_context": lambda row, *_: sign_context(row.value, b"context"),
    "hash_sign_context": lambda row, *_: hash_sign_context(row.value, SHA256, b"context"),
    "key_wrap": lambda row, *_: mechanisms.plain(row.value),
    "rsa_aes_key_wrap": lambda *_: mechanisms.rsa_aes(SHA256),
}


def parameters(row: MechanismRow, operation: str, key_type: CKK, keys: Keys) -> Parameters:
    """Give a row's mechanism with a parameter that fits."""
    return PARAMETERS[row.parameters](row, operation, key_type, keys)


def content(row: MechanismRow) -> bytes:
    """Give data that a row encrypts or signs, and gives back."""
    return CONTENT.rjust(RSA_BLOCK, b"\0") if row.value == tables.CKM_RSA_X_509 else CONTENT
