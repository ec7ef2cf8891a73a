"""Law 5's limit: however a worker asks, so many wrong PINs a minute of one (user, container), and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.attacks.honest import CKR_OK
from tests.attacks.hostile import denied, hostile, ok
from tests.attacks.stage import OWNER_PIN, Stage
from vhsm.wire import engine_pb2, limits, session_pb2

if TYPE_CHECKING:
    from tests.attacks.engine_harness import Conversation

# A derivation takes its time, on purpose; most of the guesses are comparisons with the remembered PIN.
DERIVED: Final = 3


def exhaust(stage: Stage) -> bool:
    """Try wrong PINs without ever counting them, then the right one; whether it was still tried."""
    key = stage.ours.keys[session_pb2.ROLE_USER]

    def compare(conversation: Conversation) -> engine_pb2.Answer:
        turn = engine_pb2.BeginLogin(user_id=key.user_id, role=key.role, secret=0)
        begun = conversation.call(engine_pb2.Call(begin_login=turn))
        return ok() if begun.login_begun.remembered else denied()

    def derive(conversation: Conversation) -> engine_pb2.Answer:
        login = engine_pb2.DeriveLogin(key=key, secret=0, log_in=True)
        derived = conversation.call(engine_pb2.Call(derive_login=login))
        return ok() if derived.rv == CKR_OK else denied()

    with stage.someone(), stage.someone(logged_in=False) as client:
        for guess in range(limits.LOGIN_DERIVATION_FAILURES_PER_MINUTE_MAX):
            way = derive if guess < DERIVED else compare
            assert client.login(b"guess %d" % guess, serve=hostile(client, login=way)) != CKR_OK
        return client.login(OWNER_PIN, serve=hostile(client, login=derive)) == CKR_OK


def test_guesses_are_limited_whatever_the_worker_counts(lawful: Stage) -> None:
    """Beyond the limit even the right PIN is not tried; the other container's users notice nothing."""
    assert not exhaust(lawful)
    lawful.assert_serving()


def test_without_laws_guesses_are_not_limited(lawless: Stage) -> None:
    """The positive control."""
    assert exhaust(lawless)
