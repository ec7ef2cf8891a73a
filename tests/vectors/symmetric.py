"""Players of ciphers and MACs: AES-CBC-PAD, AES-GCM, AES-CMAC, HMAC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pkcs11.mechanisms import KeyType

from tests.cryptoki import secret_key
from tests.mechanisms import gcm, general, iv
from tests.vectors.stage import Skip, Stage, Wrong

if TYPE_CHECKING:
    from tests.mechanisms import Parameters
    from tests.vectors.judge import Player
    from tests.vectors.source import Group, Vector

GCM_TAG_BITS_MIN: Final = 96  # SP 800-38D, 5.2.1.2: shorter ones are for special applications


def octets(vector: Vector, *names: str) -> list[bytes]:
    """Read these members."""
    return [bytes.fromhex(vector[name]) for name in names]


def both_ways(stage: Stage, mechanism: Parameters, vector: Vector, sealed: bytes) -> None:
    """Decrypt; a valid vector is encrypted as well."""
    value, message = octets(vector, "key", "msg")
    key = stage.key(secret_key(value, KeyType.AES, ENCRYPT=True, DECRYPT=True))
    stage.agree("Decrypt", mechanism, key, sealed, message)
    if vector["result"] == "valid":
        stage.agree("Encrypt", mechanism, key, message, sealed)


def play_cbc_pad(stage: Stage, _: Group, vector: Vector) -> None:
    """AES-CBC-PKCS5 is CKM_AES_CBC_PAD."""
    mechanism = stage.mechanism("CKM_AES_CBC_PAD")
    start, sealed = octets(vector, "iv", "ct")
    both_ways(stage, iv(mechanism, start), vector, sealed)


def play_gcm(stage: Stage, group: Group, vector: Vector) -> None:
    """AES-GCM: the tag follows the ciphertext."""
    stage.mechanism("CKM_AES_GCM")
    if group["tagSize"] < GCM_TAG_BITS_MIN:
        raise Skip(f"tags of {group['tagSize']} bits are not offered")
    start, aad, sealed, tag = octets(vector, "iv", "aad", "ct", "tag")
    both_ways(stage, gcm(start, aad, group["tagSize"]), vector, sealed + tag)


def play_mac(stage: Stage, name: str, key_type: KeyType, group: Group, vector: Vector) -> None:
    """Verify; a valid vector is signed as well. Shorter tags go by CKM_…_GENERAL."""
    value, message, tag = octets(vector, "key", "msg", "tag")
    if not value:
        raise Skip("a key of 0 bytes: no object has one")
    key = stage.key(secret_key(value, key_type, SIGN=True, VERIFY=True))
    mechanism = general(stage.mechanism(f"{name}_GENERAL"), group["tagSize"] // 8)
    stage.verify(mechanism, key, message, tag)
    if vector["result"] == "valid":
        stage.agree("Sign", mechanism, key, message, tag)
        whole = stage.plain(name)
        if stage.run("Sign", whole, key, message)[: len(tag)] != tag:
            raise Wrong("the whole MAC begins otherwise")


def play_cmac(stage: Stage, group: Group, vector: Vector) -> None:
    """AES-CMAC, whole or cut."""
    play_mac(stage, "CKM_AES_CMAC", KeyType.AES, group, vector)


def hmac_of(hash_name: str) -> Player:
    """Make the player of one hash's HMAC."""

    def play(stage: Stage, group: Group, vector: Vector) -> None:
        play_mac(stage, f"CKM_{hash_name}_HMAC", KeyType.GENERIC_SECRET, group, vector)

    return play
