"""Players of key wrapping: AES-KW and AES-KWP (SP 800-38F). What is carried is a readable generic secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType

from tests.cryptoki import secret_key
from tests.vectors.derivation import READABLE
from tests.vectors.stage import Stage, Wrong

if TYPE_CHECKING:
    from tests.vectors.judge import Player
    from tests.vectors.source import Group, Vector


def wrapping(name: str) -> Player:
    """Make the player of one mechanism: unwrap; a valid vector is wrapped as well."""

    def play(stage: Stage, _: Group, vector: Vector) -> None:
        mechanism = stage.plain(name)
        value, wrapped = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["ct"])
        key = stage.key(secret_key(bytes.fromhex(vector["key"]), KeyType.AES, WRAP=True, UNWRAP=True))
        session = stage.session
        carried = session.unwrap(mechanism, key, wrapped, READABLE)
        unwrapped = session.read(carried, Attribute.VALUE)
        session.destroy(carried)
        if unwrapped != value:
            raise Wrong("another key was unwrapped")
        if vector["result"] == "valid":
            again = session.create(secret_key(value, KeyType.GENERIC_SECRET, EXTRACTABLE=True))
            made = session.wrap(mechanism, key, again)
            session.destroy(again)
            if made != wrapped:
                raise Wrong("wrapped otherwise")

    return play
