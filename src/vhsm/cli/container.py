"""`vhsm container`: enrol and remove the containers whose applications may call."""

from typing import Annotated

import typer

from vhsm.cli.options import ADMINISTRATOR_DEFAULT, AdminName, Json, PasswordFd, ServerConfigPath, administration
from vhsm.cli.output import as_plain, done, print_json, print_table
from vhsm.wire.admin_pb2 import Evidence

app = typer.Typer(help="Enrol and remove containers.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The container's name; its socket's directory is called so.")]


@app.command()
def add(
    name: Name,
    uid: Annotated[int | None, typer.Option(help="Callers must have this user id, as the server sees it.")] = None,
    cgroup_id: Annotated[int | None, typer.Option(help="Callers must be in the cgroup with this id (inode).")] = None,
    cgroup_path: Annotated[str | None, typer.Option(help="Callers must be in this cgroup or below it.")] = None,
    network_namespace_cookie: Annotated[
        int | None, typer.Option(help="Callers must have this SO_NETNS_COOKIE.")
    ] = None,
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Enrol a container: make its identity and its socket.

    Bind-mount the socket's directory into that container, and into no other: it is what tells containers apart.
    """
    evidence = Evidence(
        uid=uid,
        cgroup_id=cgroup_id,
        cgroup_path=cgroup_path,
        network_namespace_cookie=network_namespace_cookie,
    )
    with administration(config, admin, password_fd) as server:
        made = server.add_container(name, evidence)
    done(f"Container {made.name} added. Its socket: {made.socket_path}", as_plain(made), as_json=as_json)


@app.command("list")
def list_containers(
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """List the enrolled containers, and what their listeners could not see of callers."""
    with administration(config, admin, password_fd) as server:
        containers = server.containers()
    if as_json:
        print_json([as_plain(container) for container in containers])
        return
    rows = [
        (
            container.name,
            container.socket_path,
            ", ".join(f"{field.name}={value}" for field, value in container.evidence.ListFields()) or "-",
            ", ".join(container.unseen) or "-",
        )
        for container in containers
    ]
    print_table(("name", "socket", "evidence asked for", "not visible"), rows)


@app.command()
def remove(
    name: Name,
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Remove a container; refused while a user is bound to it."""
    with administration(config, admin, password_fd) as server:
        server.remove_container(name)
    done(f"Container {name} removed.", {"removed": name}, as_json=as_json)
