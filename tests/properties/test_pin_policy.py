"""PIN tries: what is free, what waits, what locks. Time is a number that the test passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhsm.errors import PinLenRange, PinLocked
from vhsm.model.records import Policy, Tries
from vhsm.policy import pin
from vhsm.wire.limits import (
    LOGIN_DELAY_FIRST_S,
    LOGIN_DELAY_MAX_S,
    LOGIN_PIN_LENGTH_MAX,
    LOGIN_PIN_LENGTH_MIN,
    LOGIN_TRIES_FREE,
    LOGIN_TRIES_MAX,
)

LOCKING = st.sampled_from([Policy.STANDARD, Policy.STRICT])
NOW_S = 1_800_000_000.0


@given(LOCKING, st.integers(0, LOGIN_TRIES_FREE - 1))
def test_the_first_tries_are_free(policy: Policy, failed: int) -> None:
    """Whoever mistypes may try again at once."""
    pin.check_may_try(policy, Tries(failed, NOW_S), NOW_S)


@given(LOCKING, st.integers(LOGIN_TRIES_FREE, LOGIN_TRIES_MAX - 1))
def test_further_tries_wait_twice_as_long_each(policy: Policy, failed: int) -> None:
    """Too early is refused without a try, in time it is made."""
    wait_s = min(LOGIN_DELAY_FIRST_S * 2 ** (failed - LOGIN_TRIES_FREE), LOGIN_DELAY_MAX_S)
    with pytest.raises(PinLocked):
        pin.check_may_try(policy, Tries(failed, NOW_S), NOW_S + wait_s - 0.001)
    pin.check_may_try(policy, Tries(failed, NOW_S), NOW_S + wait_s)


@given(LOCKING, st.integers(LOGIN_TRIES_MAX, 10**6), st.floats(0, 10**9))
def test_a_locked_pin_stays_locked(policy: Policy, failed: int, later_s: float) -> None:
    """However long one waits."""
    with pytest.raises(PinLocked):
        pin.check_may_try(policy, Tries(failed, NOW_S), NOW_S + later_s)


@given(st.integers(0, 10**6), st.floats(0, 10**9))
def test_compatible_only_delays_the_answer(failed: int, later_s: float) -> None:
    """Test programs try many wrong PINs in a row: they wait, and are never locked out."""
    pin.check_may_try(Policy.COMPATIBLE, Tries(failed, NOW_S), NOW_S + later_s)
    assert (pin.reply_delay_ms(Policy.COMPATIBLE, failed) > 0) == (failed > LOGIN_TRIES_FREE)


@given(LOCKING, st.integers(LOGIN_TRIES_FREE, LOGIN_TRIES_MAX - 1), st.floats(0.001, 10**9))
def test_a_clock_set_back_ends_the_delay(policy: Policy, failed: int, back_s: float) -> None:
    """A delay must not last until a wrong clock has caught up with itself."""
    pin.check_may_try(policy, Tries(failed, NOW_S), NOW_S - back_s)


@given(st.integers(0, 2**32))
def test_new_pins_have_a_length(length: int) -> None:
    """CKR_PIN_LEN_RANGE outside of spec/limits.toml."""
    if LOGIN_PIN_LENGTH_MIN <= length <= LOGIN_PIN_LENGTH_MAX:
        pin.check_length(length)
    else:
        with pytest.raises(PinLenRange):
            pin.check_length(length)
