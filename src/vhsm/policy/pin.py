"""PINs: how long, how often wrong, how long to wait.

`standard` and `strict`: so many tries are free; then each costs a delay that doubles; then the PIN is locked until
it is set anew. `compatible` never locks and never refuses: programs that try several wrong PINs in a row are
ordinary, they only wait (spec/limits.toml, [login]).
"""

from __future__ import annotations

from typing import Final

from vhsm.errors import ArgumentsBad, PinLenRange, PinLocked
from vhsm.model.records import Policy, Tries
from vhsm.wire.limits import (
    LOGIN_DELAY_FIRST_S,
    LOGIN_DELAY_MAX_S,
    LOGIN_LOGIN_LINGER_S,
    LOGIN_PIN_LENGTH_MAX,
    LOGIN_PIN_LENGTH_MIN,
    LOGIN_TRIES_FREE,
    LOGIN_TRIES_MAX,
)

COMPATIBLE_DELAY_MS: Final = 1_000  # the price of a wrong PIN where nothing ever locks


def is_locked(policy: Policy, tries: Tries) -> bool:
    """Tell whether even the right PIN is refused until it is set anew."""
    return policy is not Policy.COMPATIBLE and tries.failed >= LOGIN_TRIES_MAX


def delay_s(tries: Tries) -> float:
    """Return how long after the last failure no try is made."""
    if tries.failed < LOGIN_TRIES_FREE:
        return 0
    return min(LOGIN_DELAY_FIRST_S * 2.0 ** (tries.failed - LOGIN_TRIES_FREE), LOGIN_DELAY_MAX_S)


def check_not_locked(policy: Policy, tries: Tries) -> None:
    """Refuse a locked PIN.

    Raises:
        PinLocked.
    """
    if is_locked(policy, tries):
        raise PinLocked("locked after too many wrong PINs")


def check_may_try(policy: Policy, tries: Tries, now_s: float) -> None:
    """Refuse a try that comes too early, without making it. `now_s` is Unix time.

    A clock that was set back ends the delay, or else it could last for ever.

    Raises:
        PinLocked.
    """
    check_not_locked(policy, tries)
    if policy is Policy.COMPATIBLE:
        return
    if 0 <= now_s - tries.last_failure_at_s < delay_s(tries):
        raise PinLocked(f"after {tries.failed} wrong PINs, try again in {delay_s(tries):.0f} s")


def reply_delay_ms(policy: Policy, failed: int) -> int:
    """Return how long the reply to the wrong PIN number `failed` is kept back."""
    return COMPATIBLE_DELAY_MS if policy is Policy.COMPATIBLE and failed > LOGIN_TRIES_FREE else 0


def linger_s(policy: Policy) -> int:
    """Return how long the engine remembers a right PIN after the last logout."""
    return 0 if policy is Policy.STRICT else LOGIN_LOGIN_LINGER_S


def check_length(length: int) -> None:
    """Refuse a new PIN of the wrong length, in bytes.

    Raises:
        PinLenRange.
    """
    if not LOGIN_PIN_LENGTH_MIN <= length <= LOGIN_PIN_LENGTH_MAX:
        raise PinLenRange(f"a PIN has {LOGIN_PIN_LENGTH_MIN} to {LOGIN_PIN_LENGTH_MAX} bytes")


def policy_named(name: str) -> Policy:
    """Read a policy's name; empty means `standard`.

    Raises:
        ArgumentsBad.
    """
    try:
        return Policy(name or Policy.STANDARD)
    except ValueError:
        raise ArgumentsBad("the policy is one of " + ", ".join(Policy)) from None
