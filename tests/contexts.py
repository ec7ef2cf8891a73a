"""CK_SIGN_ADDITIONAL_CONTEXT and CK_HASH_SIGN_ADDITIONAL_CONTEXT (PKCS#11 v3.2, 6.67.1), in C's form."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_ulong, c_void_p
from typing import Final

from tests.mechanisms import CkMechanism, Parameters

HEDGE_PREFERRED: Final = 0
HEDGE_REQUIRED: Final = 1
DETERMINISTIC_REQUIRED: Final = 2


class CkSignAdditionalContext(Structure):
    """CK_SIGN_ADDITIONAL_CONTEXT."""

    _fields_ = (("hedge", c_ulong), ("context", c_void_p), ("context_length", c_ulong))


class CkHashSignAdditionalContext(Structure):
    """CK_HASH_SIGN_ADDITIONAL_CONTEXT."""

    _fields_ = (*CkSignAdditionalContext._fields_, ("hash", c_ulong))


def sign_context(mechanism: int, context: bytes = b"", hedge: int = HEDGE_PREFERRED) -> Parameters:
    """Give a signature mechanism with its context string."""
    buffer = ctypes.create_string_buffer(context, max(len(context), 1))
    parameter = CkSignAdditionalContext(hedge, ctypes.addressof(buffer) if context else None, len(context))
    ck = CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(ck, (parameter, buffer))


def hash_sign_context(mechanism: int, digest: int, context: bytes = b"", hedge: int = HEDGE_PREFERRED) -> Parameters:
    """Give a signature mechanism for data that `digest` (a CKM_ value) has hashed already."""
    buffer = ctypes.create_string_buffer(context, max(len(context), 1))
    parameter = CkHashSignAdditionalContext(hedge, ctypes.addressof(buffer) if context else None, len(context), digest)
    ck = CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(ck, (parameter, buffer))
