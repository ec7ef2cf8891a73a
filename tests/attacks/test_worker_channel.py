"""A worker that breaks the channel's rules, lies or dies: its question is refused, and the engine serves on."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.attacks.engine_harness import Application, Closed, Conversation
from tests.attacks.honest import CKR_DEVICE_ERROR, CKR_OK, OPERATIONS
from tests.attacks.hostile import DATA, handle_of, hostile, mac, ok
from tests.attacks.stage import Client, Stage, secret_key, template
from vhsm.wire import (
    engine_pb2,
    envelope_pb2,
    limits,
    object_pb2,
    session_pb2,
    slot_token_pb2,
    use_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CKS_RW_PUBLIC_SESSION = 2
WRONG_ID = 0xDEAD


@pytest.fixture
def client(lawful: Stage) -> Iterator[Client]:
    """An application that is logged in; the engine must serve everybody after its test."""
    with lawful.someone() as someone:
        yield someone
    lawful.assert_serving()


def token_info(client: Client, serve: Callable[[Conversation], None] | None = None) -> envelope_pb2.Reply:
    """Ask what only a worker knows, and changes nothing."""
    request = envelope_pb2.Request(token_info=slot_token_pb2.TokenInfo(slot_id=client.token.slot_id))
    return client.application.ask(request, serve=serve)[0]


def packet(conversation: Conversation, answer: engine_pb2.Answer) -> bytes:
    """An Answer's packet as an honest worker sends it."""
    return engine_pb2.FromWorker(id=conversation.id, answer=answer).SerializeToString()


HONEST = engine_pb2.Answer(reply=envelope_pb2.Reply(token=slot_token_pb2.Token(label="token")))
LONG_LABEL = engine_pb2.Answer(
    reply=envelope_pb2.Reply(token=slot_token_pb2.Token(label="x" * limits.WORKER_PACKET_LENGTH_MAX))
)
MALFORMED: dict[str, Callable[[Conversation], bytes]] = {
    "empty": lambda _: b"",
    "one byte": lambda _: b"\xff",
    "random": lambda _: os.urandom(1_000),
    "truncated": lambda conversation: packet(conversation, HONEST)[:-1],
    "trailing garbage": lambda conversation: packet(conversation, HONEST) + b"\xff\xff",
    "neither call nor answer": lambda conversation: engine_pb2.FromWorker(id=conversation.id).SerializeToString(),
    "answer without a reply": lambda conversation: packet(conversation, engine_pb2.Answer()),
    "oversized": lambda conversation: packet(conversation, LONG_LABEL),
    "answer to no question": lambda conversation: engine_pb2.FromWorker(
        id=conversation.id ^ WRONG_ID, answer=HONEST
    ).SerializeToString(),
    "call for no question": lambda conversation: engine_pb2.FromWorker(
        id=conversation.id ^ WRONG_ID, call=engine_pb2.Call(begin_write=engine_pb2.BeginWrite())
    ).SerializeToString(),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_answer_is_a_death(client: Client, name: str) -> None:
    """The application learns CKR_DEVICE_ERROR, the worker loses its channel, and the next question is served."""
    guilty = []

    def malformed(conversation: Conversation) -> None:
        guilty.append(conversation.worker)
        conversation.worker.send_raw(MALFORMED[name](conversation))

    assert token_info(client, malformed).rv == CKR_DEVICE_ERROR
    client.application.engine.replace_dead_workers()
    assert guilty[0] not in client.application.engine.workers, "the engine closed its channel"
    assert token_info(client).token.label == "token"


def test_an_idle_worker_that_speaks_is_dead(client: Client) -> None:
    """Calls and Answers outside of any Ask are refused; nobody else notices."""
    engine = client.application.engine
    talkers = [worker for worker in engine.workers if not worker.slow][:2]
    talkers[0].send(1, engine_pb2.Call(begin_write=engine_pb2.BeginWrite()))
    talkers[1].send(1, HONEST)
    for talker in talkers:
        with pytest.raises(Closed):
            talker.receive()
    assert engine.replace_dead_workers() == len(talkers)
    assert token_info(client).token.label == "token"


def test_a_second_answer_is_a_death(client: Client) -> None:
    """The first one counts; the channel ends with the second."""

    def twice(conversation: Conversation) -> None:
        conversation.answer(HONEST)
        conversation.answer(HONEST)
        with pytest.raises(Closed):
            conversation.worker.receive()

    assert token_info(client, twice).token.label == "token"


def test_a_worker_that_never_listens_is_dead(client: Client) -> None:
    """Calls without reading one result: half-duplex is the rule, and nobody waits for a full buffer."""

    def deaf(conversation: Conversation) -> None:
        call = engine_pb2.FromWorker(id=conversation.id, call=engine_pb2.Call(end_write=engine_pb2.EndWrite()))
        conversation.worker.deaf = True
        conversation.worker.sock.setblocking(False)
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            for _ in range(100_000):
                conversation.worker.sock.sendall(call.SerializeToString())

    assert token_info(client, deaf).rv == CKR_DEVICE_ERROR


def test_a_silent_worker_is_given_up_with_the_writers_turn_that_it_took(lawful: Stage, client: Client) -> None:
    """After its deadline the application has its answer, the supervisor its order, and the others their turn."""
    silent = []

    def take_the_turn(conversation: Conversation) -> None:
        silent.append(conversation.worker.pid)
        conversation.call(engine_pb2.Call(begin_write=engine_pb2.BeginWrite()))

    assert token_info(client, take_the_turn).rv == CKR_DEVICE_ERROR
    killed = [event.kill_worker.pid for event in lawful.engine.events if event.HasField("kill_worker")]
    while not killed:
        event = lawful.engine.next_event()
        killed += [event.kill_worker.pid] if event.HasField("kill_worker") else []
    assert silent[0] in killed
    lawful.key(client)


# ---- death at every point --------------------------------------------------------------------------


class Fatal:
    """A worker that does its work honestly and dies at one point of the exchange, once."""

    def __init__(self, stage: Stage, point: int) -> None:
        self.stage = stage
        self.left = point
        self.made: list[bytes] = []
        self.asked_before: list[bool] = []

    def __call__(self, conversation: Conversation) -> None:
        """Serve, and die when the steps are spent; the one who comes after serves to the end."""
        self.asked_before.append(conversation.ask.asked_before)
        if self.left < 0:
            self.stage.honest(conversation)
            return
        self.step(conversation)
        dying = Dying(self, conversation)
        self.stage.honest(dying)

    def step(self, conversation: Conversation) -> None:
        """Go one step; die at the chosen one."""
        self.left -= 1
        if self.left == -1:
            conversation.die()
            raise Closed


class Dying(Conversation):
    """A conversation that counts steps."""

    def __init__(self, fatal: Fatal, conversation: Conversation) -> None:
        super().__init__(conversation.engine, conversation.worker, conversation.id, conversation.ask)
        self.fatal = fatal

    def call(self, call: engine_pb2.Call) -> engine_pb2.CallResult:
        """One step between sending and reading, one after."""
        self.worker.send(self.id, call)
        self.fatal.step(self)
        answer = self.worker.receive()
        self.fatal.made.append(answer.result.object_made.object.uuid)
        self.fatal.step(self)
        return answer.result

    def answer(self, answer: engine_pb2.Answer | None = None, *, rv: int = 0) -> None:
        """Half an answer is a step of its own."""
        whole = packet(self, answer or engine_pb2.Answer(reply=envelope_pb2.Reply(rv=rv)))
        if self.fatal.left == 0:
            self.worker.send_raw(whole[: len(whole) // 2])
        self.fatal.step(self)
        self.worker.send_raw(whole)


# Ask read; call sent, result read, for each of create, begin_write, end_write; answer half written; none.
WRITE_POINTS = range(9)


@pytest.mark.parametrize("point", WRITE_POINTS)
def test_a_write_survives_a_death_at_every_point(lawful: Stage, client: Client, point: int) -> None:
    """The engine asks once more, with the same UUID: one object, acknowledged, never two."""
    fatal = Fatal(lawful, point)
    value = os.urandom(32)
    rv, handle = client.create(secret_key(TOKEN=True, VALUE=True), value, fatal)
    assert rv == CKR_OK
    assert client.sign(handle, DATA) == (CKR_OK, mac(value))
    assert fatal.asked_before == ([False, True] if point < WRITE_POINTS[-1] else [False])
    assert len({uuid for uuid in fatal.made if uuid}) <= 1, "the engine chose the UUID once"


@pytest.mark.parametrize("point", range(4))
def test_a_read_is_refused_after_a_death_at_every_point(lawful: Stage, client: Client, point: int) -> None:
    """CKR_DEVICE_ERROR, or the attributes of the worker that came after; never half of them."""
    handle, _, _ = lawful.key(client, LABEL="read")
    rv, attributes, _ = client.read(handle, Fatal(lawful, point))
    assert rv in {CKR_OK, CKR_DEVICE_ERROR}
    assert (rv == CKR_OK) == bool(attributes)
    assert client.read(handle)[0] == CKR_OK


@pytest.mark.parametrize("point", range(6))
def test_a_login_after_a_death_at_every_point_is_no_half_login(lawful: Stage, point: int) -> None:
    """The application is logged in if and only if it was told so, and can log in afterwards."""
    with lawful.someone(logged_in=False) as client:
        rv = client.login(serve=Fatal(lawful, point))
        if rv != CKR_OK:
            assert client.state() == CKS_RW_PUBLIC_SESSION
            assert client.login() == CKR_OK
    lawful.assert_serving()


def test_a_death_before_reading_costs_its_question_only(client: Client) -> None:
    """Every idle worker dies at once; the application is answered all the same."""
    for worker in client.application.engine.workers:
        worker.sock.close()
    client.application.engine.replace_dead_workers()
    assert token_info(client).rv in {CKR_OK, CKR_DEVICE_ERROR}
    assert token_info(client).token.label == "token"


# ---- rows that are not what the engine sealed ------------------------------------------------------

SPOILT: dict[str, Callable[[engine_pb2.SealedObject, engine_pb2.SealedObject], object]] = {
    "attributes of another row": lambda row, other: row.MergeFrom(engine_pb2.SealedObject(attributes=other.attributes)),
    "uuid of another row": lambda row, other: row.MergeFrom(engine_pb2.SealedObject(uuid=other.uuid)),
    "secret of another row": lambda row, other: row.MergeFrom(engine_pb2.SealedObject(sealed=other.sealed)),
    "unknown uuid": lambda row, _: row.MergeFrom(engine_pb2.SealedObject(uuid=bytes(16))),
    "later version": lambda row, _: row.MergeFrom(engine_pb2.SealedObject(version=row.version + 1)),
    "version zero": lambda row, _: row.ClearField("version"),
    "one bit of the attributes": lambda row, _: row.MergeFrom(
        engine_pb2.SealedObject(attributes=row.attributes[:-1] + bytes([row.attributes[-1] ^ 1]))
    ),
    "one bit of the secret": lambda row, _: row.MergeFrom(
        engine_pb2.SealedObject(sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1]))
    ),
    "short uuid": lambda row, _: row.MergeFrom(engine_pb2.SealedObject(uuid=row.uuid[:-1])),
    "no uuid": lambda row, _: row.ClearField("uuid"),
    "no secret": lambda row, _: row.ClearField("sealed"),
    "secret of a few bytes": lambda row, _: row.MergeFrom(engine_pb2.SealedObject(sealed=b"\0" * 5)),
    "no attributes": lambda row, _: row.ClearField("attributes"),
    "attributes that are none": lambda row, _: row.MergeFrom(engine_pb2.SealedObject(attributes=b"\1\0\0")),
}


@pytest.mark.parametrize("name", [*SPOILT, "nothing"])
def test_a_spoilt_row_is_not_opened(lawful: Stage, client: Client, name: str) -> None:
    """CKR_DEVICE_ERROR for the row that was changed; the row as it was sealed opens (the control)."""
    _, other, _ = lawful.key(client, LABEL="other", EXTRACTABLE=True, SENSITIVE=False)
    handle, number, value = lawful.key(client, LABEL="target")
    row = engine_pb2.SealedObject()
    row.CopyFrom(lawful.ours.objects[number])
    if name in SPOILT:
        SPOILT[name](row, lawful.ours.objects[other])
    opened = []

    def prepare(conversation: Conversation) -> engine_pb2.Answer:
        result = conversation.call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))
        opened.append(result.rv)
        return ok(grants=[engine_pb2.Grant(object=number, operations=[use_pb2.OPERATION_SIGN])])

    signed = client.sign(handle, DATA, hostile(client, prepare=prepare))
    if name in SPOILT:
        assert opened == [CKR_DEVICE_ERROR]
        assert signed[0] != CKR_OK
        assert not signed[1]
    else:
        assert (opened, signed) == ([CKR_OK], (CKR_OK, mac(value)))


# ---- calls that the question does not ask for ------------------------------------------------------


def misplaced_calls(stage: Stage) -> dict[str, engine_pb2.Call]:
    """Every call that gives or changes something, with rows that would be right elsewhere."""
    row = next(iter(stage.ours.objects.values()))
    key = stage.ours.keys[session_pb2.ROLE_USER]
    make = engine_pb2.MakeObject(attributes=row.attributes)
    new = engine_pb2.DeriveNew(key=key, token_key=engine_pb2.TOKEN_KEY_OF_THIS_ASK)
    copy = engine_pb2.CopySealed(source=row, attributes=row.attributes)
    return {
        "open": engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)),
        "create": engine_pb2.Call(create_object=make),
        "generate": engine_pb2.Call(generate_key=make),
        "copy": engine_pb2.Call(copy_object=copy),
        "reseal": engine_pb2.Call(reseal_object=engine_pb2.Reseal(object=row)),
        "reveal": engine_pb2.Call(reveal_object=engine_pb2.RevealObject(object=row)),
        "begin_login": engine_pb2.Call(begin_login=engine_pb2.BeginLogin(user_id=key.user_id, role=key.role)),
        "derive_login": engine_pb2.Call(derive_login=engine_pb2.DeriveLogin(key=key, log_in=True)),
        "derive_new": engine_pb2.Call(derive_new=new),
        "destroy": engine_pb2.Call(destroy_session_object=engine_pb2.DestroySessionObject(number=1 << 63)),
    }


@pytest.mark.parametrize("question", ["token_info", "find_objects"])
def test_calls_that_the_question_does_not_ask_for_are_refused(lawful: Stage, client: Client, question: str) -> None:
    """Each kind of call belongs to kinds of requests; elsewhere it gives nothing."""
    lawful.key(client)
    given = []

    def misplace(conversation: Conversation) -> engine_pb2.Answer:
        for name, call in misplaced_calls(lawful).items():
            with suppress(Closed):
                if conversation.call(call).rv == CKR_OK:
                    given.append(name)
        return ok()

    worker = hostile(client, **{question: misplace})
    if question == "token_info":
        token_info(client, worker)
    else:
        client.find(template(), worker)
    assert given == []


@pytest.mark.parametrize("index", [1, 63, 0xFFFF_FFFF])
def test_indexes_beyond_the_request_are_refused(client: Client, index: int) -> None:
    """A template, or a secret, that the application did not send."""
    results = []

    def create(conversation: Conversation) -> engine_pb2.Answer:
        make = engine_pb2.MakeObject(template_index=index, attributes=b"\1")
        results.append(conversation.call(engine_pb2.Call(create_object=make)).rv)
        return ok()

    def login(conversation: Conversation) -> engine_pb2.Answer:
        key = client.token.keys[session_pb2.ROLE_USER]
        turn = engine_pb2.BeginLogin(user_id=key.user_id, role=key.role, secret=index)
        results.append(conversation.call(engine_pb2.Call(begin_login=turn)).rv)
        derive = engine_pb2.DeriveLogin(key=key, secret=index, log_in=True)
        results.append(conversation.call(engine_pb2.Call(derive_login=derive)).rv)
        return ok()

    client.create(secret_key(VALUE=True), bytes(32), hostile(client, create_objects=create))
    client.ask(envelope_pb2.Request(logout=session_pb2.Logout()))
    client.login(serve=hostile(client, login=login))
    assert len(results) >= 3
    assert CKR_OK not in results
    assert client.state() == CKS_RW_PUBLIC_SESSION


# ---- replies that lie ------------------------------------------------------------------------------


def test_the_ticket_is_the_engines(lawful: Stage) -> None:
    """A worker cannot choose the ticket by which further connections join an application."""
    chosen = b"\x41" * 32
    welcome = ok()
    welcome.reply.welcome.ticket = chosen
    welcome.bound_tokens.append(lawful.ours.bound)
    with lawful.someone(logged_in=False) as client:
        application = Application.connect(lawful.engine, lawful.ours.enrolment_id, client.application.serve)
        application.hello(hostile(client, hello=lambda _: welcome))
        assert len(application.ticket) == len(chosen)
        assert application.ticket != chosen
        application.close()
    lawful.assert_serving()


LIES: dict[str, envelope_pb2.Reply] = {
    "secrets that are not there": envelope_pb2.Reply(secret_lengths=[1, 2**31, 2**32 - 1]),
    "a refusal with a body": envelope_pb2.Reply(rv=CKR_DEVICE_ERROR, token=slot_token_pb2.Token(label="x")),
    "another question's body": envelope_pb2.Reply(session_opened=session_pb2.SessionOpened(session=77)),
    "a session's state": envelope_pb2.Reply(session_state=session_pb2.SessionState(state=3)),
    "attributes read": envelope_pb2.Reply(attributes_read=object_pb2.AttributesRead(attributes=b"\xff" * 99)),
    "objects beyond all numbers": envelope_pb2.Reply(
        objects_created=object_pb2.ObjectsCreated(objects=[0, 1 << 62, 1 << 63, (1 << 64) - 1])
    ),
    "found beyond all numbers": envelope_pb2.Reply(
        found=object_pb2.Found(objects=[0, 1 << 62, 1 << 63, (1 << 64) - 1], cursor=(1 << 64) - 1)
    ),
    "found too many": envelope_pb2.Reply(found=object_pb2.Found(objects=range(1, 20_000))),
    "an explanation for an application": envelope_pb2.Reply(explanation="x" * 1_000),
    "a CKR_ beyond all": envelope_pb2.Reply(rv=(1 << 64) - 1),
    "another facts version": envelope_pb2.Reply(facts_version=(1 << 64) - 1),
}


@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("question", ["token_info", "find_objects", "create_objects", "read_attributes"])
def test_a_reply_that_lies_hurts_nobody(lawful: Stage, client: Client, name: str, question: str) -> None:
    """Whatever the application is told, the frame is well formed, no secret came, and the connection lives."""
    handle, _, value = lawful.key(client)
    worker = hostile(client, **{question: lambda _: engine_pb2.Answer(reply=LIES[name])})
    match question:
        case "token_info":
            assert not token_info(client, worker).explanation
        case "find_objects":
            client.find(template(), worker)
        case "create_objects":
            request = envelope_pb2.Request(create_objects=object_pb2.CreateObjects(templates=[secret_key(VALUE=True)]))
            client.ask(request, (bytes(32),), worker)
        case "read_attributes":
            request = envelope_pb2.Request(read_attributes=object_pb2.ReadAttributes(object=handle))
            assert client.ask(request, serve=worker)[1] == []
    assert client.sign(handle, DATA) == (CKR_OK, mac(value))


def test_a_grant_for_nothing_opens_nothing(lawful: Stage, client: Client) -> None:
    """Grants of objects that were never opened, of no object, and of thousands."""
    handle, number, _ = lawful.key(client)
    numbers = [0, 1 << 63, (1 << 64) - 1, *range(number, number + 3_000)]
    grants = [engine_pb2.Grant(object=each, operations=OPERATIONS) for each in numbers]
    rv, output = client.sign(handle, DATA, hostile(client, prepare=lambda _: ok(grants=grants)))
    assert rv != CKR_OK
    assert not output
    assert handle_of(client, 0) == 0
