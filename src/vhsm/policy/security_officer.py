"""What the security officer may do over an application's channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import ActionProhibited
from vhsm.model.records import Policy

if TYPE_CHECKING:
    from vhsm.model.records import Token


def check_allowed(token: Token) -> None:
    """Refuse C_InitToken and C_InitPIN but where the token's policy is `compatible`.

    Raises:
        ActionProhibited.
    """
    if token.policy is not Policy.COMPATIBLE:
        raise ActionProhibited("the token's policy leaves this to administrators: `vhsm user modify`")
