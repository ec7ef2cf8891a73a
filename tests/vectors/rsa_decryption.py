"""Players of RSA decryption: PKCS#1 v1.5, judged by "not the plaintext", and OAEP."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType

from tests.mechanisms import CKZ_DATA_SPECIFIED, CkOaepParams
from tests.vectors.signatures import MGF1, SPELLED
from tests.vectors.stage import Rejected, Skip, Stage, Wrong, packed

if TYPE_CHECKING:
    from tests.cryptoki import Template
    from tests.vectors.source import Group, Vector

PARTS: Final = {
    "modulus": Attribute.MODULUS,
    "publicExponent": Attribute.PUBLIC_EXPONENT,
    "privateExponent": Attribute.PRIVATE_EXPONENT,
    "prime1": Attribute.PRIME_1,
    "prime2": Attribute.PRIME_2,
    "exponent1": Attribute.EXPONENT_1,
    "exponent2": Attribute.EXPONENT_2,
    "coefficient": Attribute.COEFFICIENT,
}


def rsa_private(stage: Stage, group: Group) -> int:
    """Import the group's RSA key."""
    key = group["privateKey"]
    parts: Template = {attribute: bytes.fromhex(key[part]).lstrip(b"\0") for part, attribute in PARTS.items()}
    template: Template = {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        Attribute.DECRYPT: True,
    }
    return stage.key(template | parts)


def play_rsa_pkcs1_decrypt(stage: Stage, group: Group, vector: Vector) -> None:
    """A bad padding is answered by CKR_OK and another message (implicit rejection): no oracle."""
    message, sealed = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["ct"])
    result = stage.run("Decrypt", stage.plain("CKM_RSA_PKCS"), rsa_private(stage, group), sealed)
    if result == message:
        return
    if vector["result"] == "valid":
        raise Wrong("another plaintext")
    raise Rejected("rejected implicitly")


def play_oaep(stage: Stage, group: Group, vector: Vector) -> None:
    """CKM_RSA_PKCS_OAEP with the group's hashes and the vector's label."""
    name, mgf = group["sha"], group["mgfSha"]
    if name not in SPELLED or mgf not in MGF1:
        raise Skip(f"PKCS#11 has no OAEP with {name} and MGF1 of {mgf}")
    mechanism = stage.mechanism("CKM_RSA_PKCS_OAEP")
    hash_value = stage.mechanism(f"CKM_{'SHA_1' if name == 'SHA-1' else SPELLED[name]}")
    label = bytes.fromhex(vector["label"])
    buffer = ctypes.create_string_buffer(label, max(len(label), 1))
    pointer = ctypes.addressof(buffer) if label else None
    parameter = CkOaepParams(hash_value, MGF1[mgf], CKZ_DATA_SPECIFIED, pointer, len(label))
    message, sealed = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["ct"])
    stage.agree("Decrypt", packed(mechanism, parameter, buffer), rsa_private(stage, group), sealed, message)
