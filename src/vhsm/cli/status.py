"""`vhsm status`: how the server does, and what it cannot promise."""

from rich.panel import Panel
from rich.text import Text

from vhsm.cli.options import Json, ServerConfigPath
from vhsm.cli.output import as_plain, print_facts, print_json, stdout
from vhsm.client import connect_admin
from vhsm.config import load_server_config

MEBIBYTE = 1024 * 1024


def status(config: ServerConfigPath = None, as_json: Json = False) -> None:
    """Show how the server does; warnings say what this machine cannot offer."""
    with connect_admin(load_server_config(config).admin_socket, name="vhsm status") as admin:
        now = admin.status()
    if as_json:
        print_json(as_plain(now))
        return
    print_facts(
        {
            "version": now.version,
            "up": f"{now.uptime_s} s",
            "kernel": now.kernel,
            "secret memory": f"{now.memory}, {now.secret_bytes_used / MEBIBYTE:.1f} of "
            f"{now.secret_bytes_total / MEBIBYTE:.1f} MiB used",
            "containers": str(now.containers),
            "users, tokens, objects": f"{now.users}, {now.tokens}, {now.objects}",
            "applications": f"{now.applications} with {now.connections} connections and {now.sessions} sessions",
            "cached keys, grants": f"{now.cached_keys}, {now.grants}",
            "workers": f"{now.quick_workers} quick, {now.slow_workers} slow",
        }
    )
    if now.warnings:
        lines = Text("\n".join(f"! {warning}" for warning in now.warnings))
        stdout.print(Panel(lines, title="WARNINGS", border_style="bold red", style="red"))
    else:
        stdout.print("No warnings.", style="green")
