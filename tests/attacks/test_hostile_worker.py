"""A worker that says anything: the engine's laws hold, and without them the same attacks win.

Each attack is one function that returns whether it won. It runs against the engine that we ship, where it must
lose while the victim in the other container notices nothing. Its control is `vhsm-engine-laws-off`, where it must
win; or, where the key itself stands in the way and no comparison, the same script on what is the attacker's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks import attacks_on_access as access
from tests.attacks import attacks_on_attributes as attributes
from tests.attacks import attacks_on_wrapping as wrapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.attacks_on_access import Taking
    from tests.attacks.hostile import Attack
    from tests.attacks.stage import Stage

AGAINST_LAWS: tuple[Attack, ...] = (
    attributes.reseal_as_extractable,
    attributes.trust_no_longer_asked_for,
    attributes.generated_as_readable,
    attributes.generated_as_readable_where_the_template_is_silent,
    attributes.created_as_readable,
    attributes.created_as_public,
    attributes.created_with_more_uses,
    attributes.copied_as_readable,
    attributes.copied_as_readable_by_both,
    attributes.sensitive_value_revealed,
    attributes.sensitive_value_revealed_in_place_of_another,
    wrapping.unextractable_key_wrapped,
    wrapping.wrapped_by_a_key_that_nobody_trusts,
    wrapping.wrapped_by_a_key_that_does_not_wrap,
    wrapping.wrapped_by_a_key_that_wraps_others,
    wrapping.unwrapped_against_the_carriers_template,
    wrapping.another_key_wrapped_in_its_place,
    wrapping.two_keys_wrapped_under_one_nonce,
    wrapping.trusted_by_its_user,
    wrapping.unwrapped_as_readable,
    access.granted_a_use_that_the_key_has_not,
    access.granted_encryption_that_the_key_has_not,
    access.granted_a_mechanism_that_the_key_has_not,
    access.login_from_another_container,
    access.second_derivation_in_one_ask,
    access.cheap_derivation,
    access.remembered_pin_guessed,
    access.officer_opens_a_private_key,
    access.used_without_the_pin,
    access.used_twice_for_one_pin,
)
TAKINGS: tuple[Taking, ...] = (
    access.granted_without_opening,
    access.opened_for_us,
    access.revealed_for_us,
    access.copied_for_us,
)
PLACES: tuple[Callable[[Stage, Taking], bool], ...] = (
    access.from_another_token,
    access.public_from_another_token,
    access.without_a_login,
)


def name(function: Callable[..., bool]) -> str:
    """Name a case by its function."""
    return function.__name__


@pytest.mark.parametrize("attack", AGAINST_LAWS, ids=name)
def test_a_law_stops_the_worker(lawful: Stage, attack: Attack) -> None:
    """No key out, no token opened, and the victim works right after."""
    assert not attack(lawful), "the worker won"
    lawful.assert_serving()


@pytest.mark.parametrize("attack", AGAINST_LAWS, ids=name)
def test_without_laws_the_worker_wins(lawless: Stage, attack: Attack) -> None:
    """The positive control: an engine that enforces nothing loses to the same script."""
    assert attack(lawless), "the attack proves nothing: it lost without any law to stop it"


@pytest.mark.parametrize("place", PLACES, ids=name)
@pytest.mark.parametrize("taking", TAKINGS, ids=name)
def test_what_is_not_ours_stays_shut(lawful: Stage, taking: Taking, place: Callable[[Stage, Taking], bool]) -> None:
    """Rows and grants of another token, or of a token that this application is not logged in to."""
    assert not place(lawful, taking), "the worker won"
    lawful.assert_serving()


@pytest.mark.parametrize("taking", TAKINGS[1:], ids=name)
def test_what_is_ours_opens(lawful: Stage, taking: Taking) -> None:
    """The positive control: the same script on a key of our own."""
    assert access.of_our_own(lawful, taking)


def test_a_session_object_is_its_applications(lawful: Stage) -> None:
    """Named by its number, it is found in no other application; in its own it is (the control)."""
    with lawful.someone() as client:
        assert not access.session_object_used(client, lawful.victim)
        assert access.session_object_used(client, client)
        with lawful.someone() as neighbour:
            assert not access.session_object_used(client, neighbour)
    lawful.assert_serving()


def test_a_worker_cannot_log_anyone_in_by_saying_so(lawful: Stage) -> None:
    """Only what the engine derived, or remembers, is a login; an honest worker's is one (the control)."""
    assert not access.login_of_which_the_worker_only_says_so(lawful)
    with lawful.someone() as client:
        assert client.state() == access.CKS_RW_USER_FUNCTIONS


def test_a_pin_for_each_use_is_asked_for(lawful: Stage) -> None:
    """CKA_ALWAYS_AUTHENTICATE: with the right PIN the key is used (the control of the two attacks above)."""
    assert access.used_with_the_pin(lawful)


def test_history_is_the_engines_to_write(lawful: Stage) -> None:
    """An imported key was not made here nor always protected, whatever the worker claims; a generated one was."""
    assert not attributes.created_with_a_false_history(lawful)
    assert not wrapping.unwrapped_with_a_false_history(lawful)
    assert attributes.generated_with_a_true_history(lawful)
