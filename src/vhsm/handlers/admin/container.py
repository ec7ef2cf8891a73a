"""Containers: enrolled, listed, removed. Each has a listener of its own, which the supervisor opens and closes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from vhsm.errors import ArgumentsBad
from vhsm.model.records import Container, Evidence
from vhsm.model.spelling import evidence_of
from vhsm.policy.names import checked_name
from vhsm.store import containers
from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from vhsm.handlers.context import Context

ENROLMENT_ID_LENGTH: Final = 16
NUMBER_MAX: Final = (1 << 63) - 1  # what the store holds
CGROUP_PATH_LENGTH_MAX: Final = 4_096


def container_add(context: Context) -> engine_pb2.Answer:
    """Enrol a container: from now on it has an identity and a socket."""
    request = context.request.container_add
    name = checked_name("container", request.name)
    evidence = demanded(request.evidence) if request.HasField("evidence") else Evidence()
    connection = context.store.connection
    if containers.load_by_name(connection, name) is None:
        with context.writing() as writing:
            if containers.load_by_name(writing.connection, name) is not None:
                raise ArgumentsBad(f"there is a container {name} already")
            enrolment_id = secrets.token_bytes(ENROLMENT_ID_LENGTH)
            containers.add(writing.connection, name, enrolment_id, evidence, context.clock())
            writing.note(detail=name)
    elif not context.done_before(name):
        raise ArgumentsBad(f"there is a container {name} already")
    answer = listening(context)
    container = containers.load_by_name(connection, name)
    if container is not None:
        answer.reply.container.CopyFrom(spelled(context.containers_root, container))
    return answer


def container_list(context: Context) -> engine_pb2.Answer:
    """List every container."""
    found = [
        spelled(context.containers_root, container)
        for container in containers.load_all(context.store.connection)
        if container.kind == engine_pb2.LISTENER_APPLICATION
    ]
    return engine_pb2.Answer(reply=envelope_pb2.Reply(containers=admin_pb2.Containers(containers=found)))


def container_remove(context: Context) -> engine_pb2.Answer:
    """Forget a container that no user is bound to; its socket closes."""
    name = context.request.container_remove.name
    container = containers.load_by_name(context.store.connection, name)
    if container is None and context.done_before(name):
        return listening(context)
    if container is None or container.kind != engine_pb2.LISTENER_APPLICATION:
        raise ArgumentsBad("there is no such container: see `vhsm container list`")
    with context.writing() as writing:
        if containers.is_bound(writing.connection, container):
            raise ArgumentsBad("users are bound to the container: remove them first, see `vhsm user list`")
        containers.remove(writing.connection, container)
        writing.note(detail=name)
    return listening(context)


def listening(context: Context) -> engine_pb2.Answer:
    """Answer with the containers that should have a listener from now on."""
    rows = [
        engine_pb2.ListenerRow(enrolment_id=row.enrolment_id, name=row.name)
        for row in context.store.listeners()
        if row.kind == engine_pb2.LISTENER_APPLICATION
    ]
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), listeners=rows, reconcile_listeners=True)


def demanded(evidence: admin_pb2.Evidence) -> Evidence:
    """Check what an enrolment demands of callers.

    Raises:
        ArgumentsBad.
    """
    for value in (evidence.cgroup_id, evidence.network_namespace_cookie):
        if value > NUMBER_MAX:
            raise ArgumentsBad("no cgroup or network namespace has such a number")
    if len(evidence.cgroup_path) > CGROUP_PATH_LENGTH_MAX or not evidence.cgroup_path.isprintable():
        raise ArgumentsBad("no cgroup has such a path")
    return evidence_of(evidence)


def spelled(root: Path, container: Container) -> admin_pb2.Container:
    """Spell a container for administrators."""
    evidence = container.evidence
    return admin_pb2.Container(
        name=container.name,
        enrolment_id=container.enrolment_id,
        socket_path=str(root / container.name / "vhsm.sock"),
        evidence=admin_pb2.Evidence(
            uid=evidence.uid,
            cgroup_id=evidence.cgroup_id,
            cgroup_path=evidence.cgroup_path,
            network_namespace_cookie=evidence.network_namespace_cookie,
        ),
        created_at=container.created_at,
        unseen=container.unseen,
    )
