"""What the thief of theft.py plays on: `Model`, a token made of the policy functions alone, and `Board`, a real one."""

from __future__ import annotations

import hashlib
import hmac
from ctypes import c_ulong
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11.constants import Attribute
from pkcs11.mechanisms import Mechanism

from tests import kdf
from tests.attacks.theft import CARRIER, KNOWN, MESSAGE, Impossible, Wrapped, expanded
from tests.cryptoki import data, encode
from tests.mechanisms import Parameters, ctr, gcm, gcm_wrap, iv, iv_of, plain
from vhsm.model.attributes import boolean
from vhsm.model.identifiers import ObjectNumber
from vhsm.model.template import Template
from vhsm.policy import derivation, grants, templates, wrapping
from vhsm.wire import derivation_pb2, tables, use_pb2
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session
    from tests.cryptoki import Template as Asked
    from vhsm.model.attributes import Attributes
    from vhsm.model.records import Policy

BLOCK_BYTES: Final = 16
IV: Final = bytes(BLOCK_BYTES)
NUMBER: Final = ObjectNumber(1)
NONCE: Final = bytes(12)
CKG_GENERATE: Final = 1

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
    nonces_made: int = 0

    def __post_init__(self) -> None:
        """Begin with the officer's key."""
        if not self.objects:
            self.write_trusted(self.create(CARRIER))

    def write_trusted(self, key: int) -> None:
        """C_SetAttributeValue of the security officer."""
        attributes, value = self.objects[key]
        self.objects[key] = attributes.overlaid({tables.CKA_TRUSTED: boolean(True)}), value

    def trusted(self) -> int:
        """CARRIER, the first object."""
        return 1

    def branch(self) -> Self:
        """Begin another game from here."""
        return type(self)(self.policy, dict(self.objects), self.nonces_made)

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

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int, *, made: bool = False) -> Wrapped:
        """C_WrapKey."""
        (attributes, value), (other, under) = self._object(key), self._object(wrapping_key)
        asked, nonce = use_pb2.Mechanism(type=mechanism), NONCE
        if made:
            self.nonces_made += 1
            asked.message.generator, nonce = CKG_GENERATE, self.nonces_made.to_bytes(len(NONCE))
        elif mechanism == Mechanism.AES_GCM:
            asked.gcm.iv = NONCE
        wrapping.check_wrap(other, attributes, asked, self.policy)
        return Wrapped(mechanism, value, under, nonce)

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""
        attributes, value = self._object(unwrapping_key)
        wrapping.check_unwrap(attributes, wrapped.mechanism, self.policy)
        made = wrapping.unwrapped(spelled(template), attributes, self.policy)
        if value != wrapped.under:
            raise Impossible
        return self._keep(made, wrapped.content)

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt."""
        return self.opened(wrapped, self._use(key, use_pb2.OPERATION_DECRYPT, wrapped.mechanism))

    def _use(self, key: int, operation: use_pb2.Operation.ValueType, mechanism: int) -> bytes:
        attributes, value = self._object(key)
        grants.check_use(attributes, self.policy, operation, mechanism)
        return value

    def unwrapped_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt."""
        value = self._use(key, use_pb2.OPERATION_DECRYPT, tables.CKM_AES_CBC)
        return self.opened(wrapped, value) if wrapped.mechanism == Mechanism.AES_KEY_WRAP_KWP else b""

    def streamed_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Encrypt."""
        value = self._use(key, use_pb2.OPERATION_ENCRYPT, tables.CKM_AES_CTR)
        return self.opened(wrapped, value) if wrapped.mechanism == Mechanism.AES_GCM else b""

    def sign(self, key: int) -> bytes:
        """C_Sign."""
        return expanded(self._use(key, use_pb2.OPERATION_SIGN, tables.CKM_SHA256_HMAC))

    def join_nothing(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey: the base's value comes out again, for nothing is joined to it."""
        value = self._object(base)[1]
        return self._derive(use_pb2.Mechanism(type=mechanism, derivation_data=bytes(len(value))), base, template, value)

    def digest(self, key: int, before: bytes) -> bytes:
        """C_DigestKey."""
        attributes, value = self._object(key)
        grants.decide(attributes, NUMBER, self.policy, use_pb2.OPERATION_DIGEST_KEY, tables.CKM_SHA256)
        return hashlib.sha256(before + value).digest()

    def expand(self, base: int, template: Asked, *, extract: bool = False) -> int:
        """C_DeriveKey."""
        parameters = derivation_pb2.HkdfParameters(extract=extract, expand=True)
        asked = use_pb2.Mechanism(type=tables.CKM_HKDF_DERIVE, hkdf=parameters)
        value = self._object(base)[1]
        return self._derive(
            asked, base, template, expanded(hmac.digest(bytes(32), value, "sha256") if extract else value)
        )

    def _derive(self, asked: use_pb2.Mechanism, base: int, template: Asked, value: bytes) -> int:
        made = derivation.derived(spelled(template), asked, [self._object(base)[0]], self.policy)
        assert made.number(tables.CKA_CLASS) == CKO.SECRET_KEY
        return self._keep(made, value)

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap by hand."""
        return wrapped.content if value == wrapped.under else b""

    def compared(self, known: Wrapped, wrapped: Wrapped) -> bytes:
        """One keystream for both."""
        same = (known.mechanism, known.under, known.nonce) == (wrapped.mechanism, wrapped.under, wrapped.nonce)
        streamed = wrapped.mechanism == Mechanism.AES_GCM and same
        return wrapped.content if streamed else b""


# ---- a real token --------------------------------------------------------------------------------------


def parameters(mechanism: Mechanism, nonce: bytes = NONCE, *, made: bool = False) -> Parameters:
    """Give a mechanism that carries keys, with the same IV each time where it takes one that is not made."""
    match mechanism:
        case Mechanism.AES_GCM:
            return gcm_wrap(nonce, generator=CKG_GENERATE if made else 0)
        case Mechanism.AES_CBC_PAD:
            return iv(mechanism, IV)
        case _:
            return plain(mechanism)


def unwrap_by_blocks(decrypt: Callable[[bytes], bytes], wrapped: bytes) -> bytes:
    """Undo RFC 3394's wrapping with AES alone, and look at whatever comes out (SP 800-38F, 6.1)."""
    check, *parts = [wrapped[at : at + 8] for at in range(0, len(wrapped), 8)]
    for step in range(6 * len(parts), 0, -1):
        index = (step - 1) % len(parts)
        block = decrypt((int.from_bytes(check) ^ step).to_bytes(8) + parts[index])
        check, parts[index] = block[:8], block[8:]
    return b"".join(parts)


@dataclass(slots=True)
class Board:
    """A token through its module; all keys are the session's, but the one that carries others."""

    session: Session
    carrier: int

    def trusted(self) -> int:
        """CARRIER."""
        return self.carrier

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

    def wrap(self, mechanism: Mechanism, wrapping_key: int, key: int, *, made: bool = False) -> Wrapped:
        """C_WrapKey."""
        chosen = parameters(mechanism, made=made)
        content = self.session.wrap(chosen, wrapping_key, key)
        return Wrapped(mechanism, content, nonce=iv_of(chosen) if mechanism == Mechanism.AES_GCM else b"")

    def unwrap(self, unwrapping_key: int, wrapped: Wrapped, template: Asked) -> int:
        """C_UnwrapKey."""
        chosen = parameters(wrapped.mechanism, wrapped.nonce)
        return self.session.unwrap(chosen, unwrapping_key, wrapped.content, template)

    def decrypt(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt."""
        gcm_is_it = wrapped.mechanism == Mechanism.AES_GCM
        chosen = gcm(wrapped.nonce) if gcm_is_it else parameters(wrapped.mechanism)
        return self.session.complete("Decrypt", chosen, key, wrapped.content)

    def unwrapped_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Decrypt, a block at a time."""
        if wrapped.mechanism != Mechanism.AES_KEY_WRAP_KWP:
            return b""
        one_block = iv(Mechanism.AES_CBC, IV)
        return unwrap_by_blocks(lambda block: self.session.complete("Decrypt", one_block, key, block), wrapped.content)

    def streamed_by_hand(self, key: int, wrapped: Wrapped) -> bytes:
        """C_Encrypt, which CTR does as well backwards."""
        if wrapped.mechanism != Mechanism.AES_GCM:
            return b""
        # The first counter is the tag's (SP 800-38D, 7.1).
        return self.session.complete("Encrypt", ctr(wrapped.nonce + (2).to_bytes(4), 32), key, wrapped.content)

    def sign(self, key: int) -> bytes:
        """C_Sign."""
        return self.session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, MESSAGE)

    def join_nothing(self, mechanism: int, base: int, template: Asked) -> int:
        """C_DeriveKey."""
        return self.session.derive(kdf.string_data(mechanism, bytes(32)), base, template)

    def digest(self, key: int, before: bytes) -> bytes:
        """C_DigestKey."""
        self.session.begin("Digest", plain(Mechanism.SHA256))
        self.session.call("C_DigestUpdate", *data(before))
        self.session.call("C_DigestKey", c_ulong(key))
        return self.session.output("C_DigestFinal")

    def expand(self, base: int, template: Asked, *, extract: bool = False) -> int:
        """C_DeriveKey."""
        return self.session.derive(kdf.hkdf(Mechanism.SHA256, extract=extract), base, template)

    def opened(self, wrapped: Wrapped, value: bytes) -> bytes:
        """Unwrap with `cryptography`."""
        try:
            match wrapped.mechanism:
                case Mechanism.AES_KEY_WRAP_KWP:
                    return keywrap.aes_key_unwrap_with_padding(value, wrapped.content)
                case Mechanism.AES_KEY_WRAP:
                    return keywrap.aes_key_unwrap(value, wrapped.content)
                case Mechanism.AES_GCM:
                    return AESGCM(value).decrypt(wrapped.nonce, wrapped.content, None)
        except (keywrap.InvalidUnwrap, InvalidTag):
            return b""
        mode = modes.CBC(IV) if wrapped.mechanism == Mechanism.AES_CBC_PAD else modes.ECB()  # noqa: S305 - the thief's wish
        return Cipher(algorithms.AES(value), mode).decryptor().update(wrapped.content)

    def compared(self, known: Wrapped, wrapped: Wrapped) -> bytes:
        """One keystream for both."""
        if wrapped.mechanism != Mechanism.AES_GCM:
            return b""
        return bytes(a ^ b ^ c for a, b, c in zip(KNOWN, known.content, wrapped.content, strict=False))
