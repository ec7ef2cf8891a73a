"""A program in C, written for any token, does its ordinary work."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.servers import Token

PROGRAMS: Final = Path(__file__).with_name("programs")


@pytest.fixture
def ordinary(token: Token, tmp_path: Path) -> Path:
    """The program in C."""
    program = tmp_path / "ordinary"
    token.run("cc", "-Wall", "-Werror", "-I/usr/include/p11-kit-1", "-o", program, PROGRAMS / "ordinary.c", "-ldl")
    return program


@pytest.mark.program("a program in C", "cc", "--version")
def test_a_c_program(token: Token, ordinary: Path) -> None:
    """Load, find, log in, generate, sign and verify in parts, destroy, unload."""
    done = token.run(ordinary, token.module, token.label, token.pin, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.program("OpenSC pkcs11-spy", "dpkg:opensc-pkcs11")
def test_the_spy_between(token: Token, ordinary: Path, tmp_path: Path) -> None:
    """The program does the same through pkcs11-spy, which writes down every call."""
    log = tmp_path / "log"
    seen = {"PKCS11SPY": str(token.module), "PKCS11SPY_OUTPUT": str(log)}
    spied = dataclasses.replace(token, environment=token.environment | seen)
    (spy,) = Path("/usr/lib").glob("*-linux-gnu/pkcs11-spy.so")
    done = spied.run(ordinary, spy, token.label, token.pin, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    written = log.read_text(errors="replace")
    for call in ("C_Initialize", "C_Login", "C_SignUpdate", "C_Verify", "C_DestroyObject", "C_Finalize"):
        assert f": {call}\n" in written
