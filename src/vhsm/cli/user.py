"""`vhsm user`: users with their tokens, and which containers may use them."""

from typing import Annotated

import typer

from vhsm.cli.options import (
    ADMINISTRATOR_DEFAULT,
    AdminName,
    Json,
    PasswordFd,
    ServerConfigPath,
    UsageError,
    administration,
    secret,
)
from vhsm.cli.output import as_plain, done, print_json, print_table, working

app = typer.Typer(help="Add, change and remove users and their tokens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]
PinFd = Annotated[
    int | None, typer.Option("--pin-fd", metavar="N", help="Read the user's password, one line, from descriptor N.")
]
SoPinFd = Annotated[
    int | None,
    typer.Option("--so-pin-fd", metavar="N", help="Read the security officer's password, one line, from descriptor N."),
]


@app.command()
def add(
    name: Name,
    container: Annotated[str, typer.Option(help="The container whose applications use the token.")],
    label: Annotated[str, typer.Option(help="The token's label.")],
    policy: Annotated[str, typer.Option(help="compatible, standard or strict.")] = "standard",
    pin_fd: PinFd = None,
    so_pin_fd: SoPinFd = None,
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Add a user with a token, its security officer, and its binding to a container."""
    with (
        administration(config, admin, password_fd) as server,
        secret(f"Password of {name}", pin_fd, "--pin-fd", new=True) as pin,
        secret("Password of the security officer", so_pin_fd, "--so-pin-fd", new=True) as so_pin,
        working("Making keys …"),
    ):
        made = server.add_user(name, container, label, pin, so_pin, policy=policy)
    done(f"User {made.name} added. Token {made.token_label} is in {container}.", as_plain(made), as_json=as_json)


@app.command("list")
def list_users(
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """List users, tokens and bindings."""
    with administration(config, admin, password_fd) as server:
        users = server.users()
    if as_json:
        print_json([as_plain(user) for user in users])
        return
    rows = [
        (
            user.name,
            user.role or "-",
            user.token_label or "-",
            user.policy or "-",
            ", ".join(user.containers) or "-",
            "locked" if user.locked else "",
        )
        for user in users
    ]
    print_table(("name", "role", "token", "policy", "containers", ""), rows)


@app.command()
def modify(
    name: Name,
    add_container: Annotated[str, typer.Option(help="Bind the token to this container, too.")] = "",
    remove_container: Annotated[str, typer.Option(help="Take the token away from this container.")] = "",
    label: Annotated[str, typer.Option(help="The token's new label.")] = "",
    new_password: Annotated[bool, typer.Option("--new-password", help="Change the user's password.")] = False,
    pin_fd: PinFd = None,
    new_pin_fd: Annotated[
        int | None,
        typer.Option("--new-pin-fd", metavar="N", help="Read the new password, one line, from descriptor N."),
    ] = None,
    so_pin_fd: SoPinFd = None,
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Change a user; needs the user's present password, since an administrator alone opens no token."""
    new_password = new_password or new_pin_fd is not None
    if not (add_container or remove_container or label or new_password):
        raise UsageError("nothing to change; give --add-container, --remove-container, --label or --new-password")
    if add_container and (remove_container or label or new_password):
        raise UsageError("--add-container goes alone; change the rest by another call")
    with (
        administration(config, admin, password_fd) as server,
        secret(f"Present password of {name}", pin_fd, "--pin-fd") as pin,
    ):
        if add_container:
            with (
                secret("Password of the security officer", so_pin_fd, "--so-pin-fd") as so_pin,
                working("Making keys …"),
            ):
                changed = server.bind_user(name, add_container, pin, so_pin)
        elif new_password:
            with (
                secret(f"New password of {name}", new_pin_fd, "--new-pin-fd", new=True) as new_pin,
                working("Making keys …"),
            ):
                changed = server.modify_user(name, pin, new_pin=new_pin, remove_container=remove_container, label=label)
        else:
            with working("Checking the password …"):
                changed = server.modify_user(name, pin, remove_container=remove_container, label=label)
    done(f"User {name} changed.", as_plain(changed), as_json=as_json)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ServerConfigPath = None,
    admin: AdminName = ADMINISTRATOR_DEFAULT,
    password_fd: PasswordFd = None,
    as_json: Json = False,
) -> None:
    """Remove a user with the token and every object on it."""
    if not yes:
        typer.confirm(f"Remove {name} with all keys, for good?", abort=True, err=True)
    with administration(config, admin, password_fd) as server:
        server.remove_user(name)
    done(f"User {name} removed.", {"removed": name}, as_json=as_json)
