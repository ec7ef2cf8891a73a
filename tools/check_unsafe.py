"""Keep `unsafe` Rust in the few files that are named for it.

The compiler denies unsafe code by default, but any file may lift that for itself; this list says which may. Comments
and strings do not count.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SEARCHED: Final = ("crates", "bench", "fuzz", "tools")

# Files, and folders with all below them, each with why it cannot do without.
MAY_BE_UNSAFE: Final[dict[str, str]] = {
    "crates/engine/src/memory": "maps secret memory, and is the allocator of aws-lc",
    "crates/engine/src/mechanism/aws_lc": "calls aws-lc",
    "crates/engine/src/gate/kernel.rs": "asks the kernel who calls",
    "crates/engine/src/sandbox.rs": "calls the kernel where no crate does",
    "crates/pkcs11/src/ffi": "is called from C",
    "crates/pkcs11/tests": "calls the module as C programs do; never shipped",
    "fuzz/src/calls": "calls the module as C programs do; never shipped",
    "fuzz/src/lib.rs": "lets it",
    "bench/driver": "calls PKCS#11 modules; never shipped",
}

TOKENS: Final = re.compile(
    r"""
    //[^\n]* | /\*.*?\*/                      # comments
    | r(?P<hashes>\#*)".*?"(?P=hashes)        # raw strings
    | "(?:\\.|[^"\\])*"                       # strings
    | '(?:\\.|[^'\\])'                        # characters, not lifetimes
    | (?P<word>\bunsafe(?:_code)?\b)
    """,
    re.VERBOSE | re.DOTALL,
)


def unsafe_lines(source: str) -> list[int]:
    """Number the lines that say `unsafe`, or lift the lint, in code."""
    return [source.count("\n", 0, match.start()) + 1 for match in TOKENS.finditer(source) if match["word"]]


def may_be_unsafe(path: PurePosixPath) -> bool:
    """Say whether a file is named, or lies in a folder that is."""
    names = {str(path), str(path.with_suffix("")), *map(str, path.parents)}
    return not names.isdisjoint(MAY_BE_UNSAFE)


def check(root: Path) -> list[str]:
    """Name every line of unsafe code that stands where none may."""
    found = []
    for folder in SEARCHED:
        for path in sorted((root / folder).glob("**/*.rs")):
            relative = PurePosixPath(path.relative_to(root).as_posix())
            if "target" not in relative.parts and not may_be_unsafe(relative):
                found += [
                    f"{relative}:{line}: unsafe code in a file not named for it"
                    for line in unsafe_lines(path.read_text())
                ]
    return found


def main() -> int:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the checkout")
    found = check(parser.parse_args().root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
