"""Node: graphene-pk11 and pkcs11js, unmodified."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.conformance.building import PROGRAMS, build, need

if TYPE_CHECKING:
    from tests.servers import Token

HEADERS: Final = Path("/usr/include/node/node_api.h")
FILES: Final = ("package.json", "package-lock.json", "ordinary.js")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with the packages that package-lock.json names; pkcs11js is compiled."""
    need("node", "which Debian's packages bring with hundreds of others")
    need("npm", "which Debian's packages bring with hundreds of others")
    if not HEADERS.exists():
        pytest.skip(f"not offered: pkcs11js is compiled, and {HEADERS} is not there")
    directory = tmp_path_factory.mktemp("node")
    for name in FILES:
        shutil.copy(PROGRAMS / "node" / name, directory)
    build("npm", "ci", "--no-audit", "--no-fund", cwd=directory, environment={"npm_config_nodedir": "/usr"})
    return directory / "ordinary.js"


@pytest.mark.program("Node", "node", "--version")
def test_node(program: Path, token: Token) -> None:
    """graphene: RSA, EC, AES, HMAC, objects, judged by Node's crypto; pkcs11js: refusals, and AES as Node's."""
    done = token.run("node", program, token.module, token.label, token.pin, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["graphene", "pkcs11js"]), done.stderr
