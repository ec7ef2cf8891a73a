"""Numbers and names that must not be mixed up."""

from __future__ import annotations

from typing import Final, NewType

ContainerId = NewType("ContainerId", int)
TokenId = NewType("TokenId", int)
UserId = NewType("UserId", int)
SlotId = NewType("SlotId", int)
# A token object's number is its row's; a session object's has the top bit set, and is the engine's.
ObjectNumber = NewType("ObjectNumber", int)
# 16 random bytes each.
EnrolmentId = NewType("EnrolmentId", bytes)
TokenUuid = NewType("TokenUuid", bytes)
ObjectUuid = NewType("ObjectUuid", bytes)

SESSION_OBJECT_BIT: Final = 1 << 63
# Set in the number of a private token object where a reply names it: the engine ends its handle with the login.
PRIVATE_OBJECT_BIT: Final = 1 << 62


def is_session_object(number: ObjectNumber) -> bool:
    """Tell objects that live in the engine from those that have a row."""
    return number & SESSION_OBJECT_BIT != 0
