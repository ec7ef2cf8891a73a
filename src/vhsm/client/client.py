"""A container's own view of the server: its slots, its tokens, and sessions on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.client.application import Application, Connected
from vhsm.client.session import Session
from vhsm.config import ClientConfig, load_client_config
from vhsm.errors import SlotIdInvalid
from vhsm.wire.envelope_pb2 import Request
from vhsm.wire.session_pb2 import CloseAllSessions, OpenSession
from vhsm.wire.slot_token_pb2 import Slot, SlotList, Token, TokenInfo

if TYPE_CHECKING:
    from pathlib import Path


class Client(Connected):
    """A connected application. Threads may share it; a forked child must connect anew."""

    def slots(self) -> list[Slot]:
        """List the slots of this container: one for each token that is bound to it."""
        return list(self._application.control(Request(slot_list=SlotList())).reply.slots.slots)

    def token(self, slot_id: int) -> Token:
        """Describe the token in a slot.

        Raises:
            SlotIdInvalid: no such slot.
        """
        return self._application.control(Request(token_info=TokenInfo(slot_id=slot_id))).reply.token

    def slot_of(self, label: str) -> int:
        """Find the slot of the token with this label.

        Raises:
            SlotIdInvalid: this container has none, or more than one.
        """
        found = [slot.slot_id for slot in self.slots() if self.token(slot.slot_id).label == label]
        if len(found) != 1:
            raise SlotIdInvalid(f"{len(found)} tokens here have the label {label!r}; name one by its slot")
        return found[0]

    def open_session(self, slot_id: int | None = None, *, read_write: bool = True) -> Session:
        """Open a session on the token in this slot; None takes the first slot.

        Raises:
            SlotIdInvalid: no such slot, or none at all.
        """
        # Asking first also tells the engine which tokens are bound by now.
        slots = [slot.slot_id for slot in self.slots()]
        if slot_id is None:
            if not slots:
                raise SlotIdInvalid("no token is bound to this container; an administrator adds one by `vhsm user add`")
            slot_id = slots[0]
        request = Request(open_session=OpenSession(slot_id=slot_id, read_write=read_write))
        return Session(self._application, self._application.control(request).reply.session_opened.session)

    def close_all_sessions(self, slot_id: int) -> None:
        """Close this application's sessions on one token; that ends its login there."""
        self._application.control(Request(close_all_sessions=CloseAllSessions(slot_id=slot_id)))


def connect(socket: Path | None = None, *, config: ClientConfig | None = None, name: str = "vhsm.client") -> Client:
    """Connect to a server as one application.

    Args:
        socket: the container's socket; None takes the configuration's.
        config: None reads VHSM_CONFIG, else /etc/vhsm/client.toml, else takes the defaults.
        name: what operators see; at most 64 bytes are kept.

    Raises:
        ConfigError: the configuration cannot be used.
        DeviceError: nobody answers.
    """
    return Client(Application(_chosen(socket, config), name))


def _chosen(socket: Path | None, config: ClientConfig | None) -> ClientConfig:
    read = config or load_client_config()
    return read if socket is None else ClientConfig(socket, read.connect_timeout_ms, read.reply_timeout_ms)
