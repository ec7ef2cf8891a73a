"""TLS handshakes of nginx with its key in vhsm, beside the same server with its key in SoftHSM2.

`python -m bench.handshakes`: `openssl s_time` connects anew again and again, several of it at once; the servers take
turns. The goal is GOAL of SoftHSM2's handshakes a second, whose signatures are made in nginx itself.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from tests.conformance.nginx import nginx
from tests.conformance.openssl import OpenSsl, key_pair
from tests.servers import dev_server, softhsm2

if TYPE_CHECKING:
    from tests.servers import Token

GOAL: Final = 0.8
KINDS: Final = ("rsa:2048", "EC:prime256v1")
VERSIONS: Final = ("-tls1_2", "-tls1_3")
ROUNDS: Final = 5
CLIENTS: Final = 4
SECONDS: Final = 3
COUNTED: Final = re.compile(r"(\d+) connections in (\d+) real seconds")


def handshakes(port: int, version: str) -> float:
    """Count a server's handshakes a second."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(SECONDS), version]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    rate = 0.0
    for client in clients:
        said = client.communicate()[0]
        counted = COUNTED.search(said)
        if counted is None:
            raise RuntimeError(said)
        rate += int(counted[1]) / int(counted[2])
    return rate


def serve(stack: ExitStack, token: Token, kind: str, home: Path) -> int:
    """Start nginx with a new key of the token; its port."""
    home.mkdir()
    openssl = OpenSsl(stack.enter_context(key_pair(token, kind, home)), home)
    openssl.make_certificate()
    return stack.enter_context(nginx(openssl))[0]


def main() -> int:
    """Measure, print a table, and return 1 where the goal is missed."""
    table = Table("key", "TLS", "vhsm /s", "SoftHSM2 /s", "ratio", f"goal {GOAL}")
    missed = 0
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vhsm-handshakes-")))
        ours = stack.enter_context(dev_server(home / "server", "--policy", "standard")).token
        reference = softhsm2(home)
        for kind in KINDS:
            name = kind.partition(":")[0]
            with ExitStack() as servers:
                ports = [serve(servers, token, kind, home / f"{name}-{token.label}") for token in (ours, reference)]
                for version in VERSIONS:
                    rates = [[handshakes(port, version) for port in ports] for _ in range(ROUNDS)]
                    medians = [statistics.median(column) for column in zip(*rates, strict=True)]
                    ratio = medians[0] / medians[1]
                    missed += ratio < GOAL
                    verdict = "reached" if ratio >= GOAL else "[red]missed[/]"
                    row = name, version[1:], *(f"{median:,.0f}" for median in medians), f"{ratio:.2f}", verdict
                    table.add_row(*row)
    Console().print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
