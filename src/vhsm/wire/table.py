"""Row types of the generated tables, and the PKCS#11 constants that they name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


class CKO(IntEnum):
    """Object classes (PKCS#11 v3.2, section 3.4)."""

    DATA = 0
    CERTIFICATE = 1
    PUBLIC_KEY = 2
    PRIVATE_KEY = 3
    SECRET_KEY = 4


class CKK(IntEnum):
    """Key types (PKCS#11 v3.2, section 3.4)."""

    RSA = 0x0
    EC = 0x3
    GENERIC_SECRET = 0x10
    DES2 = 0x14
    DES3 = 0x15
    AES = 0x1F
    SHA_1_HMAC = 0x28
    SHA256_HMAC = 0x2B
    SHA384_HMAC = 0x2C
    SHA512_HMAC = 0x2D
    SHA224_HMAC = 0x2E
    CHACHA20 = 0x33
    AES_XTS = 0x35
    SHA3_224_HMAC = 0x36
    SHA3_256_HMAC = 0x37
    SHA3_384_HMAC = 0x38
    SHA3_512_HMAC = 0x39
    EC_EDWARDS = 0x40
    EC_MONTGOMERY = 0x41
    HKDF = 0x42
    SHA512_224_HMAC = 0x43
    SHA512_256_HMAC = 0x44
    HSS = 0x46
    XMSS = 0x47
    XMSSMT = 0x48
    ML_KEM = 0x49
    ML_DSA = 0x4A
    SLH_DSA = 0x4B


# What a mechanism takes.
Parameters = Literal[
    "none",
    "gcm",
    "mac_length",
    "iv",
    "ctr",
    "pss",
    "oaep",
    "eddsa",
    "digest_bits",
    "ccm",
    "chacha_poly",
    "ecdh",
    "hkdf",
    "data",
    "cbc_data",
    "further_key",
    "first_bit",
    "pbkdf2",
    "counter_kdf",
    "feedback_kdf",
    "double_pipeline_kdf",
    "tls_master",
    "tls_extended_master",
    "tls_keys",
    "tls_kdf",
    "sign_context",
    "hash_sign_context",
    "key_wrap",
    "rsa_aes_key_wrap",
]
# What policies switch: legacy is offered by compatible tokens only, weak by all but strict ones.
PolicyClass = Literal["current", "legacy", "weak"]
WITHOUT: Final[dict[str, tuple[PolicyClass, ...]]] = {
    "compatible": (),
    "standard": ("legacy",),
    "strict": ("legacy", "weak"),
}


@dataclass(frozen=True, slots=True)
class MechanismRow:
    """One row of spec/pkcs11/mechanisms.toml. Sizes are bits of RSA and EC keys, bytes of all others."""

    name: str
    value: int
    operations: frozenset[str]
    key_types: frozenset[CKK]
    key_size: tuple[int, int]
    hash: int | None
    output: int
    parameters: Parameters
    policy: PolicyClass
    # The class of single operations, where it is another.
    operation_policy: Mapping[str, PolicyClass]

    def offered(self, policy: str) -> frozenset[str]:
        """Return the operations that a token under this policy (compatible, standard or strict) offers with it."""
        return frozenset(
            name for name in self.operations if self.operation_policy.get(name, self.policy) not in WITHOUT[policy]
        )


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One row of spec/pkcs11/attributes.toml."""

    name: str
    value: int
    kind: Literal["boolean", "number", "bytes", "text", "date", "mechanisms", "template"]
    classes: frozenset[CKO]
    # Empty: keys of all types.
    key_types: frozenset[CKK]
    # The same of public keys.
    public_key_types: frozenset[CKK]
    required: frozenset[Literal["create", "generate"]]
    set_by: Literal["template", "engine"]
    change: Literal["never", "always", "up", "down"]
    secret: bool


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One row of spec/pkcs11/curves.toml. Sizes and strength are in bits."""

    name: str
    # What the command line calls its keys.
    key_kind: str
    key_type: CKK
    # DER of its OBJECT IDENTIFIER, as CKA_EC_PARAMS has it.
    oid: bytes
    # DER of the PrintableString that stands for it as well; empty where none does.
    printed: bytes
    bits: int
    strength: int
    policy: PolicyClass

    def offered(self, policy: str) -> bool:
        """Tell whether a token under this policy (compatible, standard or strict) takes keys on it."""
        return self.policy not in WITHOUT[policy]
