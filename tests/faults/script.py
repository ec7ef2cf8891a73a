"""A scripted run of writes, and what the token holds before and after each of them."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from vhsm.client import Session, Value

DATA: Final = b"a proof that the key is whole"
BATCH: Final = 5
PIN_CHANGES: Final = 0.4
GENERATED: Final = b""  # a value that only the server knows


@dataclass(frozen=True)
class State:
    """What a token holds: its owner's PIN, and its keys' values by label."""

    pin: bytes
    keys: Mapping[str, bytes]


@dataclass(frozen=True)
class Write:
    """One request, and what the token holds once it is done; never anything between."""

    name: str
    run: Callable[[Session], object]
    after: State


def key(label: str, value: bytes) -> dict[int, Value]:
    """A token key's template."""
    return {
        tables.CKA_CLASS: int(CKO.SECRET_KEY),
        tables.CKA_KEY_TYPE: int(CKK.GENERIC_SECRET),
        tables.CKA_TOKEN: True,
        tables.CKA_LABEL: label,
        tables.CKA_VALUE: value,
    }


def one(session: Session, label: str) -> int:
    """Find the one key of a label."""
    (handle,) = session.find({tables.CKA_LABEL: label})
    return handle


def destroy(session: Session, label: str) -> None:
    """Destroy the one key of a label."""
    session.destroy_object(one(session, label))


def script(start: State, name: str, chance: random.Random) -> Iterator[Write]:
    """Every kind of write, on objects whose labels begin with `name`; what was made is destroyed again."""
    state = start

    def then(what: str, run: Callable[[Session], object], **change: object) -> Write:
        nonlocal state
        state = replace(state, **change)  # type: ignore[arg-type]
        return Write(what, run, state)

    first, copied, made = f"{name} first", f"{name} copied", f"{name} generated"
    value = chance.randbytes(32)
    yield then("create", lambda session: session.create_object(key(first, value)), keys={**state.keys, first: value})
    batch = {f"{name} batch {each}": chance.randbytes(32) for each in range(BATCH)}
    yield then(
        "create many",
        lambda session: session.create_objects([key(label, each) for label, each in batch.items()]),
        keys={**state.keys, **batch},
    )
    renamed = f"{first} renamed"
    yield then(
        "change",
        lambda session: session.set_attributes(one(session, first), {tables.CKA_LABEL: renamed}),
        keys={label: each for label, each in state.keys.items() if label != first} | {renamed: value},
    )
    yield then(
        "copy",
        lambda session: session.copy_object(one(session, renamed), {tables.CKA_LABEL: copied}),
        keys={**state.keys, copied: value},
    )
    generate: dict[int, Value] = {tables.CKA_TOKEN: True, tables.CKA_LABEL: made, tables.CKA_VALUE_LEN: 32}
    yield then(
        "generate",
        lambda session: session.generate_key(tables.CKM_GENERIC_SECRET_KEY_GEN, generate),
        keys={**state.keys, made: GENERATED},
    )
    # Its derivations take longer than all the rest.
    if chance.random() < PIN_CHANGES:
        pin = chance.randbytes(8).hex().encode()
        old = state.pin
        yield then("change the PIN", lambda session: session.set_pin(old, pin), pin=pin)
    for label in (renamed, copied, made, *batch):
        yield then(
            "destroy",
            partial(destroy, label=label),
            keys={other: each for other, each in state.keys.items() if other != label},
        )


def holds(session: Session) -> dict[str, bytes]:
    """Prove every key of the token: label and MAC of DATA. A half-made object does not get through here."""
    found: dict[str, bytes] = {}
    for handle in session.find({tables.CKA_CLASS: int(CKO.SECRET_KEY), tables.CKA_TOKEN: True}):
        label = session.attributes(handle)[tables.CKA_LABEL]
        assert isinstance(label, str)
        assert label not in found, f"twice: {label}"
        found[label] = session.sign(handle, tables.CKM_SHA256_HMAC, DATA)
    return found


def agrees(found: Mapping[str, bytes], state: State) -> bool:
    """Whether what was found is exactly this state."""
    return found.keys() == state.keys.keys() and all(
        value == GENERATED or hmac.digest(value, DATA, hashlib.sha256) == found[label]
        for label, value in state.keys.items()
    )
