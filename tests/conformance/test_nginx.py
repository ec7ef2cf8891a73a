"""nginx with its TLS key in the token, by OpenSSL's engine_pkcs11, unmodified.

The master process loads the key and forks: the workers, which sign the handshakes, use a module that was initialised
before they were there.
"""

from __future__ import annotations

import os
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from tests.conformance.nginx import WORKERS, nginx
from tests.servers import descendants

if TYPE_CHECKING:
    from tests.conformance.openssl import OpenSsl

pytestmark = pytest.mark.program("nginx", "nginx", "-v")

HANDSHAKES: Final = 40


def test_workers_sign_handshakes(openssl: OpenSsl) -> None:
    """TLS 1.2 and 1.3; many at once; every worker signs, and a worker that takes a killed one's place signs, too."""
    versions = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3] * HANDSHAKES
    with nginx(openssl) as (port, process), ThreadPoolExecutor(WORKERS * 2) as clients:
        first = set(clients.map(lambda version: openssl.shake_hands(port, version), versions))
        workers = {f"worker {pid}" for pid in descendants(process.pid) - {process.pid}}
        assert first == workers
        assert len(workers) == WORKERS
        for worker in descendants(process.pid) - {process.pid}:
            os.kill(worker, signal.SIGKILL)
        after = set(clients.map(lambda version: openssl.shake_hands(port, version), versions))
        assert after.isdisjoint(first)
