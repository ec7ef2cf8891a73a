"""Programs that are built from locked packages of their language's registry before they meet the token."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMS: Final = Path(__file__).with_name("programs")
CHECKOUT: Final = Path(__file__).parents[2]
BUILD_TIMEOUT_S: Final = 280  # crypto/tls of Go, built from nothing on two busy cores, takes one minute


def build(*command: str | Path, cwd: Path, environment: Mapping[str, str]) -> None:
    """Run a build, which may fetch locked packages."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout
