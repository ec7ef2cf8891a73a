"""Attacks on who may use what (laws 1, 2, 3, 5 and 6): each returns whether it won."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from tests.attacks import canonical
from tests.attacks.honest import CKR_OK, OPERATIONS
from tests.attacks.hostile import DATA, Override, denied, handle_of, honest_of, hostile, mac, ok
from tests.attacks.stage import OFFICER_PIN, OWNER_PIN, Stage, secret_key, template
from vhsm.wire import encryption_pb2, engine_pb2, envelope_pb2, session_pb2, tables, use_pb2
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.engine_harness import Conversation, Serve
    from tests.attacks.stage import Client

CKS_RW_USER_FUNCTIONS = 3
WRONG_PIN = b"not the PIN"
ECDSA = use_pb2.Mechanism(type=tables.CKM_ECDSA)
DIGEST = bytes(32)

# ---- law 3: a Grant only narrows -------------------------------------------------------------------


def _grant(
    *, operations: tuple[use_pb2.Operation.ValueType, ...], mechanisms: tuple[int, ...] = ()
) -> Callable[[Stage], Override]:
    def with_stage(stage: Stage) -> Override:
        def prepare(conversation: Conversation) -> engine_pb2.Answer:
            number = conversation.ask.request.prepare.key
            row = stage.ours.objects[number]
            conversation.call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))
            return ok(grants=[engine_pb2.Grant(object=number, operations=operations, mechanisms=mechanisms)])

        return prepare

    return with_stage


def granted_a_use_that_the_key_has_not(stage: Stage) -> bool:
    """CKA_SIGN is false; the Grant says sign."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, SIGN=False, VERIFY=True)
        prepare = _grant(operations=OPERATIONS)(stage)
        return client.sign(handle, DATA, hostile(client, prepare=prepare)) == (CKR_OK, mac(value))


def granted_encryption_that_the_key_has_not(stage: Stage) -> bool:
    """CKA_ENCRYPT is false; the Grant says encrypt."""
    with stage.someone() as client:
        aes = template(
            CLASS=int(CKO.SECRET_KEY), KEY_TYPE=int(CKK.AES), TOKEN=True, ENCRYPT=False, DECRYPT=True, VALUE=True
        )
        rv, handle = client.create(aes, os.urandom(32))
        assert rv == CKR_OK
        gcm = use_pb2.GcmParameters(iv=bytes(12), tag_bits=128)
        mechanism = use_pb2.Mechanism(type=tables.CKM_AES_GCM, gcm=gcm)
        use = use_pb2.Use(step=use_pb2.STEP_COMPLETE, key=handle, mechanism=mechanism)
        request = envelope_pb2.Request(session=client.session, encrypt=encryption_pb2.Encrypt(use=use))
        prepare = _grant(operations=OPERATIONS)(stage)
        rv, output = client.application.use(request, DATA, hostile(client, prepare=prepare))
        return rv == CKR_OK and len(output) > 0


def granted_a_mechanism_that_the_key_has_not(stage: Stage) -> bool:
    """CKA_ALLOWED_MECHANISMS names another one; the Grant names this one."""
    with stage.someone() as client:
        allowed = canonical.number(tables.CKM_SHA512_HMAC)
        handle, _, value = stage.key(client, ALLOWED_MECHANISMS=allowed)
        prepare = _grant(operations=OPERATIONS, mechanisms=(tables.CKM_SHA256_HMAC,))(stage)
        return client.sign(handle, DATA, hostile(client, prepare=prepare)) == (CKR_OK, mac(value))


# ---- laws 1 and 2: this Ask, this application's token ----------------------------------------------
#
# What stops these is not a comparison that could be left out but the key that the engine opens with, or the place
# where it looks. Their control is the same script on an object of our own: there it wins.


def granted_without_opening(client: Client, owner: Client, number: int, value: bytes) -> bool:
    """The engine holds the owner's key ready; the worker grants it to us without opening anything."""
    assert owner.sign(handle_of(owner, number), DATA) == (CKR_OK, mac(value))
    grant = engine_pb2.Grant(object=number, operations=OPERATIONS)
    worker = hostile(client, prepare=lambda _: ok(grants=[grant]))
    return client.sign(handle_of(client, number), DATA, worker) == (CKR_OK, mac(value))


def opened_for_us(client: Client, owner: Client, number: int, value: bytes) -> bool:
    """The owner's row, in a question of ours."""
    row = owner.token.objects[number]

    def prepare(conversation: Conversation) -> engine_pb2.Answer:
        conversation.call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))
        return ok(grants=[engine_pb2.Grant(object=row.number, operations=OPERATIONS)])

    worker = hostile(client, prepare=prepare)
    return client.sign(handle_of(client, number), DATA, worker) == (CKR_OK, mac(value))


def revealed_for_us(client: Client, owner: Client, number: int, value: bytes) -> bool:
    """The owner's row in the place of a harmless object of ours."""
    rv, harmless = client.create(template(CLASS=int(CKO.DATA), TOKEN=True, VALUE=True), b"harmless")
    assert rv == CKR_OK

    def reveal(conversation: Conversation) -> engine_pb2.Answer:
        row = engine_pb2.SealedObject()
        row.CopyFrom(owner.token.objects[number])
        row.number = conversation.ask.request.read_attributes.object
        conversation.call(engine_pb2.Call(reveal_object=engine_pb2.RevealObject(object=row)))
        return ok()

    return value in client.read(harmless, hostile(client, read_attributes=reveal))[2]


def copied_for_us(client: Client, owner: Client, number: int, value: bytes) -> bool:
    """A copy of the owner's key, sealed for us."""
    rv, harmless = client.create(secret_key(TOKEN=True, PRIVATE=False, VALUE=True), bytes(32))
    assert rv == CKR_OK

    def copy(conversation: Conversation) -> engine_pb2.Answer:
        row = engine_pb2.SealedObject()
        row.CopyFrom(owner.token.objects[number])
        row.number = conversation.ask.request.copy_object.object
        call = engine_pb2.CopySealed(source=row, attributes=row.attributes)
        return honest_of(client).created(conversation, [engine_pb2.Call(copy_object=call)])

    rv, copied = client.copy(harmless, template(LABEL="theirs"), hostile(client, copy_object=copy))
    return rv == CKR_OK and client.sign(copied, DATA) == (CKR_OK, mac(value))


Taking: TypeAlias = "Callable[[Client, Client, int, bytes], bool]"


def readable_key(stage: Stage, owner: Client) -> tuple[int, bytes]:
    """A key that its owner may use, read and copy: number and value."""
    _, number, value = stage.key(owner, SENSITIVE=False, EXTRACTABLE=True)
    return number, value


def from_another_token(stage: Stage, taking: Taking) -> bool:
    """Take what is the victim's."""
    with stage.someone() as client:
        return taking(client, stage.victim, *readable_key(stage, stage.victim))


def public_from_another_token(stage: Stage, taking: Taking) -> bool:
    """Nobody's login protects it: the engine's own record of our token does."""
    with stage.someone() as client:
        _, number, value = stage.key(stage.victim, PRIVATE=False, SENSITIVE=False, EXTRACTABLE=True)
        return taking(client, stage.victim, number, value)


def without_a_login(stage: Stage, taking: Taking) -> bool:
    """Another application of the same container is logged in; this one is not."""
    with stage.someone() as neighbour, stage.someone(logged_in=False) as client:
        return taking(client, neighbour, *readable_key(stage, neighbour))


def of_our_own(stage: Stage, taking: Taking) -> bool:
    """The control: two applications of one token, both logged in."""
    with stage.someone() as neighbour, stage.someone() as client:
        return taking(client, neighbour, *readable_key(stage, neighbour))


def session_object_used(client: Client, owner: Client) -> bool:
    """Session objects live in the engine, each in its application."""
    value = os.urandom(32)
    numbers: list[int] = []

    def create(conversation: Conversation) -> engine_pb2.Answer:
        answer = honest_of(client).create_objects(conversation)
        numbers.extend(answer.reply.objects_created.objects)
        return answer

    asked = secret_key(TOKEN=False, VALUE=True)
    rv, handle = owner.create(asked, value, hostile(owner, create_objects=create))
    assert rv == CKR_OK
    if client is not owner:
        rv, handle = client.create(secret_key(TOKEN=True, VALUE=True), bytes(32))
        assert rv == CKR_OK

    def prepare(conversation: Conversation) -> engine_pb2.Answer:
        row = engine_pb2.SealedObject(number=numbers[0])
        conversation.call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))
        return ok(grants=[engine_pb2.Grant(object=each, operations=OPERATIONS) for each in (numbers[0], row.number)])

    return client.sign(handle, DATA, hostile(client, prepare=prepare)) == (CKR_OK, mac(value))


def login_of_which_the_worker_only_says_so(stage: Stage) -> bool:
    """No derivation, no login, whatever the Answer says."""
    with stage.someone(logged_in=False) as client:
        client.login(WRONG_PIN, serve=hostile(client, login=lambda _: ok()))
        return client.state() == CKS_RW_USER_FUNCTIONS


def login_from_another_container(stage: Stage) -> bool:
    """The right PIN and the right row, on the wrong container's socket: the binding is the engine's."""
    theirs = stage.theirs

    def login(conversation: Conversation) -> engine_pb2.Answer:
        key = theirs.keys[session_pb2.ROLE_USER]
        turn = engine_pb2.BeginLogin(user_id=key.user_id, role=key.role, secret=0)
        conversation.call(engine_pb2.Call(begin_login=turn))
        derive = engine_pb2.DeriveLogin(key=key, secret=0, log_in=True)
        return ok() if conversation.call(engine_pb2.Call(derive_login=derive)).rv == CKR_OK else denied()

    bind = engine_pb2.BoundToken(slot_id=theirs.slot_id, token_uuid=theirs.uuid, policy="standard")
    slots = ok(bound_tokens=[bind])
    slots.reply.slots.slots.add(slot_id=theirs.slot_id)
    with stage.someone(logged_in=False) as client:
        client.application.serve = hostile(client, slot_list=lambda _: slots, login=login)
        client.application.slots()
        client.session = client.open_session(theirs.slot_id)
        return client.login(OWNER_PIN) == CKR_OK and client.state() == CKS_RW_USER_FUNCTIONS


# ---- CKA_ALWAYS_AUTHENTICATE ----------------------------------------------------------------------------


def used_without_the_pin(stage: Stage) -> bool:
    """The key asks for the PIN for each use; the worker says that a wrong one was right."""
    with stage.someone() as client:
        return _signed_after(client, WRONG_PIN, hostile(client, login=lambda _: ok()))


def used_twice_for_one_pin(stage: Stage) -> bool:
    """One proof, and then a second use, for which the worker grants as many as one could wish."""
    with stage.someone() as client:
        handle = _asks_each_time(client)
        assert _prepared(client, handle)
        assert _proven(client, OWNER_PIN, None)
        assert client.sign(handle, DIGEST, mechanism=ECDSA)[0] == CKR_OK
        granted = _grant(operations=OPERATIONS)(stage)
        return client.sign(handle, DIGEST, hostile(client, prepare=granted), ECDSA)[0] == CKR_OK


def used_with_the_pin(stage: Stage) -> bool:
    """The control: an honest worker and the right PIN."""
    with stage.someone() as client:
        return _signed_after(client, OWNER_PIN, None)


def _signed_after(client: Client, pin: bytes, serve: Serve | None) -> bool:
    handle = _asks_each_time(client)
    assert _prepared(client, handle)
    _proven(client, pin, serve)
    return client.sign(handle, DIGEST, mechanism=ECDSA)[0] == CKR_OK


def _asks_each_time(client: Client) -> int:
    """Import a private key on P-256."""
    p_256 = bytes.fromhex("06082a8648ce3d030107")
    rv, handle = client.create(
        template(
            CLASS=int(CKO.PRIVATE_KEY),
            KEY_TYPE=int(CKK.EC),
            EC_PARAMS=p_256,
            TOKEN=True,
            SIGN=True,
            ALWAYS_AUTHENTICATE=True,
            VALUE=True,
        ),
        bytes(31) + b"\x07",
    )
    assert rv == CKR_OK
    return handle


def _prepared(client: Client, handle: int) -> bool:
    prepare = use_pb2.Prepare(operation=use_pb2.OPERATION_SIGN, key=handle, mechanism=ECDSA)
    reply, _ = client.ask(envelope_pb2.Request(prepare=prepare))
    return reply.rv == CKR_OK and reply.prepared.always_authenticate


def _proven(client: Client, pin: bytes, serve: Serve | None) -> bool:
    login = session_pb2.Login(role=session_pb2.ROLE_USER, for_one_use=True)
    return client.ask(envelope_pb2.Request(login=login), (pin,), serve)[0].rv == CKR_OK


# ---- law 5: one derivation, at its price -----------------------------------------------------------


def second_derivation_in_one_ask(stage: Stage) -> bool:
    """One question brings two candidates; only the first is tried."""
    won = False

    def set_pin(conversation: Conversation) -> engine_pb2.Answer:
        nonlocal won
        key = stage.ours.keys[session_pb2.ROLE_USER]
        for secret in (0, 1):
            derive = engine_pb2.DeriveLogin(key=key, secret=secret)
            won = conversation.call(engine_pb2.Call(derive_login=derive)).rv == CKR_OK
        return denied()

    with stage.someone(logged_in=False) as client:
        request = envelope_pb2.Request(set_pin=session_pb2.SetPin())
        client.ask(request, (WRONG_PIN, OWNER_PIN), hostile(client, set_pin=set_pin))
        return won


def cheap_derivation(stage: Stage) -> bool:
    """A password that costs nothing to guess."""
    won = False

    def set_pin(conversation: Conversation) -> engine_pb2.Answer:
        nonlocal won
        key = stage.ours.keys[session_pb2.ROLE_USER]
        conversation.call(engine_pb2.Call(derive_login=engine_pb2.DeriveLogin(key=key, secret=0)))
        cheap = engine_pb2.AuthenticationKey()
        cheap.CopyFrom(key)
        cheap.derivation.rounds = 1_000
        derive = engine_pb2.DeriveNew(
            key=cheap, secret=1, token_key=engine_pb2.TOKEN_KEY_OF_THIS_ASK, keep_authentication_key=True
        )
        won = conversation.call(engine_pb2.Call(derive_new=derive)).rv == CKR_OK
        return denied()

    with stage.someone(logged_in=False) as client:
        request = envelope_pb2.Request(set_pin=session_pb2.SetPin())
        client.ask(request, (OWNER_PIN, b"a new PIN"), hostile(client, set_pin=set_pin))
        return won


def remembered_pin_guessed(stage: Stage) -> bool:
    """The engine compares with a remembered PIN at no cost: many candidates in one question are many guesses."""
    remembered = False

    def login(conversation: Conversation) -> engine_pb2.Answer:
        nonlocal remembered
        key = stage.ours.keys[session_pb2.ROLE_USER]
        for secret in range(len(conversation.ask.secret_lengths)):
            turn = engine_pb2.BeginLogin(user_id=key.user_id, role=key.role, secret=secret)
            begun = conversation.call(engine_pb2.Call(begin_login=turn))
            remembered = begun.rv == CKR_OK and begun.login_begun.remembered
        return denied()

    with stage.someone(), stage.someone(logged_in=False) as client:
        request = envelope_pb2.Request(login=session_pb2.Login(role=session_pb2.ROLE_USER))
        client.ask(request, (*(b"guess %d" % guess for guess in range(50)), OWNER_PIN), hostile(client, login=login))
        return remembered


# ---- law 6: an officer's login opens nothing -------------------------------------------------------


def officer_opens_a_private_key(stage: Stage) -> bool:
    """The officer's row holds the token key, to wrap it again."""
    with stage.someone() as owner:
        _, number, value = stage.key(owner)
    with stage.someone(logged_in=False) as client:
        assert client.login(OFFICER_PIN, session_pb2.ROLE_SECURITY_OFFICER) == CKR_OK
        return client.sign(handle_of(client, number), DATA) == (CKR_OK, mac(value))
