"""Which mechanisms a token with a policy offers, and which a key lets be used with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import MechanismInvalid
from vhsm.wire.tables import CKA_ALLOWED_MECHANISMS, MECHANISMS

if TYPE_CHECKING:
    from vhsm.model.attributes import Attributes
    from vhsm.model.records import Policy
    from vhsm.wire.table import MechanismRow


def offered(value: int, operation: str, policy: Policy) -> MechanismRow:
    """Find a mechanism that does this on tokens with this policy.

    Raises:
        MechanismInvalid.
    """
    mechanism = MECHANISMS.get(value)
    if mechanism is None or operation not in mechanism.offered(policy):
        raise MechanismInvalid
    return mechanism


def check_allowed(key: Attributes, mechanism: MechanismRow) -> None:
    """Refuse what a key's CKA_ALLOWED_MECHANISMS leaves out.

    Raises:
        MechanismInvalid.
    """
    allowed = key.numbers(CKA_ALLOWED_MECHANISMS)
    if allowed and mechanism.value not in allowed:
        raise MechanismInvalid("CKA_ALLOWED_MECHANISMS does not name it")
