"""A process made weak on purpose: what every scan must find, or the scan proves nothing.

It reads secrets (hexadecimal, a line each, then an empty line) from standard input and keeps them in ordinary memory
and in a memory file whose descriptor it leaves open; says "ready", and waits until standard input ends.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys

SYS_MEMFD_SECRET = 447


def memory_file() -> int:
    """Make a memory file that only a mapping shows, if the kernel can, and leave it open."""
    descriptor: int = ctypes.CDLL(None).syscall(SYS_MEMFD_SECRET, 0)
    return descriptor if descriptor >= 0 else os.memfd_create("careless")


def main() -> int:
    """Keep secrets carelessly."""
    secret = b"".join(bytes.fromhex(line) for line in iter(sys.stdin.readline, "\n"))
    descriptor = memory_file()
    os.ftruncate(descriptor, len(secret))
    mmap.mmap(descriptor, len(secret))[:] = secret
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    return len(secret) == 0


if __name__ == "__main__":
    sys.exit(main())
