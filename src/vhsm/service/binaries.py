"""Where the engine and the PKCS#11 module stand: named, beside the installed package, or built in the checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import vhsm
from vhsm.config import ConfigError

ENGINE_NAME: Final = "vhsm-engine"
MODULE_NAME: Final = "libvhsm_pkcs11.so"


def engine_path() -> Path:
    """Find the engine: VHSM_ENGINE, else beside the package, else in the checkout.

    Raises:
        ConfigError: there is none.
    """
    return _find(ENGINE_NAME, "VHSM_ENGINE")


def module_path() -> Path:
    """Find the PKCS#11 module: VHSM_MODULE, else beside the package, else in the checkout.

    Raises:
        ConfigError: there is none.
    """
    return _find(MODULE_NAME, "VHSM_MODULE")


def _find(name: str, variable: str) -> Path:
    named = os.environ.get(variable)
    if named:
        candidates = [Path(named)]
    else:
        package = Path(vhsm.__file__).resolve().parent
        candidates = [
            package / name,
            Path(sys.prefix) / "bin" / name,
            package.parents[1] / "target" / "release" / name,
        ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.absolute()
    places = ", ".join(str(candidate) for candidate in candidates)
    raise ConfigError(f"{name} not found ({places}); build it with `make build` or name it by {variable}")
