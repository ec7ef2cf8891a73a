"""One round trip for each complete operation, once prepared."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import Module, Session, data, secret_key
from tests.mechanisms import gcm, iv, plain
from vhsm.wire import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers import DevServer

MESSAGE = b"one message"
HEADER_LENGTH = limits.FRAME_HEADER_LENGTH


class Tap:
    """Stands between module and server, in the module's own process, and counts frames."""

    def __init__(self, path: Path, server: str) -> None:
        self.server = server
        self.requests = 0
        self.replies = 0
        self.sockets: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.start(self.accept)

    def start(self, body: Callable[..., None], *arguments: object) -> None:
        """Run something in a thread of its own."""
        thread = threading.Thread(target=body, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self) -> None:
        """Join each connection with one to the server."""
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            theirs.connect(self.server)
            self.sockets += [ours, theirs]
            self.start(self.forward, ours, theirs, "requests")
            self.start(self.forward, theirs, ours, "replies")

    def forward(self, source: socket.socket, target: socket.socket, counter: str) -> None:
        """Pass on and count whole frames, until one side closes."""
        with source.makefile("rb") as stream:
            while header := stream.read(HEADER_LENGTH):
                # Message and segment lengths: spec/limits.toml, [frame].
                length = int.from_bytes(header[8:12]) + int.from_bytes(header[12:16])
                setattr(self, counter, getattr(self, counter) + 1)
                target.sendall(header + stream.read(length))
        for end in (source, target):
            shut_down(end)

    def close(self) -> None:
        """End all connections and threads."""
        for end in [self.listener, *self.sockets]:
            shut_down(end)
        for thread in self.threads:
            thread.join()
        for end in [self.listener, *self.sockets]:
            end.close()

    @contextmanager
    def expect(self, trips: int) -> Iterator[None]:
        """Check how many frames go each way in the block."""
        before = self.requests, self.replies
        yield
        assert (self.requests - before[0], self.replies - before[1]) == (trips, trips)


def shut_down(end: socket.socket) -> None:
    """Wake whoever reads it, if it is still connected."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.fixture
def tap(dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tap]:
    """A tap on the way to the shared server."""
    made = Tap(tmp_path / "tap.sock", str(dev_server.directory / "sockets" / "dev" / "vhsm.sock"))
    monkeypatch.setenv("VHSM_SOCKET", str(tmp_path / "tap.sock"))
    yield made
    made.close()


@pytest.fixture
def tapped(tap: Tap, dev_server: DevServer) -> Iterator[Session]:
    """A session whose frames are counted, logged in."""
    assert tap.requests == 0
    token = dev_server.token
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        session.login(token.pin)
        yield session


def test_a_prepared_signature_is_one_trip(tap: Tap, tapped: Session) -> None:
    """The first C_SignInit asks; then Init is local, and C_Sign is one frame out and one back."""
    key = tapped.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    tapped.complete("Sign", plain(Mechanism.SHA256_HMAC), key, MESSAGE)
    for _ in range(3):
        with tap.expect(0):
            tapped.begin("Sign", plain(Mechanism.SHA256_HMAC), key)
        with tap.expect(1):
            tapped.output("C_Sign", *data(MESSAGE))


def test_a_size_query_is_no_trip(tap: Tap, tapped: Session) -> None:
    """Output lengths are answered from what is known of the key."""
    key = tapped.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    tapped.complete("Sign", plain(Mechanism.SHA256_HMAC), key, MESSAGE)
    with tap.expect(1):
        tapped.begin("Sign", plain(Mechanism.SHA256_HMAC), key)
        assert tapped.output_length("C_Sign", *data(MESSAGE)) == 32
        tapped.output("C_Sign", *data(MESSAGE))


def test_parts_travel_as_one(tap: Tap, tapped: Session) -> None:
    """Small parts of a MAC are gathered and sent at the end."""
    key = tapped.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    tapped.complete("Sign", plain(Mechanism.SHA256_HMAC), key, MESSAGE)
    with tap.expect(1):
        tapped.in_parts("Sign", plain(Mechanism.SHA256_HMAC), key, [MESSAGE] * 20)


def test_prepared_encryption_is_one_trip(tap: Tap, tapped: Session) -> None:
    """Another initialisation vector needs no new Prepare: the facts are about its shape."""
    key = tapped.create(secret_key(bytes(32), KeyType.AES))
    tapped.complete("Encrypt", gcm(bytes(12)), key, MESSAGE)
    for number in range(1, 4):
        with tap.expect(1):
            tapped.complete("Encrypt", gcm(bytes([number] * 12)), key, MESSAGE)


def test_a_whole_block_cipher_is_one_trip(tap: Tap, tapped: Session) -> None:
    """With a size query before it, and where a padding is taken away, too."""
    key = tapped.create(secret_key(bytes(32), KeyType.AES))
    ciphertext = tapped.complete("Encrypt", iv(Mechanism.AES_CBC_PAD, bytes(16)), key, MESSAGE)
    tapped.complete("Decrypt", iv(Mechanism.AES_CBC_PAD, bytes(16)), key, ciphertext)
    with tap.expect(2):
        tapped.begin("Encrypt", iv(Mechanism.AES_CBC_PAD, bytes([1] * 16)), key)
        assert tapped.output_length("C_Encrypt", *data(MESSAGE)) == 16
        ciphertext = tapped.output("C_Encrypt", *data(MESSAGE))
        tapped.begin("Decrypt", iv(Mechanism.AES_CBC_PAD, bytes([1] * 16)), key)
        assert tapped.output_length("C_Decrypt", *data(ciphertext)) == 16
        assert tapped.output("C_Decrypt", *data(ciphertext), room=len(MESSAGE)) == MESSAGE


def test_sessions_random_and_digests_are_one_trip_each(tap: Tap, tapped: Session) -> None:
    """No worker is asked, and nothing is prepared."""
    slot = tapped.info().slot
    with tap.expect(1):
        session = tapped.module.open_session(slot)
    with tap.expect(1):
        session.close()
    with tap.expect(1):
        tapped.random(32)
    with tap.expect(1):
        tapped.complete("Digest", plain(Mechanism.SHA256), None, MESSAGE)


def test_a_find_is_one_trip(tap: Tap, tapped: Session) -> None:
    """C_FindObjectsInit fetches; C_FindObjects and C_FindObjectsFinal are local."""
    tapped.create(secret_key(bytes(32), KeyType.AES, LABEL="found in one"))
    with tap.expect(1):
        assert len(tapped.find({Attribute.LABEL: "found in one"}, step=1)) == 1
