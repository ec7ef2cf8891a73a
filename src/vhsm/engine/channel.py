"""The worker's end of the channel to the engine: SOCK_SEQPACKET, one protobuf message a packet, half-duplex.

The engine sends an Ask; the worker may make calls, each answered before the next, and ends with an Answer. The id
of the Ask stands in every message. A packet that was cut, or an id that is not ours, means that the two ends no
longer agree: the channel is broken and the worker ends.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from vhsm.errors import refusal_of
from vhsm.wire import engine_pb2
from vhsm.wire.limits import WORKER_PACKET_LENGTH_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vhsm.model.attributes import Attributes
    from vhsm.model.identifiers import ObjectNumber, UserId
    from vhsm.wire import session_pb2

CKR_OK: Final = 0


class ChannelBroken(Exception):  # noqa: N818 - it ends the worker, nobody handles it
    """The engine closed the channel in the middle of an Ask, or the two ends disagree."""


class EngineChannel:
    """Asks in, calls out and back, Answers out. Every call raises the Refusal of its result's CKR_ value."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray(WORKER_PACKET_LENGTH_MAX)
        self._id = 0

    def receive(self) -> tuple[int, engine_pb2.Ask] | None:
        """Wait for the next Ask and return it with its id; None when the engine is gone.

        Raises:
            ChannelBroken: the packet was cut, or is no Ask.
        """
        message = self._read()
        if message is None:
            return None
        if message.WhichOneof("message") != "ask":
            raise ChannelBroken("expected an Ask")
        self._id = message.id
        return message.id, message.ask

    def answer(self, ask_id: int, answer: engine_pb2.Answer) -> None:
        """End the Ask.

        Raises:
            ChannelBroken: the Answer is longer than a packet may be, or nobody reads.
        """
        self._write(engine_pb2.FromWorker(id=ask_id, answer=answer))

    # ---- objects ------------------------------------------------------------------------------

    def open_object(self, row: engine_pb2.SealedObject) -> None:
        """Authenticate a row, and keep its key ready under the Answer's Grant."""
        self._call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))

    def create_object(self, template_index: int, attributes: Attributes) -> engine_pb2.SealedObject:
        """Make an object of the request's template with this index, as near to `attributes` as the laws allow."""
        wanted = engine_pb2.MakeObject(template_index=template_index, attributes=attributes.encode())
        return self._call(engine_pb2.Call(create_object=wanted)).object_made.object

    def generate_key(self, attributes: Attributes) -> engine_pb2.SealedObject:
        """Make a key by the request's mechanism and template."""
        wanted = engine_pb2.MakeObject(attributes=attributes.encode())
        return self._call(engine_pb2.Call(generate_key=wanted)).object_made.object

    def generate_key_pair(self, public: Attributes, private: Attributes) -> engine_pb2.KeyPairMade:
        """Make a key pair by the request's mechanism and templates."""
        wanted = engine_pb2.MakeKeyPair(public_attributes=public.encode(), private_attributes=private.encode())
        return self._call(engine_pb2.Call(generate_key_pair=wanted)).key_pair_made

    def wrap_key(self, wrapping_key: engine_pb2.SealedObject, key: engine_pb2.SealedObject, encryptions: int) -> None:
        """Have the engine put the wrapped key into the reply; the wrapping key has encrypted so often until now."""
        wrap = engine_pb2.WrapObject(wrapping_key=wrapping_key, key=key, encryptions=encryptions)
        self._call(engine_pb2.Call(wrap_key=wrap))

    def make_from_key(
        self,
        key: engine_pb2.SealedObject,
        attributes: Sequence[Attributes],
        further_keys: Sequence[engine_pb2.SealedObject] = (),
    ) -> list[engine_pb2.SealedObject]:
        """Make keys by means of another one, as the request says: unwrap, derive, encapsulate, decapsulate."""
        wanted = [one.encode() for one in attributes]
        make = engine_pb2.MakeFromKey(key=key, further_keys=further_keys, attributes=wanted)
        return list(self._call(engine_pb2.Call(make_from_key=make)).objects_made.objects)

    def copy_object(self, source: engine_pb2.SealedObject | None, attributes: Attributes) -> engine_pb2.SealedObject:
        """Copy a row, or the session object that the request names (None)."""
        copy = engine_pb2.CopySealed(source=source, attributes=attributes.encode())
        return self._call(engine_pb2.Call(copy_object=copy)).object_made.object

    def reseal_object(self, row: engine_pb2.SealedObject) -> engine_pb2.SealedObject:
        """Apply the request's template to a row; the result has the next version."""
        return self._call(engine_pb2.Call(reseal_object=engine_pb2.Reseal(object=row))).object_made.object

    def reveal_object(self, row: engine_pb2.SealedObject) -> None:
        """Have the engine fill the reply with the row's attributes."""
        self._call(engine_pb2.Call(reveal_object=engine_pb2.RevealObject(object=row)))

    def destroy_session_object(self, number: ObjectNumber) -> None:
        """Destroy an object that has no row."""
        self._call(engine_pb2.Call(destroy_session_object=engine_pb2.DestroySessionObject(number=number)))

    # ---- logins -------------------------------------------------------------------------------

    def begin_login(self, user_id: UserId, role: session_pb2.Role.ValueType, secret: int) -> bool:
        """Take the turn of (user, container) until the Ask ends; True if the PIN is one that is remembered."""
        begin = engine_pb2.BeginLogin(user_id=user_id, role=role, secret=secret)
        return self._call(engine_pb2.Call(begin_login=begin)).login_begun.remembered

    def derive_login(
        self,
        key: engine_pb2.AuthenticationKey,
        secret: int,
        *,
        log_in: bool,
        linger_s: int = 0,
        absent: bool = False,
    ) -> None:
        """Open the authentication key: success is authentication. Once an Ask.

        Raises:
            PinIncorrect: for every cause alike; always where `absent`.
        """
        derive = engine_pb2.DeriveLogin(key=key, secret=secret, absent=absent, log_in=log_in, linger_s=linger_s)
        self._call(engine_pb2.Call(derive_login=derive))

    def derive_new(
        self,
        identity: engine_pb2.AuthenticationKey,
        secret: int,
        token_key: engine_pb2.TokenKeySource.ValueType,
        *,
        keep_authentication_key: bool = False,
    ) -> engine_pb2.AuthenticationKey:
        """Seal an authentication key under a new password and return its row."""
        derive = engine_pb2.DeriveNew(
            key=identity,
            secret=secret,
            token_key=token_key,
            keep_authentication_key=keep_authentication_key,
        )
        return self._call(engine_pb2.Call(derive_new=derive)).keys_derived.key

    # ---- the one writer -----------------------------------------------------------------------

    def begin_write(self) -> None:
        """Wait for the turn of the one writer; nothing but SQL happens before `end_write`."""
        self._call(engine_pb2.Call(begin_write=engine_pb2.BeginWrite()))

    def end_write(self) -> None:
        """Give the turn on."""
        self._call(engine_pb2.Call(end_write=engine_pb2.EndWrite()))

    # ---- packets ------------------------------------------------------------------------------

    def _call(self, call: engine_pb2.Call) -> engine_pb2.CallResult:
        self._write(engine_pb2.FromWorker(id=self._id, call=call))
        message = self._read()
        if message is None:
            raise ChannelBroken("the engine is gone")
        if message.WhichOneof("message") != "result" or message.id != self._id:
            raise ChannelBroken("expected the result of our call")
        if message.result.rv != CKR_OK:
            raise refusal_of(message.result.rv, f"the engine refused {call.WhichOneof('call')}")
        return message.result

    def _read(self) -> engine_pb2.ToWorker | None:
        try:
            length, _, flags, _ = self._socket.recvmsg_into([self._buffer])
        except ConnectionError:
            return None
        if length == 0:
            return None
        if flags & socket.MSG_TRUNC:
            raise ChannelBroken("a packet was cut")
        try:
            return engine_pb2.ToWorker.FromString(bytes(memoryview(self._buffer)[:length]))
        except DecodeError as error:
            raise ChannelBroken("a packet is no message") from error

    def _write(self, message: engine_pb2.FromWorker) -> None:
        packet = message.SerializeToString()
        if len(packet) > WORKER_PACKET_LENGTH_MAX:
            raise ChannelBroken("a message is too long for the channel")
        try:
            self._socket.send(packet, socket.MSG_NOSIGNAL)
        except ConnectionError as error:
            raise ChannelBroken("the engine is gone") from error
