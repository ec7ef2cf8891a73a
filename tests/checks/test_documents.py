"""The documents speak of what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Paths from the root of the checkout, as the documents write them.
PATH = re.compile(r"`((?:crates|src|spec|tools|tests|docs|demo|bench|fuzz)/[\w./-]*)`")
LINK = re.compile(r"\]\(((?!https?://|#)[^)#]+)")
TARGET = re.compile(r"`make ([a-z-]+)`|^make ([a-z-]+)", re.MULTILINE)


def named(text: str) -> set[str]:
    """Collect the paths that a text names."""
    return set(PATH.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_leads_somewhere(document: Path) -> None:
    """A file that is renamed is renamed in the documents."""
    text = document.read_text()
    missing = {path for path in named(text) if not (ROOT / path).exists()}
    missing |= {link for link in LINK.findall(text) if not (document.parent / link).exists()}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_exists(document: Path) -> None:
    """What a reader is told to run is there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {name for pair in TARGET.findall(document.read_text()) for name in pair if name} <= targets


def test_every_invariant_names_its_tests() -> None:
    """Each row of the table in ARCHITECTURE.md has a number and at least one test."""
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 9))
    for _, invariant, guards in rows:
        assert named(guards), invariant


def test_a_missing_path_would_be_found() -> None:
    """The control: the pattern sees paths of every folder."""
    assert named("see `src/vhsm/nowhere.py` and `crates/engine/src/memory/`") == {
        "src/vhsm/nowhere.py",
        "crates/engine/src/memory/",
    }
