"""Write every generated file from spec/, or check that none has drifted.

spec/ is what more than one language must agree on. This is the one generator: messages by prost and protoc,
tables and limits from the TOML files. `--check` writes to a scratch directory and compares; where rustfmt is not
installed (Debian packages it apart from the compiler), it compares Rust files by everything but their layout.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SPEC: Final = ROOT / "spec"
RUST: Final = Path("crates/wire/src/generated")
PYTHON: Final = Path("src/vhsm/wire")
PAGES: Final = Path("docs")
BANNER: Final = "Generated from spec/ by tools/generate.py; do not edit."
RUSTFMT: Final = shutil.which("rustfmt")
# Tags of DER.
OBJECT_IDENTIFIER: Final = 0x06
PRINTABLE_STRING: Final = 0x13

Row = dict[str, Any]


def load(path: str) -> Row:
    """Parse one file of spec/."""
    with (SPEC / path).open("rb") as file:
        return tomllib.load(file)


# ---- messages ---------------------------------------------------------------------------------


def rust_messages(out: Path) -> None:
    """Run prost over spec/wire (tools/messages)."""
    target = out / RUST
    command = ["cargo", "run", "--quiet", "--release", "--locked", "--package", "messages", "--", str(target)]
    subprocess.run(command, cwd=ROOT, check=True)
    format_rust(target / "messages.rs")


def python_messages(out: Path) -> None:
    """Run protoc over spec/wire, and make its imports relative to the package."""
    target = out / PYTHON
    protos = sorted((SPEC / "wire").glob("*.proto"))
    plugin = Path(sys.executable).with_name("protoc-gen-mypy")
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", f"-I{SPEC / 'wire'}"),
            *(f"--plugin=protoc-gen-mypy={plugin}", f"--python_out={target}", f"--mypy_out=quiet:{target}"),
            *map(str, protos),
        ],
        check=True,
    )
    names = "|".join(proto.stem for proto in protos)
    for path in sorted([*target.glob("*_pb2.py"), *target.glob("*_pb2.pyi")]):
        text = re.sub(rf"^import (({names})_pb2)\b", r"from vhsm.wire import \1", path.read_text(), flags=re.MULTILINE)
        path.write_text(text)


# ---- tables -----------------------------------------------------------------------------------


def constants() -> dict[str, int]:
    """Name every CKM_ and CKA_ value of the tables."""
    rows = mechanisms() + load("pkcs11/attributes.toml")["attribute"]
    return {row["name"]: row["value"] for row in rows}


def mechanisms() -> list[Row]:
    """Load the rows of mechanisms.toml, each with its key types spelled out."""
    table = load("pkcs11/mechanisms.toml")
    groups = table["key_types"]
    return [row | {"key_types": key_types(groups, row), "key_group": group_of(row)} for row in table["mechanism"]]


def group_of(row: Row) -> str:
    """Name the group of key types that a row refers to; empty for one that lists them."""
    return row["key_types"] if isinstance(row["key_types"], str) else ""


def key_types(groups: Row, row: Row) -> list[str]:
    """List a row's key types."""
    group = group_of(row)
    return list(groups[group] if group else row["key_types"])


def key_size(row: Row) -> tuple[int, int]:
    """Give the least and greatest size of a mechanism's keys, in the unit of their type."""
    least, greatest = row.get("key_bytes") or row.get("key_bits") or (0, 0)
    return least, greatest


def curves() -> list[Row]:
    """Load the rows of curves.toml, each with the content of its OBJECT IDENTIFIER."""
    return [row | {"oid_content": oid_content(row["oid"])} for row in load("pkcs11/curves.toml")["curve"]]


def oid_content(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER, without tag and length (X.690, 8.19)."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        content += bytes(reversed(digits))
    return bytes(content)


def der(tag: int, content: bytes) -> bytes:
    """Encode an element with less than 128 bytes of content."""
    return bytes([tag, len(content)]) + content


def limits() -> list[tuple[str, str, int]]:
    """Flatten limits.toml to (section, name, value)."""
    return [(section, name, value) for section, rows in load("limits.toml").items() for name, value in rows.items()]


def rust_tables(out: Path) -> None:
    """Write limits.rs and tables.rs."""
    lines = [f"//! {BANNER}", ""]
    for section, name, value in limits():
        lines += [f"/// `[{section}] {name}`", f"pub const {section.upper()}_{name.upper()}: u64 = {value:_};"]
    write_rust(out / RUST / "limits.rs", lines)

    lines = [f"//! {BANNER}", "", "use crate::table::*;", ""]
    for name, value in constants().items():
        lines += [f"/// {name}", f"pub const {name}: u64 = {value:#x};"]
    lines += ["", "/// spec/pkcs11/mechanisms.toml, sorted by value.", "pub const MECHANISMS: &[MechanismRow] = &["]
    for row in sorted(mechanisms(), key=lambda row: row["value"]):
        lines += [
            "MechanismRow {",
            f'name: "{row["name"]}", value: {row["name"]},',
            f"operations: &[{', '.join('Operation::' + camel(name) for name in row['operations'])}],",
            f"key_types: &[{', '.join(row['key_types'])}],",
            f"key_size: {key_size(row)},",
            f"hash: {'Some(' + row['hash'] + ')' if 'hash' in row else 'None'},",
            f"output: {row.get('output', 0)}, parameters: Parameters::{camel(row['parameters'])},",
            f"policy: PolicyClass::{camel(row['policy'])},",
            f"operation_policy: &[{', '.join(operation_policies(row))}],",
            "},",
        ]
    lines += [
        "];",
        "",
        "/// spec/pkcs11/attributes.toml, sorted by value.",
        "pub const ATTRIBUTES: &[AttributeRow] = &[",
    ]
    for row in sorted(load("pkcs11/attributes.toml")["attribute"], key=lambda row: row["value"]):
        lines += [
            "AttributeRow {",
            f'name: "{row["name"]}", value: {row["name"]}, kind: AttributeKind::{camel(row["kind"])},',
            f"classes: &[{', '.join('CKO_' + name.upper() for name in row['classes'])}],",
            f"set_by: SetBy::{camel(row['set_by'])}, change: Change::{camel(row['change'])},",
            f"key_types: &[{', '.join(row.get('key_types', []))}],",
            f"public_key_types: &[{', '.join(row.get('public_key_types', row.get('key_types', [])))}],",
            f"required: &[{', '.join('Making::' + camel(name) for name in row.get('required', []))}],",
            f"secret: {str(row.get('secret', False)).lower()},",
            "},",
        ]
    lines += ["];", ""]
    for row in curves():
        lines += [
            f"/// {row['name']} ({row['source']})",
            f"pub const CURVE_{row['name'].upper()}: CurveRow = CurveRow {{",
            f'name: "{row["name"]}", key_type: {row["key_type"]},',
            f"oid: &[{', '.join(f'{byte:#04x}' for byte in row['oid_content'])}],",
            f"printed: {str(row.get('printed', False)).lower()}, bits: {row['bits']},",
            f"policy: PolicyClass::{camel(row['policy'])},",
            "};",
        ]
    names = ", ".join(f"CURVE_{row['name'].upper()}" for row in curves())
    lines += ["", "/// spec/pkcs11/curves.toml.", f"pub const CURVES: &[CurveRow] = &[{names}];"]
    write_rust(out / RUST / "tables.rs", lines)


def operation_policies(row: Row) -> list[str]:
    """Spell the classes of single operations for Rust."""
    own = row.get("operation_policy", {})
    return [f"(Operation::{camel(name)}, PolicyClass::{camel(policy)})" for name, policy in own.items()]


def write_rust(path: Path, lines: list[str]) -> None:
    """Write a formatted Rust file."""
    path.write_text("\n".join(lines) + "\n")
    format_rust(path)


def format_rust(path: Path) -> None:
    """Format one Rust file as `cargo fmt` would, if rustfmt is there."""
    if RUSTFMT is None:
        return
    subprocess.run([RUSTFMT, "--edition", "2024", "--config-path", ROOT, path], check=True)


def python_tables(out: Path) -> None:
    """Write limits.py and tables.py."""
    lines = [
        f'"""Limits: one constant for each row of spec/limits.toml. {BANNER}"""',
        "",
        "from typing import Final",
        "",
    ]
    lines += [f"{section.upper()}_{name.upper()}: Final = {value:_}" for section, name, value in limits()]
    write_python(out / PYTHON / "limits.py", lines)

    lines = [f'"""Mechanisms and attributes, from spec/pkcs11. {BANNER}"""', "", "from typing import Final", ""]
    lines += ["from vhsm.wire.table import CKK, CKO, AttributeRow, CurveRow, MechanismRow", ""]
    lines += [f"{name}: Final = {value:#x}" for name, value in constants().items()]
    lines += ["", "MECHANISMS: Final[dict[int, MechanismRow]] = {"]
    for row in mechanisms():
        types = ", ".join(f"CKK.{name.removeprefix('CKK_')}" for name in row["key_types"])
        lines.append(
            f"    {row['name']}: MechanismRow({row['name']!r}, {row['name']}, frozenset({row['operations']!r}), "
            f"frozenset({{{types}}}), {key_size(row)}, {row.get('hash')}, {row.get('output', 0)}, "
            f"{row['parameters']!r}, {row['policy']!r}, {row.get('operation_policy', {})!r}),"
        )
    lines += ["}", "", "ATTRIBUTES: Final[dict[int, AttributeRow]] = {"]
    for row in load("pkcs11/attributes.toml")["attribute"]:
        classes = ", ".join(f"CKO.{name.upper()}" for name in row["classes"])
        types = row.get("key_types", [])
        public = row.get("public_key_types", types)
        types, public = (", ".join(f"CKK.{name.removeprefix('CKK_')}" for name in names) for names in (types, public))
        lines.append(
            f"    {row['name']}: AttributeRow({row['name']!r}, {row['name']}, {row['kind']!r}, "
            f"frozenset({{{classes}}}), frozenset({{{types}}}), frozenset({{{public}}}), "
            f"frozenset({row.get('required', [])!r}), "
            f"{row['set_by']!r}, {row['change']!r}, secret={row.get('secret', False)}),"
        )
    lines += ["}", "", "CURVES: Final = ("]
    for row in curves():
        printed = der(PRINTABLE_STRING, row["name"].encode()) if row.get("printed") else b""
        lines.append(
            f"    CurveRow({row['name']!r}, {row.get('type', row['name'])!r}, "
            f"CKK.{row['key_type'].removeprefix('CKK_')}, "
            f"bytes.fromhex({der(OBJECT_IDENTIFIER, row['oid_content']).hex()!r}), "
            f"bytes.fromhex({printed.hex()!r}), {row['bits']}, {row['strength']}, {row['policy']!r}),"
        )
    lines += [")"]
    write_python(out / PYTHON / "tables.py", lines)


def write_python(path: Path, lines: list[str]) -> None:
    """Write a formatted Python file."""
    path.write_text("\n".join(lines) + "\n")
    subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", path], check=True)


def camel(name: str) -> str:
    """Spell snake_case as a Rust variant."""
    return "".join(part.capitalize() for part in name.split("_"))


# ---- the reference page -----------------------------------------------------------------------

OFFERED: Final = {"current": "all", "weak": "compatible, standard", "legacy": "compatible"}
GROUPS: Final = {
    "secrets": "generic secrets, AES, HKDF and HMAC keys",
    "function_keys": "generic secrets, AES and HMAC keys",
}
PAGE: Final = """# Mechanisms

Every mechanism of a token, from `spec/pkcs11/mechanisms.toml`: what it does, on which keys, of which sizes, and under
which policies ([what they mean](policies.md)). `vhsm token show` names what a token does not offer.
"""
CURVES_PAGE: Final = """
## Curves

What CKA_EC_PARAMS may name, from `spec/pkcs11/curves.toml`. On a token that does not offer a curve, to generate or
import a key on it is CKR_CURVE_NOT_SUPPORTED, and to unwrap one CKR_WRAPPED_KEY_INVALID.
"""


def reference_page(out: Path) -> None:
    """Write docs/mechanisms.md: the mechanisms in the order of PKCS#11 v3.2."""
    lines = [f"<!-- {BANNER} -->", PAGE, "| mechanism | does | keys | sizes | parameters | policies | PKCS#11 v3.2 |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for row in sorted(mechanisms(), key=section):
        does = ", ".join(name.replace("_", " ") for name in row["operations"])
        keys = GROUPS.get(row["key_group"]) or ", ".join(f"`{name}`" for name in row["key_types"]) or "-"
        own = row.get("operation_policy", {}).items()
        policies = "; ".join([OFFERED[row["policy"]], *(f"{name}: {OFFERED[policy]}" for name, policy in own)])
        lines.append(
            f"| `{row['name']}` | {does} | {keys} | {sizes(row)} | {row['parameters'].replace('_', ' ')} "
            f"| {policies} | {row['source']} |"
        )
    lines += [
        CURVES_PAGE,
        "| curve | keys | CKA_EC_PARAMS | size | strength | policies | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | `{row['key_type']}` | {row['oid']}{' or its name' if row.get('printed') else ''} "
        f"| {row['bits']} bits | {row['strength']} bits | {OFFERED[row['policy']]} | {row['source']} |"
        for row in curves()
    ]
    (out / PAGES).mkdir(parents=True, exist_ok=True)
    (out / PAGES / "mechanisms.md").write_text("\n".join(lines) + "\n")


def section(row: Row) -> tuple[list[int], int]:
    """Sort by section of the standard, then by value."""
    return [int(number) for number in re.findall(r"\d+", row["source"])], row["value"]


def sizes(row: Row) -> str:
    """Spell the sizes of a mechanism's keys."""
    least, greatest = key_size(row)
    if greatest == 0:
        return "-"
    unit = "bytes" if "key_bytes" in row else "bits"
    return f"{least} {unit}" if least == greatest else f"{least} to {greatest} {unit}"


# ---- writing and checking ---------------------------------------------------------------------


def generate(out: Path) -> list[Path]:
    """Write all generated files below `out` and name them, relative to it."""
    for room in (RUST, PYTHON):
        (out / room).mkdir(parents=True, exist_ok=True)
    for write in (rust_messages, python_messages, rust_tables, python_tables, reference_page):
        write(out)
    wanted = [*(out / RUST).glob("*.rs"), *(out / PYTHON).glob("*_pb2.py*")]
    wanted += [out / PYTHON / "limits.py", out / PYTHON / "tables.py", out / PAGES / "mechanisms.md"]
    return sorted(path.relative_to(out) for path in wanted)


def same(wanted: Path, found: Path) -> bool:
    """Compare a generated file with the committed one."""
    if not found.exists():
        return False
    texts = wanted.read_text(), found.read_text()
    if wanted.suffix == ".rs" and RUSTFMT is None:
        return without_layout(texts[0]) == without_layout(texts[1])
    return texts[0] == texts[1]


def without_layout(rust: str) -> str:
    """Leave out what rustfmt decides: white space, and the comma before a closing bracket."""
    return re.sub(r",(?=[\])}])", "", re.sub(r"\s+", "", rust))


def main() -> int:
    """Generate, or with --check name what has drifted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    if RUSTFMT is None and not check:
        print("rustfmt is not installed, and generated Rust is committed formatted: install it (Debian: rustfmt-web)")
        return 1
    if RUSTFMT is None:
        print("skipped: layout of the generated Rust files (rustfmt is not installed)")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        shutil.copy(ROOT / "pyproject.toml", out)  # ruff's line length
        files = generate(out)
        drifted = [file for file in files if not same(out / file, ROOT / file)]
        if not check:
            for file in drifted:
                (ROOT / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(out / file, ROOT / file)
    for file in drifted:
        print(f"{'drifted from spec/ (run `make generate`)' if check else 'wrote'}: {file}")
    return 1 if check and drifted else 0


if __name__ == "__main__":
    sys.exit(main())
