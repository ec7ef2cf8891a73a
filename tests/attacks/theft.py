"""A thief with every call of PKCS#11: what he is after, and an alphabet of moves.

The thief is the logged-in user of a token with sensitive keys that he may use and must not learn: one that may be
wrapped, and three that others may be derived from; and with a key that carries others, which the security officer
trusts. He has won once a value, or one that is derived, stands in what he has read, signed, decrypted, or can unwrap
himself with a key that he knows.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import Refused
from vhsm.errors import Refusal
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Template as Asked
    from tests.cryptoki import Value

SECRETS: Final = {
    "wrappable": b"may be wrapped, must not be read",
    "base": b"may be a base, must not be read!",
    "chain": b"is derived from, may be wrapped!",
    "signing": b"is derived from, signs as well.!",
    "trusted": b"the officer's key: carries keys!",
}
KNOWN: Final = b"an AES key that the thief knows!"
# HMAC of this is what HKDF expands of an empty context (RFC 5869, 2.3).
MESSAGE: Final = b"\1"
# What HMAC digests before its two inputs, where its key is empty (RFC 2104, 2).
INNER: Final = b"\x36" * 64
OUTER: Final = b"\x5c" * 64
WORK: Final = ("ENCRYPT", "DECRYPT", "SIGN", "VERIFY", "DERIVE")


def said(**attributes: Value) -> Asked:
    """Write attributes by their names."""
    return {Attribute[name]: value for name, value in attributes.items()}


def asked(key_type: KeyType = KeyType.AES, **attributes: Value) -> Asked:
    """Write a secret key's template."""
    return {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: key_type, **said(**attributes)}


CARRIES: Final[dict[str, Any]] = {**dict.fromkeys(WORK, False), "WRAP": True, "UNWRAP": True}
READABLE: Final[dict[str, Any]] = {"SENSITIVE": False, "EXTRACTABLE": True}
ALONE: Final = said(**dict.fromkeys(WORK, False) | {"DERIVE": True, "WRAP": False, "UNWRAP": False})
EXPANDED: Final = asked(KeyType.GENERIC_SECRET, VALUE_LEN=32)
CARRIER: Final = asked(VALUE=SECRETS["trusted"], PRIVATE=False, SENSITIVE=True, EXTRACTABLE=True, **CARRIES)


def base(name: str, **attributes: Value) -> Asked:
    """Write the template of a sensitive key that others are derived from."""
    secret = asked(KeyType.GENERIC_SECRET, VALUE=SECRETS[name], SENSITIVE=True)
    return {**secret, **ALONE, **said(**attributes)}


VICTIMS: Final = {
    "wrappable": asked(VALUE=SECRETS["wrappable"], SENSITIVE=True, EXTRACTABLE=True),
    "base": base("base", EXTRACTABLE=False),
    "chain": base("chain", EXTRACTABLE=True),
    "signing": base("signing", EXTRACTABLE=False, SIGN=True),
}


def expanded(value: bytes) -> bytes:
    """Compute what HKDF expands, and HMAC signs (SHA-256)."""
    return hmac.digest(value, MESSAGE, "sha256")


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped key: bytes, or in the model what they stand for."""

    mechanism: Mechanism
    content: bytes
    # Of the model: the value of the wrapping key.
    under: bytes = b""
    # Of GCM.
    nonce: bytes = b""


class Token(Protocol):
    """What the thief plays on; a refusal is a Refused or a Refusal."""

    def trusted(self) -> int:
        """CARRIER, which the security officer trusts."""

    def create(self, template: Asked) -> int:
        """C_CreateObject."""

    def generate(self, template: Asked) -> int:
        """C_GenerateKey, of AES-256."""

    def copy(self, key: int, template: Asked) -> int:
        """C_CopyObject."""

    def write(self, key: int, template: Asked) -> None:
        """C_SetAttributeValue."""

    def read(self, key: int) -> bytes:
        """C_GetAttributeValue of CKA_VALUE."""

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int, *, made: bool = False) -> Wrapped:
        """C_WrapKey; by GCM under one nonce, or under one that the server makes."""

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt of what was wrapped, by the mechanism that wrapped it."""

    def unwrapped_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt of the blocks of what KWP wrapped."""

    def streamed_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Encrypt of the counters of what GCM wrapped: its keystream, taken off."""

    def sign(self, key: int) -> bytes:
        """C_Sign of MESSAGE, by HMAC with SHA-256."""

    def join_nothing(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey with zeros, or nothing, for data."""

    def digest(self, key: int, before: bytes) -> bytes:
        """C_DigestKey by SHA-256, behind other data."""

    def expand(self, base: int, template: Asked, *, extract: bool = False) -> int:
        """C_DeriveKey by HKDF's expansion of an empty context; extracted before, without a salt, if wanted."""

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap outside of any token; nothing where the value is another key's."""

    def compared(self, known: Wrapped, wrapped: Wrapped) -> bytes:
        """Take the keystream under KNOWN off another key that GCM wrapped."""


@dataclass(slots=True)
class Thief:
    """What he holds: the victims, the carrier of his choice, the newest key and wrapped key, and all that he saw."""

    token: Token
    victims: dict[str, int]
    carrier: int = 0
    newest: int = 0
    wrapped: Wrapped | None = None
    # The key that he knows, wrapped.
    known: Wrapped | None = None
    # A base that he has made, and its value, which he does not know.
    base: int = 0
    base_value: bytes = b""
    # The values of the keys that he has derived, which he must not know.
    derived: frozenset[bytes] = frozenset()
    seen: bytes = b""

    @classmethod
    def enter(cls, token: Token) -> Self:
        """Have the victims made, and begin."""
        return cls(token, {name: token.create(template) for name, template in VICTIMS.items()})

    def has_won(self) -> bool:
        """Tell whether he knows a secret value, or one that is derived."""
        known = self.seen
        if self.wrapped:
            known += self.token.opened(self.wrapped, KNOWN)
        if self.wrapped and self.known:
            known += self.token.compared(self.known, self.wrapped)
        return any(value in known for value in (*SECRETS.values(), *self.derived))

    def made(self, key: int) -> None:
        """Remember a new key."""
        self.newest = key

    def carry(self, key: int) -> None:
        """Choose a carrier."""
        self.carrier = self.newest = key

    def see(self, content: bytes) -> None:
        """Remember what came out."""
        self.seen += content


class Impossible(Exception):  # noqa: N818 - a move that lacks what it is about
    """The thief has nothing to move with."""


def _wrapped(thief: Thief) -> Wrapped:
    if thief.wrapped is None:
        raise Impossible
    return thief.wrapped


def _wrap(mechanism: Mechanism, name: str = "wrappable", *, made: bool = False) -> Callable[[Thief], None]:
    def move(thief: Thief) -> None:
        thief.wrapped = thief.token.wrap(mechanism, thief.carrier, thief.victims[name], made=made)

    return move


def _wrap_under_trusted(mechanism: Mechanism, name: str, *, made: bool = False) -> Callable[[Thief], None]:
    def move(thief: Thief) -> None:
        carrier = thief.token.trusted()
        thief.wrapped = thief.token.wrap(mechanism, carrier, thief.victims.get(name, carrier), made=made)

    return move


def _wrap_known(thief: Thief) -> None:
    key = thief.token.create(asked(VALUE=KNOWN, **READABLE))
    thief.known = thief.token.wrap(Mechanism.AES_GCM, thief.token.trusted(), key)


def _unwrap_by_trusted(thief: Thief, template: Asked) -> int:
    return thief.token.unwrap(thief.token.trusted(), _wrapped(thief), template)


def _replace(name: str, **attributes: Value) -> Callable[[Thief], None]:
    def move(thief: Thief) -> None:
        thief.victims = thief.victims | {name: thief.token.copy(thief.victims[name], said(**attributes))}

    return move


def _expand(name: str) -> Callable[[Thief], None]:
    def move(thief: Thief) -> None:
        thief.token.expand(thief.victims[name], EXPANDED)
        thief.derived |= {expanded(SECRETS[name])}

    return move


def _extract_and_expand(thief: Thief) -> None:
    thief.token.expand(thief.victims["chain"], EXPANDED, extract=True)
    thief.derived |= {expanded(hmac.digest(bytes(32), SECRETS["chain"], "sha256"))}


def _digest(thief: Thief) -> None:
    inner = thief.token.digest(thief.victims["chain"], INNER)
    thief.see(expanded(hashlib.sha256(OUTER + inner).digest()))


def _expand_base(thief: Thief) -> None:
    thief.token.expand(thief.base, EXPANDED)
    thief.derived |= {expanded(thief.base_value)}


def _derive_base(thief: Thief) -> None:
    thief.base = thief.token.expand(thief.victims["chain"], {**EXPANDED, **ALONE})
    thief.base_value = expanded(SECRETS["chain"])


def _unwrap_base(thief: Thief) -> None:
    thief.base = _unwrap_by_trusted(thief, {**asked(KeyType.GENERIC_SECRET), **ALONE})
    thief.base_value = SECRETS["wrappable"]


def _join_nothing(mechanism: int, name: str, **attributes: Value) -> Callable[[Thief], None]:
    template = asked(KeyType.GENERIC_SECRET, **attributes)
    return lambda thief: thief.made(thief.token.join_nothing(mechanism, thief.victims[name], template))


MOVES: Final[dict[str, Callable[[Thief], None]]] = {
    # carriers
    "import a known carrier": lambda thief: thief.carry(thief.token.create(asked(VALUE=KNOWN, **CARRIES))),
    "import one that also decrypts": lambda thief: thief.carry(
        thief.token.create(asked(VALUE=KNOWN, WRAP=True, DECRYPT=True))
    ),
    "generate a carrier": lambda thief: thief.carry(thief.token.generate(asked(VALUE_LEN=32, **CARRIES))),
    "generate one that also decrypts": lambda thief: thief.carry(
        thief.token.generate(asked(VALUE_LEN=32, WRAP=True, UNWRAP=True, DECRYPT=True))
    ),
    "import a weak carrier": lambda thief: thief.carry(thief.token.create(asked(VALUE=KNOWN[:16], **CARRIES))),
    "import a trusted carrier": lambda thief: thief.carry(
        thief.token.create(asked(VALUE=KNOWN, TRUSTED=True, **CARRIES))
    ),
    "take a victim for a carrier": lambda thief: thief.carry(thief.victims["wrappable"]),
    "let the carrier decrypt": lambda thief: thief.token.write(thief.carrier, {Attribute.DECRYPT: True}),
    "let the carrier wrap": lambda thief: thief.token.write(
        thief.carrier, {Attribute.WRAP: True, Attribute.UNWRAP: True}
    ),
    "let the carrier do nothing else": lambda thief: thief.token.write(
        thief.carrier, {Attribute[name]: False for name in WORK}
    ),
    "trust the carrier": lambda thief: thief.token.write(thief.carrier, {Attribute.TRUSTED: True}),
    "copy the carrier to decrypt": lambda thief: thief.carry(
        thief.token.copy(thief.carrier, {Attribute.DECRYPT: True, Attribute.WRAP: False})
    ),
    "copy the carrier as trusted": lambda thief: thief.carry(
        thief.token.copy(thief.carrier, {Attribute.TRUSTED: True})
    ),
    # downgrades
    "set the victim readable": lambda thief: thief.token.write(
        thief.victims["wrappable"], {Attribute.SENSITIVE: False}
    ),
    "set the base extractable": lambda thief: thief.token.write(thief.victims["base"], {Attribute.EXTRACTABLE: True}),
    "copy the victim as readable": lambda thief: thief.made(
        thief.token.copy(thief.victims["wrappable"], {Attribute.SENSITIVE: False})
    ),
    "copy the base as extractable": lambda thief: thief.made(
        thief.token.copy(thief.victims["base"], {Attribute.EXTRACTABLE: True})
    ),
    # out and in again
    "wrap by KWP": _wrap(Mechanism.AES_KEY_WRAP_KWP),
    "wrap by KW": _wrap(Mechanism.AES_KEY_WRAP),
    "wrap by CBC": _wrap(Mechanism.AES_CBC_PAD),
    "wrap by ECB": _wrap(Mechanism.AES_ECB),
    "wrap by GCM under the carrier": _wrap(Mechanism.AES_GCM, made=True),
    "wrap the base by KW": _wrap(Mechanism.AES_KEY_WRAP, "base"),
    "decrypt": lambda thief: thief.see(thief.token.decrypt(thief.carrier, _wrapped(thief))),
    "unwrap as readable": lambda thief: thief.made(
        thief.token.unwrap(thief.carrier, _wrapped(thief), asked(**READABLE))
    ),
    "unwrap by default": lambda thief: thief.made(thief.token.unwrap(thief.carrier, _wrapped(thief), asked())),
    "unwrap as a carrier": lambda thief: thief.carry(
        thief.token.unwrap(thief.carrier, _wrapped(thief), asked(**CARRIES))
    ),
    # under the officer's key
    "wrap the trusted key under itself": _wrap_under_trusted(Mechanism.AES_KEY_WRAP_KWP, "trusted"),
    "wrap under the trusted key": _wrap_under_trusted(Mechanism.AES_KEY_WRAP_KWP, "wrappable"),
    "wrap the chain under the trusted key": _wrap_under_trusted(Mechanism.AES_KEY_WRAP_KWP, "chain"),
    "wrap by GCM": _wrap_under_trusted(Mechanism.AES_GCM, "wrappable"),
    "wrap a known key by GCM": _wrap_known,
    "wrap by GCM under a made nonce": _wrap_under_trusted(Mechanism.AES_GCM, "wrappable", made=True),
    "wrap the trusted key by GCM under itself": _wrap_under_trusted(Mechanism.AES_GCM, "trusted", made=True),
    "unwrap to encrypt": lambda thief: thief.carry(_unwrap_by_trusted(thief, asked(ENCRYPT=True))),
    "take off the keystream": lambda thief: thief.see(thief.token.streamed_by_hand(thief.carrier, _wrapped(thief))),
    "unwrap to decrypt": lambda thief: thief.carry(_unwrap_by_trusted(thief, asked(DECRYPT=True))),
    "unwrap to sign": lambda thief: thief.made(_unwrap_by_trusted(thief, asked(KeyType.GENERIC_SECRET, SIGN=True))),
    "decrypt by hand": lambda thief: thief.see(thief.token.unwrapped_by_hand(thief.carrier, _wrapped(thief))),
    # derivation
    "sign with the newest": lambda thief: thief.see(thief.token.sign(thief.newest)),
    "sign with the signing base": lambda thief: thief.see(thief.token.sign(thief.victims["signing"])),
    "let the signing base sign no more": lambda thief: thief.token.write(
        thief.victims["signing"], {Attribute.SIGN: False}
    ),
    "copy the signing base to sign no more": _replace("signing", SIGN=False),
    "expand the signing base": _expand("signing"),
    "expand the chain": _expand("chain"),
    "derive a signing key from the chain": lambda thief: thief.made(
        thief.token.expand(thief.victims["chain"], {**EXPANDED, Attribute.SIGN: True})
    ),
    "derive a base from the chain": _derive_base,
    "digest the chain as its extraction does": _digest,
    "extract from the chain, and expand": _extract_and_expand,
    "unwrap as a base": _unwrap_base,
    "expand that base": _expand_base,
    "join nothing to the base": _join_nothing(tables.CKM_XOR_BASE_AND_DATA, "base", **READABLE),
    "the same by default": _join_nothing(tables.CKM_XOR_BASE_AND_DATA, "base"),
    "append to the base": _join_nothing(tables.CKM_CONCATENATE_BASE_AND_DATA, "base", **READABLE),
    "join nothing to the victim": _join_nothing(tables.CKM_XOR_BASE_AND_DATA, "wrappable", **READABLE),
    # what all of it is for
    "read the newest": lambda thief: thief.see(thief.token.read(thief.newest)),
    "read the victim": lambda thief: thief.see(thief.token.read(thief.victims["wrappable"])),
    "read the base": lambda thief: thief.see(thief.token.read(thief.victims["base"])),
}


def play(thief: Thief, moves: list[str]) -> bool:
    """Make these moves, whatever is refused; whether he has won."""
    for name in moves:
        try:
            MOVES[name](thief)
        except (Refused, Refusal, Impossible):
            continue
        if thief.has_won():
            return True
    return False
