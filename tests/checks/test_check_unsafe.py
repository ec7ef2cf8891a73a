"""Unsafe Rust is found where it may not stand, and stands nowhere else."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tools.check_unsafe import MAY_BE_UNSAFE, ROOT, check, may_be_unsafe, unsafe_lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("fn f() {\n    unsafe { g() }\n}", [2]),
        ('pub unsafe extern "C" fn f() {}', [1]),
        ("#[unsafe(no_mangle)]\nfn f() {}", [1]),
        ("#![allow(unsafe_code)]", [1]),
        ("let c = '\"'; unsafe { g() }", [1]),
        ("fn f<'a>(x: &'a str) { unsafe { g(x) } }", [1]),
        ("// unsafe\n/* unsafe\n unsafe */ /// unsafe", []),
        ('let s = "unsafe \\" unsafe"; let r = r#"unsafe " unsafe"#;', []),
        ("fn unsafely() {}", []),
    ],
)
def test_unsafe_code_is_told_from_talk_of_it(source: str, lines: list[int]) -> None:
    """Code counts; comments, strings and longer words do not."""
    assert unsafe_lines(source) == lines


def test_a_file_not_named_for_it_is_found(tmp_path: Path) -> None:
    """The check fails on a tree with unsafe code in the wrong place."""
    path = tmp_path / "crates/wire/src/frame.rs"
    path.parent.mkdir(parents=True)
    path.write_text("fn f() { unsafe { g() } }")
    assert check(tmp_path) == ["crates/wire/src/frame.rs:1: unsafe code in a file not named for it"]


def test_a_name_covers_the_file_and_the_folder_below_it() -> None:
    """`memory` stands for memory.rs and for memory/, and for nothing whose name begins alike."""
    assert may_be_unsafe(PurePosixPath("crates/engine/src/memory/arena.rs"))
    assert may_be_unsafe(PurePosixPath("crates/pkcs11/src/ffi.rs"))
    assert not may_be_unsafe(PurePosixPath("crates/engine/src/memory_map.rs"))


def test_the_tree_obeys() -> None:
    """No file of the workspace has unsafe code that is not named for it."""
    assert check(ROOT) == []


def test_no_name_is_left_over() -> None:
    """Every entry of the list exists, so that the list never allows more than it must."""
    for name in MAY_BE_UNSAFE:
        assert (ROOT / name).exists() or (ROOT / f"{name}.rs").exists(), name
