"""A server on a file system that gets full: run by test_disk.py in a mount namespace of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.faults.installation import Installation
from tests.faults.script import State, agrees, holds, key
from vhsm.client import DeviceError, Refusal
from vhsm.wire import tables

SIZE: Final = "8m"
BLOCK: Final = 4096
BIG: Final = bytes(60_000)
WRITES_MAX: Final = 200


def fill(path: Path) -> None:
    """Take every free block."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(BLOCK))
        except OSError:
            return


def data_object(label: str) -> dict[int, bool | int | str | bytes]:
    """An object that takes room."""
    return {tables.CKA_CLASS: 0, tables.CKA_TOKEN: True, tables.CKA_LABEL: label, tables.CKA_VALUE: BIG}


def main() -> None:
    """Fill the disk, be refused, make room, and go on."""
    folder = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "none", str(folder)], check=True)
    installation = Installation.make(folder)
    try:
        keys = {f"key {each}": bytes([each]) * 32 for each in range(5)}
        with installation.session() as session:
            session.create_objects([key(label, value) for label, value in keys.items()])
            (handle,) = session.find({tables.CKA_LABEL: "key 1"})
            before = session.sign(handle, tables.CKM_SHA256_HMAC, b"data")
            fill(folder / "filler")
            refused: Refusal | None = None
            acknowledged = []
            for each in range(WRITES_MAX):
                try:
                    session.create_object(data_object(f"data {each}"))
                    acknowledged.append(f"data {each}")
                except Refusal as refusal:
                    refused = refusal
                    break
            assert refused is not None, "the disk was full"
            print(f"{type(refused).__name__} after {len(acknowledged)} writes")  # noqa: T201
            assert session.sign(handle, tables.CKM_SHA256_HMAC, b"data") == before, "uses go on"
            assert session.attributes(handle)[tables.CKA_LABEL] == "key 1", "reads go on"
            (folder / "filler").unlink()
            session.create_object(data_object("afterwards"))
            for label in [*acknowledged, "afterwards"]:
                assert len(session.find({tables.CKA_LABEL: label})) == 1, label
            assert len(session.find({tables.CKA_CLASS: 0})) == len(acknowledged) + 1, "nothing half-made"
            assert agrees(holds(session), State(b"", keys))
        fill(folder / "filler")
        installation.stop()
        (folder / "filler").unlink()
        installation.serve()
        installation.assert_sound()
        with installation.session() as session:
            assert agrees(holds(session), State(b"", keys))
    except DeviceError as error:
        raise AssertionError(f"{error}\n{installation.log[-3000:]}") from error
    finally:
        installation.stop()


if __name__ == "__main__":
    main()
