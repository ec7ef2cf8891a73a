"""Programs in C and Java, written for any token, do their ordinary work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.servers import Token

PROGRAMS: Final = Path(__file__).with_name("programs")


def test_a_c_program(token: Token, tmp_path: Path) -> None:
    """Load, find, log in, generate, sign and verify in parts, destroy, unload."""
    program = tmp_path / "ordinary"
    token.run("cc", "-Wall", "-Werror", "-I/usr/include/p11-kit-1", "-o", program, PROGRAMS / "ordinary.c", "-ldl")
    done = token.run(program, token.module, token.label, token.pin, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_java(token: Token) -> None:
    """SunPKCS11: key store, Mac with session and token keys, AES-GCM as Java's own makes it, random numbers."""
    done = token.run("java", PROGRAMS / "Ordinary.java", token.module, token.pin, check=False)
    assert (done.returncode, done.stdout) == (0, "mac\ncipher\n"), done.stderr
