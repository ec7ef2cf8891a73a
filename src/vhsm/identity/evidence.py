"""Evidence to Caller. Which listener was called says which container; the rest must not contradict it.

What an enrolment demands must be seen and equal. What could not be seen and is not demanded is noted, shown to
administrators, and refused by strict tokens (handlers.dispatch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import DeviceError
from vhsm.model.identifiers import UserId
from vhsm.model.records import Caller, Container, Evidence

if TYPE_CHECKING:
    from vhsm.wire import admin_pb2, engine_pb2


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


def evidence_of(evidence: admin_pb2.Evidence) -> Evidence:
    """Read evidence from its message; what is absent there is None."""
    return Evidence(
        uid=evidence.uid if evidence.HasField("uid") else None,
        cgroup_id=evidence.cgroup_id if evidence.HasField("cgroup_id") else None,
        cgroup_path=evidence.cgroup_path if evidence.HasField("cgroup_path") else None,
        network_namespace_cookie=(
            evidence.network_namespace_cookie if evidence.HasField("network_namespace_cookie") else None
        ),
    )
