"""Which curves a token takes keys on, and what they are worth (spec/pkcs11/curves.toml)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import CurveNotSupported
from vhsm.wire import tables

if TYPE_CHECKING:
    from vhsm.model.records import Policy
    from vhsm.wire.table import CurveRow

# What is not told apart counts as the strongest.
STRENGTH_MAX: Final = 256
# By all that CKA_EC_PARAMS may say.
BY_PARAMETERS: Final[dict[bytes, CurveRow]] = {
    parameters: row for row in tables.CURVES for parameters in (row.oid, row.printed) if parameters
}


def check_offered(parameters: bytes | None, policy: Policy) -> None:
    """Refuse a curve that tokens with this policy do not take; the engine refuses what is none.

    Raises:
        CurveNotSupported.
    """
    row = BY_PARAMETERS.get(parameters or b"")
    if row is not None and not row.offered(policy):
        raise CurveNotSupported(f"{row.name} is for old programs, on compatible tokens")


def strength(parameters: bytes | None) -> int:
    """Tell the security strength of keys on a curve, in bits."""
    row = BY_PARAMETERS.get(parameters or b"")
    return STRENGTH_MAX if row is None else row.strength
