"""The PKCS#11 module, loaded as any program loads it."""

import ctypes
from pathlib import Path
from typing import Final

from vhsm.cli.options import UsageError

CKR_OK: Final = 0


def count_slots(path: Path) -> int:
    """Load the module, initialise it, and count the slots with tokens (PKCS#11 v3.2, 5.4 and 5.5).

    Raises:
        UsageError: it cannot be loaded, or a function fails; says which.
    """
    try:
        module = ctypes.CDLL(str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be loaded: {error}") from None
    for function in (module.C_Initialize, module.C_GetSlotList, module.C_Finalize):
        function.restype = ctypes.c_ulong
    _expect(module.C_Initialize(None), "C_Initialize")
    count = ctypes.c_ulong()
    try:
        _expect(module.C_GetSlotList(ctypes.c_ubyte(1), None, ctypes.byref(count)), "C_GetSlotList")
    finally:
        module.C_Finalize(None)
    return count.value


def _expect(rv: int, function: str) -> None:
    if rv != CKR_OK:
        raise UsageError(f"{function} answers {rv:#x}")
