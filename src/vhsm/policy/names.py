"""What administrators may call things: names end up in paths, labels in fixed fields."""

from __future__ import annotations

import re
from typing import Final

from vhsm.errors import ArgumentsBad

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", re.ASCII)
# In the directory of the containers' directories: the administrators' own, and the default of pid_file (vhsm.config).
NOT_CONTAINERS: Final = frozenset({"admin", "server.pid"})
LABEL_LENGTH_MAX: Final = 32  # bytes of CK_TOKEN_INFO.label


def checked_name(what: str, name: str) -> str:
    """Accept a name of a container or a user: it names a directory, and stands in command lines.

    Raises:
        ArgumentsBad.
    """
    if NAME.fullmatch(name) is None:
        raise ArgumentsBad(f"a {what}'s name has 1 to 64 of A-Z a-z 0-9 . _ - and begins with none of . -")
    if what == "container" and name in NOT_CONTAINERS:
        raise ArgumentsBad(f"{name} stands in the directory where containers have theirs; choose another name")
    return name


def checked_label(label: str) -> str:
    """Accept a token's label.

    Raises:
        ArgumentsBad.
    """
    if not 1 <= len(label.encode()) <= LABEL_LENGTH_MAX or not label.isprintable() or label != label.strip():
        raise ArgumentsBad(f"a label has 1 to {LABEL_LENGTH_MAX} bytes of printable UTF-8, no spaces at its ends")
    return label
