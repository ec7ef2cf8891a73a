"""What a program sees when the server refuses: one exception for each CKR_ value, named after it.

Most are the server's own classes; those that only the engine answers, or only a client meets, are here.
"""

from __future__ import annotations

from typing import Final

from vhsm.errors import REFUSALS, DeviceError, Refusal

__all__ = [
    "CryptokiNotInitialized",
    "DeviceError",
    "EncryptedDataInvalid",
    "EncryptedDataLenRange",
    "HostMemory",
    "OperationActive",
    "OperationNotInitialized",
    "RandomSeedNotSupported",
    "Refusal",
    "SessionClosed",
    "SessionCount",
    "SessionExists",
    "SignatureLenRange",
    "TokenNotPresent",
    "Unnamed",
    "refusal_for",
]


class EncryptedDataInvalid(Refusal):
    """CKR_ENCRYPTED_DATA_INVALID: the ciphertext, its tag or the additional data is not what was encrypted."""

    rv = 0x40


class EncryptedDataLenRange(Refusal):
    """CKR_ENCRYPTED_DATA_LEN_RANGE: the ciphertext is too short or too long."""

    rv = 0x41


class HostMemory(Refusal):
    """CKR_HOST_MEMORY: no room left."""

    rv = 0x02


class OperationActive(Refusal):
    """CKR_OPERATION_ACTIVE: the session is busy with an operation of this kind."""

    rv = 0x90


class OperationNotInitialized(Refusal):
    """CKR_OPERATION_NOT_INITIALIZED: the session has no operation to go on with."""

    rv = 0x91


class SessionClosed(Refusal):
    """CKR_SESSION_CLOSED: the session ended meanwhile."""

    rv = 0xB0


class SessionCount(Refusal):
    """CKR_SESSION_COUNT: the container holds as many sessions as it may; close some."""

    rv = 0xB1


class SessionExists(Refusal):
    """CKR_SESSION_EXISTS: close the sessions first."""

    rv = 0xB6


class SignatureLenRange(Refusal):
    """CKR_SIGNATURE_LEN_RANGE: no signature of this mechanism has this length."""

    rv = 0xC1


class RandomSeedNotSupported(Refusal):
    """CKR_RANDOM_SEED_NOT_SUPPORTED."""

    rv = 0x120


class TokenNotPresent(Refusal):
    """CKR_TOKEN_NOT_PRESENT: the token is gone from this slot."""

    rv = 0xE0


class CryptokiNotInitialized(Refusal):
    """CKR_CRYPTOKI_NOT_INITIALIZED: this process is not the one that connected; connect anew."""

    rv = 0x190


class Unnamed(Refusal):
    """A CKR_ value without a class of its own."""

    def __init__(self, rv: int, explanation: str) -> None:
        super().__init__(explanation)
        self.rv = rv  # type: ignore[misc]  # the one class whose value is known at run time only


_OURS: Final = (
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    HostMemory,
    OperationActive,
    OperationNotInitialized,
    SessionClosed,
    SessionCount,
    SessionExists,
    SignatureLenRange,
    RandomSeedNotSupported,
    TokenNotPresent,
    CryptokiNotInitialized,
)
_CLASSES: Final[dict[int, type[Refusal]]] = {refusal.rv: refusal for refusal in _OURS} | REFUSALS


def refusal_for(rv: int, explanation: str) -> Refusal:
    """Make the exception for a reply's CKR_ value.

    Its text is the server's explanation, which only administrators get; else the value's name and meaning.
    """
    refusal = _CLASSES.get(rv)
    if refusal is None:
        return Unnamed(rv, explanation or f"the server answered CKR_ value {rv:#x}")
    return refusal(explanation or (refusal.__doc__ or refusal.__name__).splitlines()[0])
