"""The attacker's program, run as root of its own container: every way into the memory of processes that it can name.

It reads the victims' process ids and the secrets that it would know again from standard input, as JSON; first attacks
a careless process of its own container, as the control; and prints what each attempt found.
"""

from __future__ import annotations

import json
import subprocess
import sys

from demo.memory import Way, scan


def main() -> int:
    """Attack."""
    asked = json.load(sys.stdin)
    secrets = [bytes.fromhex(secret) for secret in asked["secrets"]]
    command = [sys.executable, "-m", "demo.weak"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as weak:
        if weak.stdin is None or weak.stdout is None:
            return 1
        weak.stdin.write(f"{secrets[0].hex()}\n\n")
        weak.stdin.flush()
        weak.stdout.readline()
        pids = [weak.pid, *asked["victims"]]
        findings = {way: [scan(way, pid, secrets).json() for pid in pids] for way in Way}
        weak.kill()
    sys.stdout.write(json.dumps(findings) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
