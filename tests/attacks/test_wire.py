"""Ill-formed frames and messages on an application's socket: refused or closed as documented; nobody else notices.

A broken frame, or anything but Hello and Attach from a stranger, closes the connection. A request that cannot be
read is refused with CKR_ARGUMENTS_BAD, one that is not offered with CKR_FUNCTION_NOT_SUPPORTED.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.attacks.engine_harness import HEADER, Application, Closed, frame
from tests.attacks.honest import CKR_OK
from tests.attacks.stage import HMAC, Client, Stage, template
from vhsm.wire import (
    admin_pb2,
    digest_pb2,
    encryption_pb2,
    envelope_pb2,
    key_pb2,
    limits,
    object_pb2,
    random_pb2,
    session_pb2,
    signing_pb2,
    slot_token_pb2,
    use_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

CKR_ARGUMENTS_BAD: Final = 0x07
CKR_FUNCTION_NOT_SUPPORTED: Final = 0x54
CKR_KEY_HANDLE_INVALID: Final = 0x60
CKR_OBJECT_HANDLE_INVALID: Final = 0x82
CKR_SESSION_HANDLE_INVALID: Final = 0xB3
CKR_CRYPTOKI_NOT_INITIALIZED: Final = 0x190

CONTROL: Final = limits.FRAME_LANE_CONTROL
USE: Final = limits.FRAME_LANE_USE
HELLO: Final = envelope_pb2.Request(hello=envelope_pb2.Hello(untrusted_name="x")).SerializeToString()
SLOTS: Final = envelope_pb2.Request(slot_list=slot_token_pb2.SlotList()).SerializeToString()
TICKET_LENGTH: Final = 32


@pytest.fixture
def stranger(lawful: Stage) -> Iterator[Application]:
    """A connection that has said nothing; whatever it does, the others are served."""
    application = connect(lawful)
    yield application
    application.close()
    lawful.assert_serving()


@pytest.fixture
def client(lawful: Stage) -> Iterator[Client]:
    """A logged-in application; whatever it sends, the others are served."""
    with lawful.someone() as someone:
        yield someone
    lawful.assert_serving()


def connect(stage: Stage) -> Application:
    """Connect to our container's socket."""
    return Application.connect(stage.engine, stage.ours.enrolment_id, stage.honest)


def exchange(application: Application, sent: bytes, *, finish: bool = False) -> int | None:
    """Send bytes as they are; the CKR_ of the reply, or None where the engine closed."""
    try:
        application.sock.sendall(sent)
        if finish:
            application.sock.shutdown(1)
    except (BrokenPipeError, ConnectionResetError):
        return None
    application.engine.pump(application.sock, application.serve)
    try:
        return application.receive()[0].rv
    except Closed:
        return None


def header(message: int, segment: int, lane: int = CONTROL, version: int = 1) -> bytes:
    """A header alone, whatever it claims."""
    return HEADER.pack(limits.FRAME_MAGIC, version, lane, 0, message, segment)


# ---- frames ----------------------------------------------------------------------------------------

BAD_FRAMES: Final[dict[str, bytes]] = {
    "magic": frame(HELLO, magic=0x5648_5341),
    "another protocol": b"GET / HTTP/1.1\r\nHost: vhsm\r\n\r\n",
    "version": header(len(HELLO), 0, version=2) + HELLO,
    "lane 0": frame(HELLO, lane=0),
    "lane 3": frame(HELLO, lane=3),
    "message too long": header(limits.FRAME_MESSAGE_LENGTH_MAX + 1, 0),
    "message of 4 GiB": header(0xFFFF_FFFF, 0),
    "secrets too long": header(1, limits.FRAME_SECRET_SEGMENT_LENGTH_MAX + 1),
    "data too long": header(1, limits.FRAME_SEGMENT_LENGTH_MAX + 1, lane=USE),
    "both of 4 GiB": header(0xFFFF_FFFF, 0xFFFF_FFFF, lane=USE),
    "longer than a stranger's": header(limits.FRAME_BEFORE_HELLO_LENGTH_MAX, 1),
    "trailing byte": frame(HELLO) + b"\0",
    "two at once": frame(HELLO) * 2,
    "no message": frame(b""),
    "no protobuf": frame(b"\xff" * 40),
    "a request before Hello": frame(SLOTS),
    "unknown request before Hello": frame(b"\xf8\x7f\x01"),
    "Hello with an endless length": frame(b"\x52\xff\xff\xff\xff\x0f"),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_bad_frame_closes(stranger: Application, name: str) -> None:
    """No reply: whoever does not speak the protocol learns nothing."""
    assert exchange(stranger, BAD_FRAMES[name]) is None


def test_a_good_frame_is_answered(stranger: Application) -> None:
    """The control of all of the above."""
    assert exchange(stranger, frame(HELLO)) == CKR_OK


@pytest.mark.parametrize("kept", [1, 15, 16, 17, len(frame(HELLO)) - 1])
def test_a_frame_cut_short_is_an_end(stranger: Application, kept: int) -> None:
    """A length that is not kept: the peer's end ends it."""
    assert exchange(stranger, frame(HELLO)[:kept], finish=True) is None


def test_claimed_lengths_take_no_memory(lawful: Stage, client: Client) -> None:
    """Connections that announce the longest frames and send nothing leave secret memory to the others."""
    claims = []
    for _ in range(100):
        application = connect(lawful).hello()
        application.sock.sendall(header(limits.FRAME_MESSAGE_LENGTH_MAX, limits.FRAME_SECRET_SEGMENT_LENGTH_MAX))
        claims.append(application)
    for _ in range(10):
        lawful.key(client)
    for application in claims:
        application.close()


def test_a_slow_sender_is_served(stranger: Application) -> None:
    """One byte at a time is still a frame."""
    whole = frame(HELLO)
    for byte in whole[:-1]:
        stranger.sock.sendall(bytes([byte]))
    assert exchange(stranger, whole[-1:]) == CKR_OK


def test_slow_senders_hold_no_thread(lawful: Stage, client: Client) -> None:
    """As many half-sent headers as strangers may have connections: the logged-in are served at once."""
    halves = [connect(lawful) for _ in range(60)]
    for half in halves:
        half.sock.sendall(frame(HELLO)[:7])
    assert client.state() > 0
    lawful.assert_serving()
    for half in halves:
        assert exchange(half, frame(HELLO)[7:]) == CKR_OK
        half.close()


def test_strangers_have_their_limit(lawful: Stage) -> None:
    """300 connections that say nothing: the oldest wait, the others are closed, and another container is welcome."""
    strangers = [connect(lawful) for _ in range(300)]
    lawful.assert_serving()
    neighbour = Client.open(lawful.engine, lawful.theirs, lawful.honest)
    assert neighbour.state() > 0
    neighbour.close()
    for stranger in strangers:
        stranger.close()
    again = connect(lawful)
    while exchange(again, frame(HELLO)) is None:
        again = connect(lawful)  # the engine notices each end at its own event: ask until it has
    again.close()
    lawful.assert_serving()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_random_bytes_are_no_frame(lawful: Stage, random: bytes) -> None:
    """Whatever a stranger sends first: closed, or waited for until the end."""
    application = connect(lawful)
    assert exchange(application, random, finish=True) is None
    application.close()
    assert lawful.engine.alive


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.binary(max_size=40), st.sampled_from([CONTROL, USE]))
def test_random_messages_are_refused(lawful: Stage, message: bytes, segment: bytes, lane: int) -> None:
    """In a good frame, after Hello: always a reply, or the end; never a wait."""
    application = connect(lawful).hello()
    exchange(application, frame(message, segment, lane))
    application.close()
    assert lawful.engine.alive


# ---- messages --------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    """Messages within messages, far deeper than any of ours: an unknown field of groups, and Ask-like boxes."""
    inner = b""
    for _ in range(depth):
        inner = b"\x0a" + varint(len(inner)) + inner
    return b"\xd2\x02" + varint(len(inner)) + inner


def varint(value: int) -> bytes:
    """Spell a protobuf varint."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


UNREADABLE: Final[dict[str, bytes]] = {
    "no protobuf": b"\xff" * 100,
    "groups in groups": b"\x0b" * 100_000,
    "length beyond the end": b"\xc2\x02\x7f",
    "text that is no text": b"\x92\x02\x05\x12\x03\xff\xfe\xfd",
    "varint without end": b"\x08" + b"\xff" * 20,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_message_is_refused(client: Client, name: str) -> None:
    """CKR_ARGUMENTS_BAD, and the connection goes on."""
    assert exchange(client.application, frame(UNREADABLE[name])) == CKR_ARGUMENTS_BAD
    assert client.state() > 0


@pytest.mark.parametrize("depth", [9, 1_000, 30_000])
def test_deep_nesting_ends_nobody(client: Client, depth: int) -> None:
    """Boxes in boxes cost no stack: refused, or empty requests like others."""
    message = nested(depth)[: limits.FRAME_MESSAGE_LENGTH_MAX]
    assert exchange(client.application, frame(message)) not in {None, CKR_OK}
    assert client.state() > 0


@pytest.mark.parametrize("message", [b"", b"\xf8\x7f\x01", b"\x9a\x06\x00"], ids=["none", "field 2047", "field 99"])
def test_an_unknown_request_is_not_supported(client: Client, message: bytes) -> None:
    """No row, no request."""
    assert exchange(client.application, frame(message)) == CKR_FUNCTION_NOT_SUPPORTED


def test_a_second_hello_closes(client: Client) -> None:
    """One application a connection."""
    assert exchange(client.application, frame(HELLO)) is None


SECRETS: Final[dict[str, tuple[list[int], bytes]]] = {
    "more than there is": ([5], b"1234"),
    "less than there is": ([3], b"1234"),
    "none said": ([], b"1234"),
    "none there": ([4], b""),
    "a sum that wraps": ([2**32 - 1, 5], b"1234"),
    "thousands": ([2**32 - 1] * 2_000, b"1234"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secret_lengths_that_lie_are_refused(client: Client, name: str) -> None:
    """The lengths cut the segment, exactly."""
    lengths, segment = SECRETS[name]
    request = envelope_pb2.Request(
        session=client.session, secret_lengths=lengths, login=session_pb2.Login(role=session_pb2.ROLE_USER)
    )
    assert exchange(client.application, frame(request.SerializeToString(), segment)) == CKR_ARGUMENTS_BAD


def request_of(session: int, **row: Message) -> envelope_pb2.Request:
    """A request by the name of its row."""
    return envelope_pb2.Request(session=session, **row)  # type: ignore[arg-type]


ADMINISTRATION: Final[dict[str, Message]] = {
    "server_status": admin_pb2.ServerStatus(),
    "container_add": admin_pb2.ContainerAdd(name="mine"),
    "container_list": admin_pb2.ContainerList(),
    "container_remove": admin_pb2.ContainerRemove(name="theirs"),
    "user_add": admin_pb2.UserAdd(name="mine", container="mine", label="mine"),
    "user_list": admin_pb2.UserList(),
    "user_modify": admin_pb2.UserModify(name="theirs", new_password=True),
    "user_remove": admin_pb2.UserRemove(name="theirs"),
}


@pytest.mark.parametrize("row", ADMINISTRATION)
def test_administration_has_its_own_socket(lawful: Stage, client: Client, row: str) -> None:
    """An application's socket knows none of its requests, and no worker is asked."""
    before = len(lawful.honest.served)
    message = request_of(client.session, **{row: ADMINISTRATION[row]}).SerializeToString()
    assert exchange(client.application, frame(message)) == CKR_FUNCTION_NOT_SUPPORTED
    assert len(lawful.honest.served) == before


def test_the_administrators_socket_uses_no_keys(lawful: Stage) -> None:
    """Sessions, objects and uses are not for the administrators' socket."""
    admin = lawful.administrator()
    for row, message in {
        "open_session": session_pb2.OpenSession(slot_id=lawful.theirs.slot_id),
        "find_objects": object_pb2.FindObjects(),
        "sign": signing_pb2.Sign(use=use_pb2.Use(key=1, mechanism=HMAC)),
        "generate_random": random_pb2.GenerateRandom(length=1),
    }.items():
        lane = USE if row in {"sign", "generate_random"} else CONTROL
        sent = frame(request_of(1, **{row: message}).SerializeToString(), lane=lane)
        assert exchange(admin, sent) == CKR_FUNCTION_NOT_SUPPORTED, row
    admin.close()
    lawful.assert_serving()


BULK: Final[dict[str, Message]] = {
    "sign": signing_pb2.Sign(use=use_pb2.Use(key=1, mechanism=HMAC)),
    "encrypt": encryption_pb2.Encrypt(use=use_pb2.Use(key=1)),
    "digest": digest_pb2.Digest(use=use_pb2.Use()),
    "generate_random": random_pb2.GenerateRandom(length=1),
}


@pytest.mark.parametrize("row", BULK)
def test_uses_do_not_go_by_the_control_lane(client: Client, row: str) -> None:
    """Secrets go to secret memory, data does not: the lane decides, and must be the request's own."""
    message = request_of(client.session, **{row: BULK[row]}).SerializeToString()
    assert exchange(client.application, frame(message)) == CKR_ARGUMENTS_BAD


def test_secrets_do_not_go_by_the_use_lane(client: Client) -> None:
    """A PIN would be read into ordinary memory."""
    login = request_of(client.session, login=session_pb2.Login(role=session_pb2.ROLE_USER))
    assert exchange(client.application, frame(login.SerializeToString(), b"1234", lane=USE)) == CKR_ARGUMENTS_BAD


USES: Final[dict[str, tuple[Message, bytes]]] = {
    "signature longer than the data": (
        signing_pb2.Verify(use=use_pb2.Use(key=1, mechanism=HMAC), signature_length=99),
        b"short",
    ),
    "signature of 4 GiB": (
        signing_pb2.Verify(use=use_pb2.Use(key=1, mechanism=HMAC), signature_length=0xFFFF_FFFF),
        b"short",
    ),
    "no mechanism": (signing_pb2.Sign(use=use_pb2.Use(key=1)), b"data"),
    "no use": (signing_pb2.Sign(), b"data"),
    "no such step": (signing_pb2.Sign(use=use_pb2.Use(step=17, key=1, mechanism=HMAC)), b"data"),  # type: ignore[arg-type]
    "no such mechanism": (
        signing_pb2.Sign(use=use_pb2.Use(key=1, mechanism=use_pb2.Mechanism(type=2**64 - 1))),
        b"data",
    ),
    "an update of nothing": (signing_pb2.Sign(use=use_pb2.Use(step=use_pb2.STEP_UPDATE)), b"data"),
    "random without end": (random_pb2.GenerateRandom(length=0xFFFF_FFFF), b""),
}


@pytest.mark.parametrize("name", USES)
def test_an_ill_formed_use_is_refused(client: Client, name: str) -> None:
    """Whatever its numbers claim."""
    message, data = USES[name]
    row = {"Verify": "verify", "Sign": "sign", "GenerateRandom": "generate_random"}[type(message).__name__]
    rv, output = client.application.use(request_of(client.session, **{row: message}), data)
    assert rv != CKR_OK
    assert not output


def test_handles_of_others_are_nobodys(lawful: Stage, client: Client) -> None:
    """The victim's session, key and object handles say nothing in this application."""
    assert client.sign(lawful.victims_handle, b"data")[0] in {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}
    assert client.read(lawful.victims_handle)[0] == CKR_OBJECT_HANDLE_INVALID
    own, client.session = client.session, lawful.victim.session
    assert client.find(template())[0] == CKR_SESSION_HANDLE_INVALID
    assert client.sign(lawful.victims_handle, b"data")[0] == CKR_SESSION_HANDLE_INVALID
    client.session = own


@pytest.mark.parametrize("handle", [0, 1, 2**63, 2**64 - 1])
def test_guessed_handles_are_nobodys(client: Client, handle: int) -> None:
    """Numbers of the store are no handles."""
    assert client.read(handle)[0] == CKR_OBJECT_HANDLE_INVALID
    own, client.session = client.session, handle
    assert client.find(template())[0] == CKR_SESSION_HANDLE_INVALID
    client.session = own


def test_templates_beyond_the_limits_are_refused(client: Client) -> None:
    """Too many attributes, too many templates, and a search by everything."""
    many = object_pb2.Template(attributes=[object_pb2.Attribute(type=each, value=b"") for each in range(500)])
    generate = key_pb2.GenerateKey(mechanism=use_pb2.Mechanism(type=0x350), template=many)
    for row, message in {
        "find_objects": object_pb2.FindObjects(template=many),
        "create_objects": object_pb2.CreateObjects(templates=[many]),
        "generate_key": generate,
        "set_attributes": object_pb2.SetAttributes(object=1, template=many),
    }.items():
        assert exchange(client.application, frame(request_of(client.session, **{row: message}).SerializeToString()))
    empties = object_pb2.CreateObjects(templates=[object_pb2.Template()] * 60_000)
    crowded = request_of(client.session, create_objects=empties).SerializeToString()
    assert exchange(client.application, frame(crowded[: limits.FRAME_MESSAGE_LENGTH_MAX]))


# ---- tickets ---------------------------------------------------------------------------------------


def attach(stage: Stage, ticket: bytes, enrolment_id: bytes) -> tuple[int | None, Application]:
    """Present a ticket on a new connection."""
    application = Application.connect(stage.engine, enrolment_id, stage.honest)
    request = envelope_pb2.Request(attach=envelope_pb2.Attach(ticket=ticket))
    return exchange(application, frame(request.SerializeToString())), application


def test_a_ticket_opens_further_connections(lawful: Stage, client: Client) -> None:
    """The control: the same process, through the same listener, speaks as the same application."""
    rv, further = attach(lawful, client.application.ticket, lawful.ours.enrolment_id)
    assert rv == CKR_OK
    info = request_of(client.session, session_info=session_pb2.SessionInfo())
    assert exchange(further, frame(info.SerializeToString())) == CKR_OK
    further.close()


def test_a_wrong_ticket_is_refused(lawful: Stage, client: Client) -> None:
    """Guessed, cut, empty, or another container's: CKR_CRYPTOKI_NOT_INITIALIZED and the end."""
    ticket = client.application.ticket
    assert len(ticket) == TICKET_LENGTH
    theirs = lawful.victim.application.ticket
    for wrong in (b"", ticket[:-1], ticket + b"\0", bytes(TICKET_LENGTH), os.urandom(TICKET_LENGTH), theirs):
        rv, further = attach(lawful, wrong, lawful.ours.enrolment_id)
        assert rv == CKR_CRYPTOKI_NOT_INITIALIZED
        assert exchange(further, frame(SLOTS)) is None
        further.close()
    assert attach(lawful, ticket, lawful.theirs.enrolment_id)[0] == CKR_CRYPTOKI_NOT_INITIALIZED


def test_a_forked_child_cannot_use_its_parents_ticket(lawful: Stage, client: Client) -> None:
    """One process, one application: the kernel says that the child is another."""
    request = envelope_pb2.Request(attach=envelope_pb2.Attach(ticket=client.application.ticket)).SerializeToString()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            application = connect(lawful)
            application.sock.sendall(frame(request))
            os.write(writing, struct.pack(">Q", application.receive()[0].rv))
        finally:
            os._exit(0)
    os.close(writing)
    told = os.read(reading, 8)
    os.close(reading)
    os.waitpid(child, 0)
    assert struct.unpack(">Q", told) == (CKR_CRYPTOKI_NOT_INITIALIZED,)
