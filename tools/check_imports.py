"""Hold the rooms of src/vhsm to the directions that ARCHITECTURE.md draws.

A room is a package or module directly below vhsm. Three rules, all read from the tables below: which room may import
which; which room may import libraries that reach outside the process or the database (a type under TYPE_CHECKING
reaches nothing); and SQL, which stands in the store only and never in a string that is put together at run time.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = Path(__file__).resolve().parent.parent / "src"

GROUND: Final = frozenset({"wire", "errors", "model"})
INNER: Final = frozenset({"policy", "engine", "store", "audit"})

# What each room may import besides itself. The four inner rooms never import each other: the spine carries values
# between them.
MAY_IMPORT: Final[dict[str, frozenset[str]]] = {
    "wire": frozenset(),
    "errors": frozenset({"wire"}),
    "model": frozenset({"wire", "errors"}),
    "config": frozenset({"wire", "errors"}),
    **dict.fromkeys(INNER, GROUND),
    "handlers": GROUND | INNER,
    "identity": GROUND | INNER | {"handlers"},
    "service": GROUND | INNER | {"handlers", "identity", "config"},
    "client": GROUND | {"config"},
    # The command line is a client; `serve`, `init` and `dev` also start the service.
    "cli": frozenset({"client", "service", "config", "wire", "errors"}),
}

# Libraries that only some rooms may import; an empty set means none.
RESERVED: Final[dict[str, frozenset[str]]] = {
    "sqlalchemy": frozenset({"store"}),
    "alembic": frozenset({"store"}),
    "sqlite3": frozenset({"store"}),
    "socket": frozenset({"service", "client", "engine"}),
    "socketserver": frozenset(),
    "subprocess": frozenset({"service", "cli"}),
    "multiprocessing": frozenset(),
    "ctypes": frozenset({"service", "cli"}),
    "pyseccomp": frozenset({"service"}),
    "landlock": frozenset({"service"}),
    "typer": frozenset({"cli"}),
    "rich": frozenset({"cli"}),
    # Each of these turns data into code.
    "pickle": frozenset(),
    "marshal": frozenset(),
    "shelve": frozenset(),
}

SQL: Final = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+TABLE|PRAGMA)\s",
    re.IGNORECASE | re.DOTALL,
)
EXECUTES: Final = frozenset({"text", "execute", "exec_driver_sql", "executescript", "executemany"})


@dataclass(frozen=True, slots=True)
class Breach:
    """One line that breaks a rule."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        """Write it as compilers do."""
        return f"{self.path}:{self.line}: {self.rule}"


def room_of(module: str) -> str:
    """Name the room of a dotted module; empty for vhsm itself."""
    return f"{module}.".split(".")[1]


def imported(tree: ast.Module, package: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield statement and dotted name of everything imported, by any statement at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            # `from vhsm import store` names the room in the alias.
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def types_only(tree: ast.Module) -> set[ast.stmt]:
    """Collect the statements below `if TYPE_CHECKING:`, which never run."""
    guarded = [
        statement
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
    ]
    return {node for statement in guarded for node in ast.walk(statement) if isinstance(node, ast.stmt)}


def import_breaches(tree: ast.Module, path: str, module: str, package: str) -> Iterator[Breach]:
    """Check each import against the two tables."""
    room = room_of(module)
    never_run = types_only(tree)
    for node, name in imported(tree, package):
        line, top = node.lineno, name.split(".")[0]
        if top != "vhsm":
            if top in RESERVED and room not in RESERVED[top] and node not in never_run:
                yield Breach(path, line, f"{room or 'vhsm'} may not import {top}")
            continue
        other = room_of(name)
        if other and other != room and other in MAY_IMPORT and other not in MAY_IMPORT.get(room, frozenset()):
            yield Breach(path, line, f"{room or 'vhsm'} may not import vhsm.{other}")


def sql_breaches(tree: ast.Module, path: str, room: str) -> Iterator[Breach]:
    """Find SQL outside the store, and SQL that is put together from parts inside it."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            is_sql = id(node) not in prose and isinstance(node.value, str) and SQL.match(node.value)
            if is_sql and room != "store":
                yield Breach(path, node.lineno, "SQL outside the store")
        elif isinstance(node, ast.Call) and called(node) in EXECUTES and node.args and is_assembled(node.args[0]):
            yield Breach(path, node.lineno, "SQL that is put together at run time: bind parameters instead")


def called(call: ast.Call) -> str:
    """Name the function of a call, without what stands before the last dot."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_assembled(argument: ast.expr) -> bool:
    """Tell f-strings, `+`, `%`, `.format()` and `.join()` of strings from plain expressions."""
    match argument:
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(left=left, right=right):
            return any(isinstance(side, ast.Constant | ast.JoinedStr) or is_assembled(side) for side in (left, right))
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format" | "join")):
            return True
    return False


def breaches(source: str, path: str, module: str, *, is_package: bool = False) -> list[Breach]:
    """Check the text of one module."""
    tree = ast.parse(source, filename=path)
    room = room_of(module)
    package = module if is_package else module.rpartition(".")[0]
    found = [*import_breaches(tree, path, module, package), *sql_breaches(tree, path, room)]
    if room and room not in MAY_IMPORT:
        found.append(Breach(path, 1, f"vhsm.{room} is no room of ARCHITECTURE.md"))
    return list(dict.fromkeys(found))


def check(source: Path) -> list[Breach]:
    """Check every module below `source`, generated ones apart."""
    found = []
    for path in sorted(source.glob("vhsm/**/*.py")):
        if path.name.endswith("_pb2.py"):
            continue
        parts = path.relative_to(source).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        found += breaches(path.read_text(), str(path.relative_to(source.parent)), module, is_package=is_package)
    return found


def main() -> int:
    """Print the breaches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=SOURCE, help="the folder that holds vhsm/")
    found = check(parser.parse_args().source)
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
