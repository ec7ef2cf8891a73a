"""A full disk: writes are refused, everything else goes on, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import ROOT, WAIT_S, environment

if TYPE_CHECKING:
    from pathlib import Path


def test_a_full_disk_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    """On a small file system in a mount namespace of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    unshare = ["unshare", *as_root, "--mount", "--propagation", "private"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("not offered: no mount namespace here")
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [*unshare, sys.executable, "-m", "tests.faults.full_disk", str(folder)],
        env=environment() | {"PYTHONPATH": paths},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
