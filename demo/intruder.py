"""Customer B's attempt on A's token, over B's own socket: it knows A's name, label, PIN and slot number.

It reads its own PIN and A's from standard input, and prints what it was answered, as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from vhsm.client import Refusal, connect

if TYPE_CHECKING:
    from collections.abc import Callable


def answer(attempt: Callable[[], object]) -> str:
    """Make an attempt, and name the refusal."""
    try:
        attempt()
    except Refusal as refusal:
        return type(refusal).__name__
    return "ALLOWED"


def main() -> int:
    """Try everything."""
    user, label, slot = sys.argv[1], sys.argv[2], int(sys.argv[3])
    own_pin, foreign_pin = (sys.stdin.readline().rstrip("\n").encode() for _ in range(2))
    with connect() as client, client.open_session() as session:
        answers = {
            "finds A's token": answer(lambda: client.slot_of(label)),
            "opens a session on A's slot": answer(lambda: client.open_session(slot)),
            "logs in with A's password": answer(lambda: session.login(foreign_pin)),
            "logs in with A's name and password": answer(lambda: session.login(foreign_pin, user_name=user)),
            "logs in with its own password (control)": answer(lambda: session.login(own_pin)),
        }
    sys.stdout.write(json.dumps(answers) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
