"""Values read from their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.model.records import Evidence

if TYPE_CHECKING:
    from vhsm.wire import admin_pb2


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
