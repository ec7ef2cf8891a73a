"""Players of ML-DSA: signatures verified, and made by keys from seeds and from expanded values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType

from tests.contexts import sign_context
from tests.vectors.stage import Skip, Stage

if TYPE_CHECKING:
    from tests.cryptoki import Template
    from tests.vectors.judge import Player
    from tests.vectors.source import Group, Vector

# CKP_ML_DSA_… (PKCS#11 v3.2, 6.67.2).
ML_DSA_SETS: Final = {44: 1, 65: 2, 87: 3}


def ml_dsa_key(stage: Stage, kind: ObjectClass, parameter_set: int, parts: Template) -> int:
    """Import a key."""
    return stage.key({
        Attribute.CLASS: kind,
        Attribute.KEY_TYPE: KeyType.ML_DSA,
        Attribute.PARAMETER_SET: parameter_set,
        (Attribute.VERIFY if kind == ObjectClass.PUBLIC_KEY else Attribute.SIGN): True,
        **parts,
    })  # fmt: skip


def ml_dsa_verify(parameter_set: int) -> Player:
    """Make the player of one set's signatures."""

    def play(stage: Stage, group: Group, vector: Vector) -> None:
        mechanism = sign_context(stage.mechanism("CKM_ML_DSA"), bytes.fromhex(vector.get("ctx", "")))
        value: Template = {Attribute.VALUE: bytes.fromhex(group["publicKey"])}
        key = ml_dsa_key(stage, ObjectClass.PUBLIC_KEY, parameter_set, value)
        stage.verify(mechanism, key, bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"]))

    return play


def ml_dsa_sign(parameter_set: int) -> Player:
    """Make the player of one set's keys: ours are hedged, so what they sign is verified, as is the vector's."""

    def play(stage: Stage, group: Group, vector: Vector) -> None:
        chosen = stage.mechanism("CKM_ML_DSA")
        if "msg" not in vector:
            raise Skip("made of the representative of a message, which PKCS#11 does not take")
        mechanism = sign_context(chosen, bytes.fromhex(vector.get("ctx", "")))
        part = Attribute.SEED if "privateSeed" in group else Attribute.VALUE
        value = bytes.fromhex(group["privateSeed" if "privateSeed" in group else "privateKey"])
        key = ml_dsa_key(stage, ObjectClass.PRIVATE_KEY, parameter_set, {part: value})
        message, signature = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"])
        made = stage.run("Sign", mechanism, key, message)
        if vector["result"] == "valid":
            public: Template = {Attribute.VALUE: bytes.fromhex(group["publicKey"])}
            verifying = ml_dsa_key(stage, ObjectClass.PUBLIC_KEY, parameter_set, public)
            for each in (made, signature):
                stage.verify(mechanism, verifying, message, each)

    return play
