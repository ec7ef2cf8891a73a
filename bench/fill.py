"""Bulk objects through `vhsm.client`: transactions of as many as a request holds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vhsm.client import connect
from vhsm.config import load_client_config
from vhsm.wire.table import CKK, CKO
from vhsm.wire.tables import CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL, CKA_SIGN, CKA_TOKEN, CKA_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vhsm.client import Value

# As the driver names them (bench/driver/src/operation.rs).
OBJECT_LABEL = "object-{:07}"
VALUE = b"a value that nobody needs secret"


def fill(
    configuration: Path, pin: str, first: int, end: int, on_progress: Callable[[int], None] | None = None
) -> float:
    """Make secret keys labelled as the driver looks for them, numbered from `first` to before `end`.

    Returns:
        Objects made a second.
    """
    with connect(config=load_client_config(configuration)) as client, client.open_session() as session:
        session.login(pin.encode())
        began = time.perf_counter()
        session.create_objects(_templates(first, end), on_progress)
        return (end - first) / (time.perf_counter() - began)


def _templates(first: int, end: int) -> Iterator[dict[int, Value]]:
    for number in range(first, end):
        yield {
            CKA_CLASS: CKO.SECRET_KEY,
            CKA_KEY_TYPE: CKK.GENERIC_SECRET,
            CKA_TOKEN: True,
            CKA_LABEL: OBJECT_LABEL.format(number),
            CKA_SIGN: True,
            CKA_VALUE: VALUE,
        }
