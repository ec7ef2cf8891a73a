"""Players of ML-KEM, and of ML-DSA: signatures verified, and made again by keys from seeds and from expanded values."""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType

from tests.contexts import DETERMINISTIC_REQUIRED, sign_context
from tests.cryptoki import CkTemplate, data
from tests.vectors.derivation import READABLE
from tests.vectors.stage import Skip, Stage, Wrong

if TYPE_CHECKING:
    from tests.cryptoki import Template
    from tests.vectors.judge import Player
    from tests.vectors.source import Group, Vector

# CKP_ML_DSA_… (PKCS#11 v3.2, 6.67.2).
ML_DSA_SETS: Final = {44: 1, 65: 2, 87: 3}
# CKP_ML_KEM_… (PKCS#11 v3.2, 6.68.2).
ML_KEM_SETS: Final = {"ML-KEM-512": 1, "ML-KEM-768": 2, "ML-KEM-1024": 3}
CIPHERTEXT_MAX: Final = 2_048


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
    """Make the player of one set's keys: their signatures are deterministic, but for a few, which are verified."""

    def play(stage: Stage, group: Group, vector: Vector) -> None:
        chosen = stage.mechanism("CKM_ML_DSA")
        if "msg" not in vector:
            raise Skip("made of the representative of a message, which PKCS#11 does not take")
        mechanism = sign_context(chosen, bytes.fromhex(vector.get("ctx", "")), DETERMINISTIC_REQUIRED)
        part = Attribute.SEED if "privateSeed" in group else Attribute.VALUE
        value = bytes.fromhex(group["privateSeed" if "privateSeed" in group else "privateKey"])
        key = ml_dsa_key(stage, ObjectClass.PRIVATE_KEY, parameter_set, {part: value})
        message, signature = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"])
        # Nobody gives a token what it draws.
        if "rnd" not in vector:
            stage.agree("Sign", mechanism, key, message, signature)
        public: Template = {Attribute.VALUE: bytes.fromhex(group["publicKey"])}
        stage.verify(mechanism, ml_dsa_key(stage, ObjectClass.PUBLIC_KEY, parameter_set, public), message, signature)

    return play


def ml_kem_key(stage: Stage, kind: ObjectClass, group: Group, parts: Template) -> int:
    """Import a key of the group's set; its value may be read."""
    readable: Template = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
    return stage.key({
        Attribute.CLASS: kind,
        Attribute.KEY_TYPE: KeyType.ML_KEM,
        Attribute.PARAMETER_SET: ML_KEM_SETS[group["parameterSet"]],
        **(readable if kind == ObjectClass.PRIVATE_KEY else {}),
        **parts,
    })  # fmt: skip


def play_ml_kem(stage: Stage, group: Group, vector: Vector) -> None:
    """Decapsulate, by a key from its seed or from its expanded value."""
    mechanism = stage.plain("CKM_ML_KEM")
    part, name = (Attribute.SEED, "seed") if "seed" in vector else (Attribute.VALUE, "dk")
    key = ml_kem_key(stage, ObjectClass.PRIVATE_KEY, group, {part: bytes.fromhex(vector[name])})
    made, template, session = c_ulong(), CkTemplate(READABLE), stage.session
    arguments = byref(mechanism.mechanism), c_ulong(key), *template.arguments
    session.call("C_DecapsulateKey", *arguments, *data(bytes.fromhex(vector["c"])), byref(made))
    value = session.read(made.value, Attribute.VALUE)
    session.destroy(made.value)
    if value != bytes.fromhex(vector["K"]):
        raise Wrong("another key")


def play_ml_kem_keygen(stage: Stage, group: Group, vector: Vector) -> None:
    """A key from its seed has the vector's value."""
    stage.mechanism("CKM_ML_KEM")
    key = ml_kem_key(stage, ObjectClass.PRIVATE_KEY, group, {Attribute.SEED: bytes.fromhex(vector["seed"])})
    if stage.session.read(key, Attribute.VALUE) != bytes.fromhex(vector["dk"]):
        raise Wrong("another private key")


def play_ml_kem_encaps(stage: Stage, group: Group, vector: Vector) -> None:
    """An encapsulation is random: what can be checked is which keys are taken."""
    mechanism = stage.plain("CKM_ML_KEM")
    key = ml_kem_key(stage, ObjectClass.PUBLIC_KEY, group, {Attribute.VALUE: bytes.fromhex(vector["ek"])})
    made, template, room, session = c_ulong(), CkTemplate(READABLE), c_ulong(CIPHERTEXT_MAX), stage.session
    buffer = create_string_buffer(CIPHERTEXT_MAX)
    arguments = byref(mechanism.mechanism), c_ulong(key), *template.arguments
    session.call("C_EncapsulateKey", *arguments, buffer, byref(room), byref(made))
    session.destroy(made.value)
