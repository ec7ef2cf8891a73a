"""Go: crypto11 and miekg/pkcs11, unmodified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.building import PROGRAMS, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Token


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with the modules that go.sum names."""
    made = tmp_path_factory.mktemp("go") / "conformance"
    locked = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    build("go", "build", "-o", made, ".", cwd=PROGRAMS / "go", environment=locked)
    return made


@pytest.mark.program("Go", "go", "version")
def test_go(program: Path, token: Token) -> None:
    """crypto11: RSA, EC, TLS servers, AES, HMAC, judged by Go's own; miekg/pkcs11: the same bytes as Go's ciphers."""
    done = token.run(program, token.module, token.label, token.pin, check=False)
    said = ["crypto11: RSA", "crypto11: EC", "crypto11: secret keys", "miekg/pkcs11"]
    assert (done.returncode, done.stdout.splitlines()) == (0, said), done.stderr
