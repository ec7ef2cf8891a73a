"""Play a file's vectors, and judge what the module made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.cryptoki import Refused
from tests.rv import Rv
from tests.vectors.source import Group, Vector, vectors
from tests.vectors.stage import Rejected, Skip, Stage, Wrong

# Plays one vector: returns if the module accepted it and every result was the vector's.
Player = Callable[[Stage, Group, Vector], None]

# Answers that are no verdict on the input: the module or the server is at fault.
FAULTS: Final = frozenset({
    *(Rv.HOST_MEMORY, Rv.GENERAL_ERROR, Rv.FUNCTION_FAILED, Rv.ARGUMENTS_BAD, Rv.DEVICE_ERROR, Rv.SESSION_CLOSED),
    *(Rv.SESSION_HANDLE_INVALID, Rv.USER_NOT_LOGGED_IN, Rv.OPERATION_ACTIVE, Rv.OPERATION_NOT_INITIALIZED),
    *(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID, Rv.MECHANISM_INVALID, Rv.KEY_FUNCTION_NOT_PERMITTED),
    *(Rv.FUNCTION_NOT_SUPPORTED, Rv.BUFFER_TOO_SMALL, Rv.TEMPLATE_INCONSISTENT, Rv.TEMPLATE_INCOMPLETE),
    *(Rv.ATTRIBUTE_TYPE_INVALID, Rv.KEY_TYPE_INCONSISTENT),
})  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What became of a file's vectors."""

    accepted: int = 0
    refused: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    # Valid and refused, invalid and accepted, or answered by a fault.
    failures: list[str] = field(default_factory=list)

    @property
    def played(self) -> int:
        """Number of vectors that came to a verdict."""
        return self.accepted + self.refused

    def add(self, vector: Vector, verdict: str) -> None:
        """Note the verdict on one vector: an empty one means accepted."""
        accepted = not verdict
        self.accepted += accepted
        self.refused += not accepted
        name = f"{vector['tcId']} ({vector.get('comment', '')}; {', '.join(vector.get('flags', []))})"
        if vector["result"] == "valid" and not accepted:
            self.failures.append(f"{name}: valid, but {verdict}")
        if vector["result"] == "invalid" and accepted:
            self.failures.append(f"{name}: invalid, but accepted")


def judge(stage: Stage, groups: list[Group], play: Player) -> Tally:
    """Play all vectors of a file."""
    tally = Tally()
    for group, vector in vectors(groups):
        try:
            play(stage, group, vector)
        except Skip as reason:
            tally.skipped[str(reason)] += 1
        except Rejected as rejection:
            tally.add(vector, str(rejection))
        except Wrong as wrong:
            tally.failures.append(f"{vector['tcId']} ({vector.get('comment', '')}), {vector['result']}: {wrong}")
        except Refused as refusal:
            tally.add(vector, str(refusal))
            if refusal.rv in FAULTS:
                tally.failures.append(f"{vector['tcId']} ({vector.get('comment', '')}): {refusal} is no verdict")
            elif tally.refused == 1:
                stage.no_operation_is_left()
        else:
            tally.add(vector, "")
    stage.clear()
    return tally
