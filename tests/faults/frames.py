"""Frames sent and received one by one, without the client's help: it would ask a busy server again."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

from vhsm.wire import limits
from vhsm.wire.envelope_pb2 import Reply

if TYPE_CHECKING:
    from vhsm.wire.envelope_pb2 import Request

HEADER: Final = struct.Struct(">IBBHII")


def exchange(stream: socket.socket, request: Request, segment: bytes = b"") -> Reply:
    """One round trip."""
    send(stream, request, segment)
    return receive(stream)


def send(stream: socket.socket, request: Request, segment: bytes = b"") -> None:
    """Half a round trip."""
    message = request.SerializeToString()
    header = HEADER.pack(
        limits.FRAME_MAGIC, limits.FRAME_VERSION, limits.FRAME_LANE_CONTROL, 0, len(message), len(segment)
    )
    stream.sendall(header + message + segment)


def receive(stream: socket.socket) -> Reply:
    """The other half."""
    _, _, _, _, length, rest = HEADER.unpack(stream.recv(HEADER.size, socket.MSG_WAITALL))
    body = stream.recv(length + rest, socket.MSG_WAITALL)
    return Reply.FromString(body[:length])
