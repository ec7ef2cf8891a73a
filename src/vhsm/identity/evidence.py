"""Evidence to Caller. Which listener was called says which container; the rest must not contradict it.

What an enrolment demands must be seen and equal. What could not be seen and is not demanded is noted, shown to
administrators, and refused by strict tokens (handlers.dispatch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import DeviceError
from vhsm.model.identifiers import UserId
from vhsm.model.records import Caller, Container
from vhsm.model.spelling import evidence_of

if TYPE_CHECKING:
    from vhsm.wire import engine_pb2


def identify(caller: engine_pb2.Caller, container: Container | None) -> Caller:
    """Confirm that the caller is who its listener says.

    Raises:
        DeviceError: for every contradiction alike; the explanation names it, for the audit record only.
    """
    if container is None or container.kind != caller.kind:
        raise DeviceError("the listener belongs to no enrolled container")
    seen = evidence_of(caller.evidence)
    demanded = container.evidence
    for name, wanted, found in (
        ("uid", demanded.uid, seen.uid),
        ("cgroup_id", demanded.cgroup_id, seen.cgroup_id),
        ("cgroup_path", demanded.cgroup_path, seen.cgroup_path),
        ("network_namespace_cookie", demanded.network_namespace_cookie, seen.network_namespace_cookie),
    ):
        if wanted is not None and wanted != found:
            raise DeviceError(f"{name} of the caller is {found}, enrolled is {wanted}")
    return Caller(
        container=container,
        application=caller.application,
        administrator_id=UserId(caller.administrator_id),
        unseen=tuple(sorted(set(caller.unseen))),
    )
