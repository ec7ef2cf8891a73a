"""A key's own bytes, from where the user has them."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vhsm.cli.options import UsageError, secret
from vhsm.cli.output import stderr
from vhsm.client.connection import wipe

# The longest key of the mechanism table, as hex and with room for white space.
KEY_FILE_LENGTH_MAX: Final = 4_096


@contextlib.contextmanager
def key_bytes(descriptor: int | None, file: Path | None, *, from_hex: bool) -> Iterator[bytearray]:
    """Take a key's bytes from where the user has them; they are overwritten afterwards."""
    if descriptor is not None and file is not None:
        raise UsageError("give --value-fd or --value-file, not both")
    if descriptor is None and file is None:
        with secret("Key in hex", None, "--value-fd") as text:
            value = _hex_bytes(text)
    else:
        value = _read_key(descriptor, file)
        if from_hex:
            text, value = value, _hex_bytes(value)
            wipe(text)
    try:
        yield value
    finally:
        wipe(value)


def _read_key(descriptor: int | None, file: Path | None) -> bytearray:
    try:
        opened = os.open(file, os.O_RDONLY) if file is not None else os.dup(descriptor or 0)
        with os.fdopen(opened, "rb", buffering=0) as stream:
            buffer = bytearray(KEY_FILE_LENGTH_MAX)
            length = 0
            while count := stream.readinto(memoryview(buffer)[length:]):
                length += count
    except OSError as error:
        source = f"--value-file {file}" if file is not None else f"--value-fd {descriptor}"
        raise UsageError(f"{source}: {error.strerror}; name a readable file") from None
    value = bytearray(memoryview(buffer)[:length])
    wipe(buffer)
    if length in (0, KEY_FILE_LENGTH_MAX):
        stderr.print("The file is empty or too long to hold one key.", style="red")
        raise UsageError(f"a key has 1 to {KEY_FILE_LENGTH_MAX - 1} bytes; check what the file holds")
    return value


def _hex_bytes(text: bytearray) -> bytearray:
    try:
        return bytearray.fromhex(text.decode("ascii"))
    except ValueError:
        raise UsageError("the key is not in hex; spell each byte with two digits") from None


def parse_hex(text: str, option: str) -> bytes:
    """Parse what an option says in hex.

    Raises:
        UsageError: it is not hex; names the option.
    """
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"{option} {text!r}: not hex; spell each byte with two digits") from None
