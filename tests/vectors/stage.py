"""What vectors are played on: a token, its mechanisms by name, and session keys that are imported once."""

from __future__ import annotations

import ctypes
from ctypes import Structure, byref, c_ulong
from typing import TYPE_CHECKING, Final

from tests.cryptoki import CKU_USER, Module, Refused, data
from tests.mechanisms import CkMechanism, Parameters
from tests.rv import Rv
from vhsm.wire.tables import MECHANISMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkcs11.constants import Attribute

    from tests.cryptoki import Session, Value
    from tests.servers import Token

KEYS_MAX: Final = 1_000  # of a session; then it is closed, and takes them along
ROOM: Final = 8_192  # more than any output is longer than its input
VALUES: Final = {row.name: value for value, row in MECHANISMS.items()}


class Skip(Exception):  # noqa: N818 - no error
    """A vector that cannot be played; the text says why."""


class Wrong(Exception):  # noqa: N818 - a verdict
    """The module did what was asked, with another result than the vector's."""


class Rejected(Exception):  # noqa: N818 - a verdict
    """The module refused without an error: an implicit rejection."""


def packed(mechanism: int, parameter: Structure, *kept: object) -> Parameters:
    """Give a mechanism with its parameter, and keep what the parameter points at."""
    written = CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(written, (parameter, *kept))


class Stage:
    """A logged-in token."""

    def __init__(self, module: Module, token: Token) -> None:
        self.module = module
        self.slot = module.slot_of(token.label)
        self._login = module.open_session(self.slot)
        self._login.login(token.pin, CKU_USER)
        self._offered = module.mechanisms(self.slot)
        self._keys: dict[tuple[tuple[int, Value], ...], int | Refused] = {}
        self.session: Session = module.open_session(self.slot)

    def offers(self, *names: str) -> bool:
        """Tell whether the token has all these mechanisms."""
        return all(VALUES.get(name) in self._offered for name in names)

    def mechanism(self, name: str) -> int:
        """Give a mechanism's value.

        Raises:
            Skip: the token does not have it.
        """
        if name not in VALUES:
            raise Skip(f"no row {name}")
        if VALUES[name] not in self._offered:
            raise Skip(f"{name} is not offered")
        return VALUES[name]

    def plain(self, name: str) -> Parameters:
        """Give a mechanism without parameter; as `mechanism` raises."""
        return Parameters(CkMechanism(self.mechanism(name), None, 0))

    def key(self, template: Mapping[Attribute, Value]) -> int:
        """Import a session key, or take the one of the same template.

        Raises:
            Refused: the token refuses it, now or when it was first asked.
        """
        name = tuple(sorted(template.items()))
        if name not in self._keys:
            if len(self._keys) >= KEYS_MAX:
                self.clear()
            try:
                self._keys[name] = self.session.create(template)
            except Refused as refusal:
                self._keys[name] = refusal
        key = self._keys[name]
        if isinstance(key, Refused):
            raise key
        return key

    def clear(self) -> None:
        """End the session, its keys and its operations, and open another."""
        self.session.close()
        self._keys.clear()
        self.session = self.module.open_session(self.slot)

    def run(self, kind: str, mechanism: Parameters, key: int, content: bytes) -> bytes:
        """C_…Init and the single call."""
        self.session.begin(kind, mechanism, key)
        return self.session.output(f"C_{kind}", *data(content), room=len(content) + ROOM)

    def agree(self, kind: str, mechanism: Parameters, key: int, content: bytes, expected: bytes) -> None:
        """Run, and compare.

        Raises:
            Wrong: the result is another.
        """
        if self.run(kind, mechanism, key, content) != expected:
            raise Wrong(f"C_{kind}: another result")

    def verify(self, mechanism: Parameters, key: int, content: bytes, signature: bytes) -> None:
        """C_VerifyInit and C_Verify."""
        self.session.verify(mechanism, key, content, signature)

    def no_operation_is_left(self) -> None:
        """Check that a refused operation has ended: none can be continued.

        Raises:
            Wrong: one is still active.
        """
        length = c_ulong(0)
        for function in ("C_DecryptUpdate", "C_EncryptUpdate", "C_SignUpdate", "C_VerifyUpdate"):
            arguments = [None, byref(length)] if "crypt" in function else []
            rv = self.module.raw(function, c_ulong(self.session.handle), *data(b""), *arguments)
            if rv != Rv.OPERATION_NOT_INITIALIZED:
                raise Wrong(f"{function} after a refusal: {rv:#x}")
