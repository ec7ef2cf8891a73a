"""The same refusal for "no such" and "not yours": a prober must not learn which handles, labels or users exist."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import Refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv
from vhsm.client import connect
from vhsm.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session
    from tests.servers import Server, Token

pytestmark = pytest.mark.ours  # the API speaks to our server alone


def answer(call: Callable[[], object]) -> int:
    """Say how a call was refused."""
    with pytest.raises(Refused) as refusal:
        call()
    return refusal.value.rv


def test_handles_that_never_were_died_or_are_hidden(session: Session, token: Token) -> None:
    """One code for all of them, for use and for reading."""
    gone = session.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    session.destroy(gone)
    hidden = session.create(secret_key(bytes(32), KeyType.GENERIC_SECRET, PRIVATE=True, TOKEN=True, LABEL="hidden"))
    session.logout()
    reads, uses = set(), set()
    for handle in (gone ^ 0x55AA, gone, hidden):
        reads.add(answer(partial(session.read, handle, Attribute.LABEL)))
        uses.add(answer(partial(session.begin, "Sign", plain(Mechanism.SHA256_HMAC), handle)))
    assert reads == {Rv.OBJECT_HANDLE_INVALID}
    assert len(uses) == 1
    session.login(token.pin)
    for found in session.find({Attribute.LABEL: "hidden"}):
        session.destroy(found)


def test_another_application_s_handle_is_none_of_ours(session: Session, token: Token) -> None:
    """Handles are per application: what one holds, another cannot use, not even from the same container."""
    key = session.create(secret_key(bytes(32), KeyType.GENERIC_SECRET, PRIVATE=False))
    with connect(config=token.client_config) as client, client.open_session() as other:
        with pytest.raises(Refusal) as refusal:
            other.attributes(key)
        assert refusal.value.rv == Rv.OBJECT_HANDLE_INVALID
    assert session.read(key, Attribute.CLASS)


def test_users_who_do_not_exist_and_users_elsewhere(server: Server) -> None:
    """C_LoginUser with a name of nobody, or of somebody in another container, answers as a wrong PIN does."""
    alice, bob = server.add_user("alice", "a"), server.add_user("bob", "b")
    answers = set()
    with connect(config=bob.client_config) as client, client.open_session() as session:
        for name, pin in (("", "certainly wrong"), ("nobody", alice.pin), ("alice", alice.pin)):
            with pytest.raises(Refusal) as refusal:
                session.login(pin.encode(), user_name=name)
            answers.add((refusal.value.rv, str(refusal.value)))
        session.login(bob.pin.encode())
    assert {rv for rv, _ in answers} == {Rv.PIN_INCORRECT}
    assert len(answers) == 1
