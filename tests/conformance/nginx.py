"""nginx with a TLS key that OpenSSL's engine_pkcs11 finds in a token."""

from __future__ import annotations

import os
import pwd
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.servers import free_port, serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.openssl import OpenSsl

WORKERS: Final = 2
CONFIGURATION: Final = """
user {user};
daemon off;
pid {directory}/nginx.pid;
error_log stderr notice;
worker_processes {workers};
{environment}
events {{ worker_connections 64; }}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{port} ssl reuseport;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {certificate};
        ssl_certificate_key "engine:pkcs11:{key}";
        ssl_session_cache off;
        ssl_session_tickets off;
        location / {{ return 200 "worker $pid\\n"; }}
    }}
}}
"""
TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def nginx(openssl: OpenSsl) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run the server; its port and its master process."""
    port = free_port()
    configuration = openssl.directory / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            user=pwd.getpwuid(os.getuid()).pw_name,
            directory=openssl.directory,
            workers=WORKERS,
            environment="\n".join(f"env {name};" for name in openssl.environment),
            temporary="\n".join(f"{name}_temp_path {openssl.directory}/{name};" for name in TEMPORARY),
            port=port,
            certificate=openssl.certificate,
            key=openssl.pair.private_uri,
        )
    )
    environment = openssl.environment | {"OPENSSL_CONF": str(openssl.configure("nginx.cnf", initialise=True))}
    command: list[str | Path] = ["nginx", "-c", configuration, "-p", openssl.directory]
    with serving(command, environment, "start worker process ", WORKERS) as process:
        yield port, process
