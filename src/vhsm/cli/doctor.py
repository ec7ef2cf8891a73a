"""`vhsm doctor`: what stands between a program and its token, each with what to do about it."""

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from vhsm.cli.module import count_slots
from vhsm.cli.options import ClientConfigPath, Json, UsageError
from vhsm.cli.output import print_json, stdout
from vhsm.cli.token import described
from vhsm.client import Client, connect, connect_admin
from vhsm.config import ClientConfig, ConfigError, ServerConfig, load_client_config, load_server_config
from vhsm.errors import Refusal
from vhsm.service.binaries import module_path

GOOD: Final = "good"
WARNING: Final = "warning"
FAULT: Final = "fault"
STYLES: Final = {GOOD: "green", WARNING: "yellow", FAULT: "bold red"}
EXIT_FAULT: Final = 1
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: str
    what: str
    remedy: str = ""


def doctor(
    config: ClientConfigPath = None,
    server_config: Annotated[
        Path | None,
        typer.Option(help="The server's configuration, where one stands here [else as `vhsm serve` finds it]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for what stands between a program and its token; exit status 1 if anything does. Changes nothing."""
    found = [*of_client(config), *of_server(server_config)]
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            stdout.print(f"{finding.state:8}", style=STYLES[finding.state], end="")
            stdout.print(finding.what + (f": {finding.remedy}" if finding.remedy else ""), markup=False, soft_wrap=True)
    if any(finding.state == FAULT for finding in found):
        raise typer.Exit(EXIT_FAULT)


# ---- a container's side --------------------------------------------------------------------------


def of_client(path: Path | None) -> Iterator[Finding]:
    """Look at configuration, socket, server, tokens and module, as far as one lets the next be seen."""
    try:
        config = load_client_config(path)
    except ConfigError as error:
        yield Finding(FAULT, "client configuration", str(error))
        return
    yield Finding(GOOD, f"client configuration: socket {config.socket}")
    unreachable = socket_fault(config)
    if unreachable:
        yield unreachable
        return
    try:
        with connect(config=config, name="vhsm doctor") as client:
            yield Finding(GOOD, "the server answers")
            yield from of_tokens(client)
    except Refusal as refusal:
        yield Finding(FAULT, "the server", str(refusal))
        return
    yield of_module()


def socket_fault(config: ClientConfig) -> Finding | None:
    """Say why nobody could connect to the socket."""
    try:
        mode = config.socket.stat().st_mode
    except OSError as error:
        remedy = (
            f"{error.strerror}; mount the container's directory of the server there, or name another by VHSM_SOCKET"
        )
        return Finding(FAULT, f"socket {config.socket}", remedy)
    if not stat.S_ISSOCK(mode):
        return Finding(FAULT, f"socket {config.socket}", "it is no socket; mount the directory, not the file in it")
    if not os.access(config.socket, os.W_OK):
        return Finding(FAULT, f"socket {config.socket}", "this user may not write to it")
    return None


def of_tokens(client: Client) -> Iterator[Finding]:
    """Look at the state of each token."""
    slots = client.slots()
    if not slots:
        yield Finding(FAULT, "no token is bound to this container", "an administrator adds one by `vhsm user add`")
    for slot in slots:
        token = described(client, slot)
        name, state = f"token {token['token']} ({token['policy']})", token["state"]
        if isinstance(state, list) and state:
            yield Finding(WARNING, name, "; ".join(map(str, state)))
        else:
            yield Finding(GOOD, name)


def of_module() -> Finding:
    """Load the PKCS#11 module in this process."""
    try:
        path = module_path()
    except ConfigError as error:
        return Finding(WARNING, "PKCS#11 module", str(error))
    try:
        return Finding(GOOD, f"PKCS#11 module {path}: {count_slots(path)} slots")
    except UsageError as error:
        return Finding(FAULT, f"PKCS#11 module {path}", str(error))


# ---- the server's side ---------------------------------------------------------------------------


def of_server(path: Path | None) -> Iterator[Finding]:
    """Look at a server that stands here: its files, and what it says of itself."""
    try:
        config = load_server_config(path)
    except ConfigError as error:
        yield Finding(FAULT, "server configuration", str(error))
        return
    if config.source is None and not config.data_dir.exists():
        return
    yield from of_files(config)
    if not config.admin_socket.exists():
        yield Finding(
            WARNING, f"administrators' socket {config.admin_socket}", "not there; start the server by `vhsm serve`"
        )
        return
    try:
        with connect_admin(config.admin_socket, name="vhsm doctor") as admin:
            status = admin.status()
    except Refusal as refusal:
        yield Finding(FAULT, "administrators' socket", str(refusal))
        return
    yield Finding(GOOD, f"server {status.version}: {status.memory}, {status.sessions} sessions")
    for warning in status.warnings:
        yield Finding(WARNING, "the server", warning)


def of_files(config: ServerConfig) -> Iterator[Finding]:
    """Look at seal and database: there, closed to others, and apart."""
    for what, path in (("machine seal", config.seal_file), ("data directory", config.data_dir)):
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Finding(
                FAULT, f"{what} {path}", f"{error.strerror}; `vhsm init` makes it, once; a lost one is restored"
            )
            continue
        if mode & OTHERS:
            yield Finding(
                FAULT,
                f"{what} {path}",
                f"others than its owner reach it; chmod {'600' if path.is_file() else '700'} it",
            )
        else:
            yield Finding(GOOD, f"{what} {path}")
    if config.seal_file.is_relative_to(config.data_dir):
        yield Finding(
            WARNING, "seal and database lie together", "a thief of one has both; keep seal_file outside data_dir"
        )
