"""A thief with every call of PKCS#11: an alphabet of moves, and the two boards that they are played on.

The thief is the logged-in user of a token with two sensitive keys that he may use and must not learn: one that may be
wrapped, and one that others may be derived from. `Model` is a token made of the policy functions alone, `Board` a
real one, through its module. He has won once a value stands in what he has read, decrypted, or can unwrap himself
with a key that he knows.
"""

from __future__ import annotations

from ctypes import Structure, addressof, byref, c_ulong, c_void_p, create_string_buffer, sizeof
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import CkTemplate, Refused, encode
from tests.mechanisms import CkMechanism, Parameters, iv, plain
from vhsm.errors import Refusal
from vhsm.model.template import Template
from vhsm.policy import derivation, grants, templates, wrapping
from vhsm.wire import tables, use_pb2
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session, Value
    from tests.cryptoki import Template as Asked
    from vhsm.model.attributes import Attributes
    from vhsm.model.records import Policy

WRAPPABLE: Final = b"may be wrapped, must not be read"
BASE: Final = b"may be a base, must not be read!"
KNOWN: Final = b"an AES key that the thief knows!"
IV: Final = bytes(16)
WITH_IV: Final = (Mechanism.AES_CBC_PAD,)
WORK: Final = ("ENCRYPT", "DECRYPT", "SIGN", "VERIFY", "DERIVE")


def asked(key_type: KeyType = KeyType.AES, **attributes: Value) -> Asked:
    """Write a secret key's template."""
    said = {Attribute[name]: value for name, value in attributes.items()}
    return {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: key_type, **said}


CARRIES: Final[dict[str, Any]] = {**dict.fromkeys(WORK, False), "WRAP": True, "UNWRAP": True}
READABLE: Final[dict[str, Any]] = {"SENSITIVE": False, "EXTRACTABLE": True}
VICTIMS: Final = (
    ("wrappable", asked(VALUE=WRAPPABLE, SENSITIVE=True, EXTRACTABLE=True)),
    (
        "base",
        asked(
            KeyType.GENERIC_SECRET, VALUE=BASE, SENSITIVE=True, EXTRACTABLE=False,
            **dict.fromkeys(WORK, False) | {"DERIVE": True, "WRAP": False, "UNWRAP": False},
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped key: bytes, or in the model what they stand for."""

    mechanism: Mechanism
    content: bytes
    # Of the model: the value of the wrapping key.
    under: bytes = b""


class Token(Protocol):
    """What the thief plays on; a refusal is a Refused or a Refusal."""

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

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int) -> Wrapped:
        """C_WrapKey."""

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt of what was wrapped, by the mechanism that wrapped it."""

    def derive(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey with zeros for data."""

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap outside of any token; nothing where the value is another key's."""


@dataclass(slots=True)
class Thief:
    """What he holds: the victims, the carrier of his choice, the newest key and wrapped key, and all that he saw."""

    token: Token
    victims: dict[str, int]
    carrier: int = 0
    newest: int = 0
    wrapped: Wrapped | None = None
    seen: bytes = b""

    @classmethod
    def enter(cls, token: Token) -> Self:
        """Have the victims made, and begin."""
        return cls(token, {name: token.create(template) for name, template in VICTIMS})

    def has_won(self) -> bool:
        """Tell whether he knows a victim's value."""
        outside = self.token.opened(self.wrapped, KNOWN) if self.wrapped else b""
        return any(value in self.seen or value in outside for value in (WRAPPABLE, BASE))

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


def _wrap(mechanism: Mechanism, name: str = "wrappable") -> Callable[[Thief], None]:
    def move(thief: Thief) -> None:
        thief.wrapped = thief.token.wrap(mechanism, thief.carrier, thief.victims[name])

    return move


def _derive(mechanism: int, name: str, **attributes: Value) -> Callable[[Thief], None]:
    template = asked(KeyType.GENERIC_SECRET, **attributes)
    return lambda thief: thief.made(thief.token.derive(mechanism, thief.victims[name], template))


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
    "wrap the base by KW": _wrap(Mechanism.AES_KEY_WRAP, "base"),
    "decrypt": lambda thief: thief.see(thief.token.decrypt(thief.carrier, _wrapped(thief))),
    "unwrap as readable": lambda thief: thief.made(
        thief.token.unwrap(thief.carrier, _wrapped(thief), asked(**READABLE))
    ),
    "unwrap by default": lambda thief: thief.made(thief.token.unwrap(thief.carrier, _wrapped(thief), asked())),
    "unwrap as a carrier": lambda thief: thief.carry(
        thief.token.unwrap(thief.carrier, _wrapped(thief), asked(**CARRIES))
    ),
    # derivation
    "join nothing to the base": _derive(tables.CKM_XOR_BASE_AND_DATA, "base", **READABLE),
    "the same by default": _derive(tables.CKM_XOR_BASE_AND_DATA, "base"),
    "append to the base": _derive(tables.CKM_CONCATENATE_BASE_AND_DATA, "base", **READABLE),
    "join nothing to the victim": _derive(tables.CKM_XOR_BASE_AND_DATA, "wrappable", **READABLE),
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


# ---- a token made of the policy functions ------------------------------------------------------------


def spelled(template: Asked) -> Template:
    """Write a template as the server parses it."""
    values, secrets = {}, {}
    for kind, value in template.items():
        row = tables.ATTRIBUTES[int(kind)]
        content = encode(value)
        if row.secret:
            secrets[row.value] = len(content)
        else:
            values[row.value] = content[::-1] if row.kind == "number" else content
    return Template(values, secrets)


@dataclass(slots=True)
class Model:
    """Objects are attributes and a value; what is wrapped is told apart by the mechanism and the wrapping key."""

    policy: Policy
    objects: dict[int, tuple[Attributes, bytes]] = field(default_factory=dict)

    def branch(self) -> Self:
        """Begin another game from here."""
        return type(self)(self.policy, dict(self.objects))

    def _keep(self, attributes: Attributes, value: bytes) -> int:
        length = {tables.CKA_VALUE_LEN: len(value).to_bytes(8)}
        untrusted = {tables.CKA_TRUSTED: b"\0"}
        handle = len(self.objects) + 1
        self.objects[handle] = attributes.overlaid(length | untrusted), value
        return handle

    def _object(self, handle: int) -> tuple[Attributes, bytes]:
        if handle not in self.objects:
            raise Impossible
        return self.objects[handle]

    def create(self, template: Asked) -> int:
        """C_CreateObject."""
        value = template[Attribute.VALUE]
        assert isinstance(value, bytes)
        return self._keep(templates.created(spelled(template), self.policy), value)

    def generate(self, template: Asked) -> int:
        """C_GenerateKey: of a value that the thief does not know."""
        row = tables.MECHANISMS[tables.CKM_AES_KEY_GEN]
        value = f"generated, number {len(self.objects)}".encode().ljust(32)
        return self._keep(templates.generated(spelled(template), row, self.policy), value)

    def copy(self, key: int, template: Asked) -> int:
        """C_CopyObject."""
        attributes, value = self._object(key)
        return self._keep(templates.copied(attributes, spelled(template), self.policy), value)

    def write(self, key: int, template: Asked) -> None:
        """C_SetAttributeValue."""
        attributes, value = self._object(key)
        templates.check_changes(attributes, spelled(template), self.policy)
        self.objects[key] = attributes.overlaid(spelled(template).values), value

    def read(self, key: int) -> bytes:
        """C_GetAttributeValue: the engine's law on it."""
        attributes, value = self._object(key)
        readable = attributes.boolean(tables.CKA_SENSITIVE) is False and attributes.boolean(tables.CKA_EXTRACTABLE)
        return value if readable else b""

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int) -> Wrapped:
        """C_WrapKey."""
        (attributes, value), (other, under) = self._object(key), self._object(wrapping_key)
        wrapping.check_wrap(other, attributes, mechanism, self.policy)
        return Wrapped(mechanism, value, under)

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""
        attributes, value = self._object(unwrapping_key)
        wrapping.check_unwrap(attributes, wrapped.mechanism, self.policy)
        made = wrapping.unwrapped(spelled(template), self.policy)
        if value != wrapped.under:
            raise Impossible
        return self._keep(made, wrapped.content)

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt."""
        attributes, value = self._object(key)
        grants.check_use(attributes, self.policy, use_pb2.OPERATION_DECRYPT, wrapped.mechanism)
        return self.opened(wrapped, value)

    def derive(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey: the base's value comes out again, for nothing is joined to it."""
        attributes, value = self._object(base)
        message = use_pb2.Mechanism(type=mechanism, derivation_data=bytes(len(value)))
        made = derivation.derived(spelled(template), message, [attributes], self.policy)
        assert made.number(tables.CKA_CLASS) == CKO.SECRET_KEY
        return self._keep(made, value)

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap by hand."""
        return wrapped.content if value == wrapped.under else b""


# ---- a real token --------------------------------------------------------------------------------------


class CkStringData(Structure):
    """CK_KEY_DERIVATION_STRING_DATA."""

    _fields_ = (("data", c_void_p), ("length", c_ulong))


def parameters(mechanism: Mechanism) -> Parameters:
    """Give a mechanism that carries keys, with an IV of zeros where it takes one."""
    return iv(mechanism, IV) if mechanism in WITH_IV else plain(mechanism)


@dataclass(slots=True)
class Board:
    """A token through its module; all keys are the session's."""

    session: Session

    def create(self, template: Asked) -> int:
        """C_CreateObject."""
        return self.session.create(template)

    def generate(self, template: Asked) -> int:
        """C_GenerateKey."""
        return self.session.generate(plain(Mechanism.AES_KEY_GEN), template)

    def copy(self, key: int, template: Asked) -> int:
        """C_CopyObject."""
        return self.session.copy(key, template)

    def write(self, key: int, template: Asked) -> None:
        """C_SetAttributeValue."""
        self.session.write(key, template)

    def read(self, key: int) -> bytes:
        """C_GetAttributeValue."""
        return self.session.read(key, Attribute.VALUE)

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int) -> Wrapped:
        """C_WrapKey."""
        return Wrapped(mechanism, self.session.wrap(parameters(mechanism), wrapping_key, key))

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""
        return self.session.unwrap(parameters(wrapped.mechanism), unwrapping_key, wrapped.content, template)

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt."""
        return self.session.complete("Decrypt", parameters(wrapped.mechanism), key, wrapped.content)

    def derive(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey."""
        zeros = create_string_buffer(32)
        data = CkStringData(addressof(zeros), 32)
        written, handle = CkTemplate(template), c_ulong()
        chosen = CkMechanism(mechanism, addressof(data), sizeof(data))
        self.session.call("C_DeriveKey", byref(chosen), c_ulong(base), *written.arguments, byref(handle))
        return handle.value

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap with `cryptography`."""
        try:
            match wrapped.mechanism:
                case Mechanism.AES_KEY_WRAP_KWP:
                    return keywrap.aes_key_unwrap_with_padding(value, wrapped.content)
                case Mechanism.AES_KEY_WRAP:
                    return keywrap.aes_key_unwrap(value, wrapped.content)
        except keywrap.InvalidUnwrap:
            return b""
        mode = modes.CBC(IV) if wrapped.mechanism in WITH_IV else modes.ECB()  # noqa: S305 - what the thief would like
        return Cipher(algorithms.AES(value), mode).decryptor().update(wrapped.content)
