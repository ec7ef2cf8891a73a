"""Refusals: one class for each CKR_ value that the server answers (PKCS#11 v3.2, section 5.1).

A refusal tells an application its CKR_ value and nothing more. Its explanation is one line for administrators and
for the audit record: it says what to do, and never holds a secret. Anything that is raised and is no Refusal is a bug.
"""

from __future__ import annotations

from typing import ClassVar, Final


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """What the caller asked for is not done."""

    rv: ClassVar[int]

    def __init__(self, explanation: str = "") -> None:
        super().__init__(explanation)
        self.explanation = explanation


class SlotIdInvalid(Refusal):
    """CKR_SLOT_ID_INVALID: no token of the caller's container stands in this slot."""

    rv = 0x03


class GeneralError(Refusal):
    """CKR_GENERAL_ERROR: a bug of ours; the log of the server says more."""

    rv = 0x05


class FunctionFailed(Refusal):
    """CKR_FUNCTION_FAILED: it could not be done now; the same request may succeed later."""

    rv = 0x06


class ArgumentsBad(Refusal):
    """CKR_ARGUMENTS_BAD: the request itself makes no sense."""

    rv = 0x07


class AttributeReadOnly(Refusal):
    """CKR_ATTRIBUTE_READ_ONLY: nobody, or nobody in this direction, may set this attribute."""

    rv = 0x10


class AttributeSensitive(Refusal):
    """CKR_ATTRIBUTE_SENSITIVE: the value stays in the server."""

    rv = 0x11


class AttributeTypeInvalid(Refusal):
    """CKR_ATTRIBUTE_TYPE_INVALID: objects of this class have no such attribute."""

    rv = 0x12


class AttributeValueInvalid(Refusal):
    """CKR_ATTRIBUTE_VALUE_INVALID: the attribute cannot hold this value."""

    rv = 0x13


class ActionProhibited(Refusal):
    """CKR_ACTION_PROHIBITED: the object's own attributes forbid it (MODIFIABLE, COPYABLE, DESTROYABLE)."""

    rv = 0x1B


class DataLenRange(Refusal):
    """CKR_DATA_LEN_RANGE: too much or too little data."""

    rv = 0x21


class DeviceError(Refusal):
    """CKR_DEVICE_ERROR: something under us is broken, or the caller is not who the enrolment says."""

    rv = 0x30


class DeviceMemory(Refusal):
    """CKR_DEVICE_MEMORY: no room left on the disk or in secret memory."""

    rv = 0x31


class FunctionNotSupported(Refusal):
    """CKR_FUNCTION_NOT_SUPPORTED: no row of the table of operations."""

    rv = 0x54


class KeyHandleInvalid(Refusal):
    """CKR_KEY_HANDLE_INVALID: no such key, or not the caller's."""

    rv = 0x60


class KeySizeRange(Refusal):
    """CKR_KEY_SIZE_RANGE: the mechanism has no keys of this size."""

    rv = 0x62


class KeyTypeInconsistent(Refusal):
    """CKR_KEY_TYPE_INCONSISTENT: the mechanism does not work with keys of this type."""

    rv = 0x63


class KeyIndigestible(Refusal):
    """CKR_KEY_INDIGESTIBLE: a digest would tell what the key keeps."""

    rv = 0x67


class KeyFunctionNotPermitted(Refusal):
    """CKR_KEY_FUNCTION_NOT_PERMITTED: the key's usage attributes forbid it."""

    rv = 0x68


class MechanismInvalid(Refusal):
    """CKR_MECHANISM_INVALID: unknown, not for this operation, or forbidden by key or policy."""

    rv = 0x70


class MechanismParamInvalid(Refusal):
    """CKR_MECHANISM_PARAM_INVALID: the mechanism's parameters are wrong."""

    rv = 0x71


class ObjectHandleInvalid(Refusal):
    """CKR_OBJECT_HANDLE_INVALID: no such object, or not the caller's."""

    rv = 0x82


class PinIncorrect(Refusal):
    """CKR_PIN_INCORRECT: the one answer to every failed authentication, whatever its cause."""

    rv = 0xA0


class PinInvalid(Refusal):
    """CKR_PIN_INVALID: the new PIN has characters that it may not have."""

    rv = 0xA1


class PinLenRange(Refusal):
    """CKR_PIN_LEN_RANGE: the new PIN is too short or too long."""

    rv = 0xA2


class PinLocked(Refusal):
    """CKR_PIN_LOCKED: too many wrong PINs; no try is made, for a while or until the PIN is reset."""

    rv = 0xA4


class SessionHandleInvalid(Refusal):
    """CKR_SESSION_HANDLE_INVALID: the request needs a session and names none."""

    rv = 0xB3


class SessionReadOnly(Refusal):
    """CKR_SESSION_READ_ONLY: a read-only session changes nothing on the token."""

    rv = 0xB5


class SessionReadOnlyExists(Refusal):
    """CKR_SESSION_READ_ONLY_EXISTS: the security officer logs in beside no read-only session."""

    rv = 0xB7


class SignatureInvalid(Refusal):
    """CKR_SIGNATURE_INVALID."""

    rv = 0xC0


class TemplateIncomplete(Refusal):
    """CKR_TEMPLATE_INCOMPLETE: an attribute that the object cannot do without is missing."""

    rv = 0xD0


class TemplateInconsistent(Refusal):
    """CKR_TEMPLATE_INCONSISTENT: the template contradicts itself or the mechanism."""

    rv = 0xD1


class UserAlreadyLoggedIn(Refusal):
    """CKR_USER_ALREADY_LOGGED_IN."""

    rv = 0x100


class UserNotLoggedIn(Refusal):
    """CKR_USER_NOT_LOGGED_IN: log in first (administration: `Login` with ROLE_ADMINISTRATOR)."""

    rv = 0x101


class UserPinNotInitialized(Refusal):
    """CKR_USER_PIN_NOT_INITIALIZED."""

    rv = 0x102


class UserTypeInvalid(Refusal):
    """CKR_USER_TYPE_INVALID: nobody of this role logs in here."""

    rv = 0x103


class UserAnotherAlreadyLoggedIn(Refusal):
    """CKR_USER_ANOTHER_ALREADY_LOGGED_IN."""

    rv = 0x104


class KeyNotWrappable(Refusal):
    """CKR_KEY_NOT_WRAPPABLE: no key may wrap this one, or this key may not."""

    rv = 0x69


class KeyUnextractable(Refusal):
    """CKR_KEY_UNEXTRACTABLE: the key stays in the server."""

    rv = 0x6A


class UnwrappingKeyHandleInvalid(Refusal):
    """CKR_UNWRAPPING_KEY_HANDLE_INVALID: no such key, or not the caller's."""

    rv = 0xF0


class UnwrappingKeyTypeInconsistent(Refusal):
    """CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT: the mechanism takes keys of other types."""

    rv = 0xF2


class WrappingKeyHandleInvalid(Refusal):
    """CKR_WRAPPING_KEY_HANDLE_INVALID: no such key, or not the caller's."""

    rv = 0x113


class WrappingKeySizeRange(Refusal):
    """CKR_WRAPPING_KEY_SIZE_RANGE: the key is weaker than what it would wrap."""

    rv = 0x114


class WrappingKeyTypeInconsistent(Refusal):
    """CKR_WRAPPING_KEY_TYPE_INCONSISTENT: the mechanism takes keys of other types."""

    rv = 0x115


class WrappedKeyInvalid(Refusal):
    """CKR_WRAPPED_KEY_INVALID: what is wrapped is no key, or none that this token takes."""

    rv = 0x110


class CurveNotSupported(Refusal):
    """CKR_CURVE_NOT_SUPPORTED: the token has no keys on this curve."""

    rv = 0x140


class EngineRefusal(Refusal):
    """A CKR_ value of the engine that has no class of its own: passed on as it came."""

    def __init__(self, rv: int) -> None:
        super().__init__(f"the engine answered {rv:#x}")
        self.rv = rv  # type: ignore[misc]  # the one class whose value is known at run time only


REFUSALS: Final[dict[int, type[Refusal]]] = {
    refusal.rv: refusal for refusal in Refusal.__subclasses__() if refusal is not EngineRefusal
}


def refusal_of(rv: int, explanation: str) -> Refusal:
    """Turn a CKR_ value of the engine into the refusal to raise."""
    refusal = REFUSALS.get(rv)
    return EngineRefusal(rv) if refusal is None else refusal(explanation)
