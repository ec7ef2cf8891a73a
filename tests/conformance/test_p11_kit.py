"""p11-kit, unmodified: `p11-kit server` exports the token over a socket, and programs reach it by p11-kit-client.so.

The server loads the module and forks for each client: every client works with a module that was loaded before the fork.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.behaviour.test_key_pair import as_der
from tests.servers import descendants, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.openssl import Pair
    from tests.servers import Token

pytestmark = pytest.mark.program("p11-kit", "dpkg:p11-kit")

CLIENT: Final = "pkcs11/p11-kit-client.so"  # below /usr/lib/ARCHITECTURE
MESSAGE: Final = b"a message from afar"
CLIENTS: Final = 4


@pytest.fixture
def remote(pair: Pair, tmp_path: Path) -> Iterator[Token]:
    """The token of a pair, as p11-kit's client shows it."""
    server = subprocess.Popen(
        [
            *("p11-kit", "server", "--foreground", "--name", tmp_path / "socket"),
            *("--provider", pair.token.module, f"pkcs11:token={pair.token.label}"),
        ],
        env=os.environ | pair.token.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        # It says so once it listens.
        assert any(line.startswith("P11_KIT_SERVER_PID") for line in server.stdout)
        (client,) = Path("/usr/lib").glob(f"*/{CLIENT}")
        environment = {"P11_KIT_SERVER_ADDRESS": f"unix:path={tmp_path / 'socket'}"}
        yield dataclasses.replace(pair.token, module=client, environment=environment)
    finally:
        with watched(descendants(server.pid)):
            server.terminate()
            server.communicate()


def test_clients_of_a_server_sign(pair: Pair, remote: Token, tmp_path: Path) -> None:
    """Several at once: each finds the key and signs; what RSA encrypts comes back."""
    message = tmp_path / "message"
    # p11-kit 0.24 knows no CKM_ECDSA_SHA256, and says CKR_MECHANISM_INVALID itself.
    public = load_der_public_key(pair.public.read_bytes())
    hashes_itself = isinstance(public, rsa.RSAPublicKey)
    mechanism = "SHA256-RSA-PKCS" if hashes_itself else "ECDSA"
    message.write_bytes(MESSAGE if hashes_itself else hashlib.sha256(MESSAGE).digest())

    def sign(number: int) -> bytes:
        output = tmp_path / f"signature-{number}"
        sign = ["--sign", "--mechanism", mechanism, "--id", pair.id]
        remote.pkcs11_tool(*sign, "--input-file", message, "--output-file", output)
        return output.read_bytes()

    with ThreadPoolExecutor(CLIENTS) as clients:
        signatures = list(clients.map(sign, range(CLIENTS)))
    for signature in signatures:
        match public:
            case rsa.RSAPublicKey():
                public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePublicKey():
                public.verify(as_der(signature), MESSAGE, ec.ECDSA(hashes.SHA256()))
            case _:
                raise TypeError(public)
    if isinstance(public, rsa.RSAPublicKey):
        message.write_bytes(public.encrypt(MESSAGE, padding.PKCS1v15()))
        opened = tmp_path / "opened"
        decrypt = ["--decrypt", "--mechanism", "RSA-PKCS", "--id", pair.id]
        remote.pkcs11_tool(*decrypt, "--input-file", message, "--output-file", opened)
        assert opened.read_bytes() == MESSAGE


def test_keys_come_and_go_from_afar(pair: Pair, remote: Token) -> None:
    """What a client generates is on the token, and gone when the client has deleted it."""
    remote.pkcs11_tool("--keypairgen", "--key-type", "EC:secp384r1", "--label", "from-afar", "--id", "afa4")
    try:
        assert pair.token.pkcs11_tool("--list-objects").count("from-afar") == 2
    finally:
        for half in ("privkey", "pubkey"):
            remote.pkcs11_tool("--delete-object", "--type", half, "--id", "afa4")
    assert "from-afar" not in pair.token.pkcs11_tool("--list-objects")
