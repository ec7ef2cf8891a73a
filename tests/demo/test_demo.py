"""The demo is a test: all that it shows must hold."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from demo.containers import PROJECT


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_demo_holds() -> None:
    """Real programs in real containers get the published results, and the attackers nothing."""
    run = subprocess.run([sys.executable, "-m", "demo"], check=False, capture_output=True, text=True, cwd=PROJECT)
    assert run.returncode == 0, run.stdout + run.stderr
