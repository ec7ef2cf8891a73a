"""One connection: frames out and back, one request at a time (spec/limits.toml, [frame]; spec/wire/envelope.proto).

Secrets travel in the frame's segment, never in its message; every buffer that held one is overwritten before it is
let go.
"""

from __future__ import annotations

import random
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from google.protobuf.message import DecodeError

from vhsm.client.errors import DeviceError, refusal_for
from vhsm.wire import limits
from vhsm.wire.envelope_pb2 import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vhsm.config import ClientConfig

CKR_OK: Final = 0
# magic u32 | version u8 | lane u8 | processor u16 (0) | message_length u32 | segment_length u32, all big-endian
HEADER: Final = struct.Struct(">IBBHII")
BUSY_PAUSE_FIRST_S: Final = 0.005
BUSY_PAUSE_GREATEST_S: Final = 0.25

Secret = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply that says CKR_OK, and its segment."""

    reply: Reply
    segment: bytes

    def secrets(self) -> list[bytes]:
        """Cut the segment of a control reply."""
        values, at = [], 0
        for length in self.reply.secret_lengths:
            values.append(self.segment[at : at + length])
            at += length
        return values


class Connection:
    """A stream to the server. Not for several threads at once."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    @classmethod
    def open(cls, config: ClientConfig) -> Self:
        """Connect.

        Raises:
            DeviceError: nobody listens, or not in time.
        """
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            stream.settimeout(config.connect_timeout_ms / 1000)
            stream.connect(str(config.socket))
            stream.settimeout(config.reply_timeout_ms / 1000)
        except OSError as error:
            stream.close()
            reason = error.strerror or "no answer in time"
            raise DeviceError(f"{config.socket}: {reason}; is the server running, and this its socket?") from None
        return cls(stream)

    def close(self) -> None:
        """Close this process's descriptor; the application ends with its last connection."""
        self._stream.close()

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._stream.fileno() == -1

    def control(self, request: Request, secrets: Sequence[Secret] = ()) -> Answered:
        """Send a request of the control lane; secrets are named in it by their index here.

        Raises:
            Refusal: the server's answer.
            DeviceError: the server went away, or is busy beyond the deadline.
        """
        del request.secret_lengths[:]
        request.secret_lengths.extend(len(secret) for secret in secrets)
        frame = bytearray(_header_and_message(limits.FRAME_LANE_CONTROL, request, sum(map(len, secrets))))
        for secret in secrets:
            frame += secret
        try:
            return self._exchange(frame)
        finally:
            wipe(frame)

    def use(self, request: Request, data: Sequence[Secret] = ()) -> Answered:
        """Send a request of the use lane; the segment is `data`, joined.

        Raises:
            Refusal: the server's answer.
            DeviceError: the server went away, or is busy beyond the deadline.
        """
        frame = bytearray(_header_and_message(limits.FRAME_LANE_USE, request, sum(map(len, data))))
        for part in data:
            frame += part
        try:
            return self._exchange(frame)
        finally:
            wipe(frame)

    def _exchange(self, frame: bytearray) -> Answered:
        deadline = time.monotonic() + limits.MODULE_BUSY_RETRY_MS / 1000
        pause = BUSY_PAUSE_FIRST_S
        while True:
            answered = self._round_trip(frame)
            rv = answered.reply.rv
            if rv == CKR_OK:
                return answered
            if rv != limits.REPLY_BUSY:
                raise refusal_for(rv, answered.reply.explanation)
            # Jitter keeps many clients from asking again at the same instant; it needs no good randomness.
            jittered = pause * random.uniform(0.5, 1.5)  # noqa: S311
            if time.monotonic() + jittered > deadline:
                raise DeviceError("the server is busy; try again later")
            time.sleep(jittered)
            pause = min(2 * pause, BUSY_PAUSE_GREATEST_S)

    def _round_trip(self, frame: bytearray) -> Answered:
        try:
            self._stream.sendall(frame)
            header = self._receive(HEADER.size)
            magic, version, _, _, message_length, segment_length = HEADER.unpack(header)
            if (magic, version) != (limits.FRAME_MAGIC, limits.FRAME_VERSION):
                raise DeviceError("the server speaks another protocol; are client and server of one version?")
            if message_length > limits.FRAME_MESSAGE_LENGTH_MAX or segment_length > limits.FRAME_SEGMENT_LENGTH_MAX:
                raise DeviceError("the server's reply is longer than a frame may be")
            body = self._receive(message_length + segment_length)
            reply = Reply.FromString(bytes(memoryview(body)[:message_length]))
            return Answered(reply, bytes(memoryview(body)[message_length:]))
        except TimeoutError:
            self.close()  # a late reply must not be taken for the next one's
            raise DeviceError("the server did not answer in time") from None
        except (OSError, EOFError):
            self.close()
            raise DeviceError("the server closed the connection; connect anew") from None
        except DecodeError:
            self.close()
            raise DeviceError("the server's reply cannot be read") from None

    def _receive(self, length: int) -> bytearray:
        """Read exactly so many bytes, a length already checked."""
        buffer = bytearray(length)
        view = memoryview(buffer)
        at = 0
        while at < length:
            count = self._stream.recv_into(view[at:])
            if count == 0:
                raise EOFError
            at += count
        return buffer


def wipe(buffer: bytearray) -> None:
    """Overwrite a buffer that held a secret."""
    buffer[:] = bytes(len(buffer))


def _header_and_message(lane: int, request: Request, segment_length: int) -> bytes:
    message = request.SerializeToString()
    segment_max = (
        limits.FRAME_SECRET_SEGMENT_LENGTH_MAX if lane == limits.FRAME_LANE_CONTROL else limits.FRAME_SEGMENT_LENGTH_MAX
    )
    if len(message) > limits.FRAME_MESSAGE_LENGTH_MAX or segment_length > segment_max:
        raise ValueError(
            f"a request holds {limits.FRAME_MESSAGE_LENGTH_MAX} bytes and {segment_max} of data or secrets"
        )
    return HEADER.pack(limits.FRAME_MAGIC, limits.FRAME_VERSION, lane, 0, len(message), segment_length) + message
