"""Apache httpd with its TLS key in the token, by mod_ssl and OpenSSL's engine_pkcs11, unmodified.

The parent process reads its configuration twice and loads the key each time; the workers that it forks sign.
"""

from __future__ import annotations

import os
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from tests.servers import await_said, free_port, serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.conformance.openssl import OpenSsl

pytestmark = pytest.mark.program("Apache httpd", "apache2", "-v")

WORKERS: Final = 2
HANDSHAKES: Final = 20
READY: Final = "resuming normal operations"
CONFIGURATION: Final = """
ServerRoot {directory}
ServerName localhost
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
ErrorLog /dev/stderr
LogLevel notice
{modules}
StartServers {workers}
ServerLimit {workers}
ThreadsPerChild 8
MaxRequestWorkers 16
MinSpareThreads 16
MaxSpareThreads 16
Listen 127.0.0.1:{port}
DocumentRoot {directory}/served
DirectoryIndex index.txt
SSLCryptoDevice pkcs11
SSLSessionCache none
SSLEngine on
SSLProtocol +TLSv1.2 +TLSv1.3
SSLSessionTickets off
SSLCertificateFile {certificate}
SSLCertificateKeyFile "{key}"
"""
MODULES: Final = ("mpm_event", "authz_core", "dir", "ssl")
# httpd asks root to name another user, who might not reach the server's socket: to itself it is none here.
AS_NOBODY: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@contextmanager
def apache(openssl: OpenSsl) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run the server; its port and its parent process."""
    port = free_port()
    (openssl.directory / "served").mkdir()
    (openssl.directory / "served" / "index.txt").write_text("served\n")
    configuration = openssl.directory / "apache.conf"
    configuration.write_text(
        CONFIGURATION.format(
            directory=openssl.directory,
            modules="\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES),
            workers=WORKERS,
            port=port,
            certificate=openssl.certificate,
            key=openssl.pair.private_uri,
        )
    )
    environment = openssl.environment | {"OPENSSL_CONF": str(openssl.configure("apache.cnf", initialise=True))}
    command = [*(AS_NOBODY if os.geteuid() == 0 else ()), "apache2", "-D", "FOREGROUND", "-f", configuration]
    with serving(command, environment, READY) as process:
        yield port, process


def test_workers_sign_handshakes(openssl: OpenSsl) -> None:
    """TLS 1.2 and 1.3, many at once; again after a graceful restart, by workers forked from a parent that served."""
    versions = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3] * HANDSHAKES
    with apache(openssl) as (port, process), ThreadPoolExecutor(WORKERS * 2) as clients:
        assert set(clients.map(lambda version: openssl.shake_hands(port, version), versions)) == {"served"}
        process.send_signal(signal.SIGUSR1)
        await_said(process, READY)
        assert set(clients.map(lambda version: openssl.shake_hands(port, version), versions)) == {"served"}
