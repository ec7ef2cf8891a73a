"""`vhsm init` and `vhsm serve`."""

from typing import Annotated

import typer

from vhsm.cli.options import ADMINISTRATOR_DEFAULT, AdminName, Json, PasswordFd, ServerConfigPath, secret
from vhsm.cli.output import done, working
from vhsm.config import load_server_config


def init(
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Make the machine seal, the database and its first administrator; nothing is ever overwritten."""
    # Brings the database's libraries, for which no other command should wait.
    from vhsm.service.initialise import initialise  # noqa: PLC0415

    server = load_server_config(config)
    with (
        secret(f"New password of {admin}", password_fd, "--password-fd", new=True) as password,
        working("Making keys …"),
    ):
        initialise(server, admin, password)
    done(
        f"Ready: database {server.database}, seal {server.seal_file} (keep a copy of it, apart from the database's). "
        f"Start it by: vhsm serve",
        {"database": str(server.database), "seal_file": str(server.seal_file), "administrator": admin},
        as_json=as_json,
    )


def serve(
    config: ServerConfigPath = None,
    ready_fd: Annotated[
        int | None, typer.Option("--ready-fd", metavar="N", help="Write a line to descriptor N once serving.")
    ] = None,
) -> None:
    """Run the service in the foreground. SIGTERM ends it, SIGHUP replaces the workers one by one."""
    # Brings the database's libraries, for which no other command should wait.
    from vhsm.service.serve import serve as run  # noqa: PLC0415

    raise typer.Exit(run(load_server_config(config), ready_fd))
