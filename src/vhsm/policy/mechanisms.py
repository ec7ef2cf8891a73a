"""Which mechanisms a token with a policy offers, and which a key lets be used with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import KeyHandleInvalid, KeyTypeInconsistent, MechanismInvalid
from vhsm.wire.tables import CKA_ALLOWED_MECHANISMS, CKA_KEY_TYPE, MECHANISMS

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


def check_base(key: Attributes, mechanism: MechanismRow) -> None:
    """Refuse to make a key by this mechanism of what is no key, or not one for it.

    Raises:
        KeyHandleInvalid, MechanismInvalid, KeyTypeInconsistent.
    """
    key_type = key.number(CKA_KEY_TYPE)
    if key_type is None:
        raise KeyHandleInvalid("it is no key")
    check_allowed(key, mechanism)
    if key_type not in mechanism.key_types:
        raise KeyTypeInconsistent


def check_allowed(key: Attributes, mechanism: MechanismRow) -> None:
    """Refuse what a key's CKA_ALLOWED_MECHANISMS leaves out.

    Raises:
        MechanismInvalid.
    """
    allowed = key.numbers(CKA_ALLOWED_MECHANISMS)
    if allowed and mechanism.value not in allowed:
        raise MechanismInvalid("CKA_ALLOWED_MECHANISMS does not name it")
