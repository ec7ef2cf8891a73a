"""What commands print: tables for people, one JSON document for programs."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence

import typer
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from vhsm.wire.admin_pb2 import Evidence

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

Plain = None | bool | int | str | list["Plain"] | dict[str, "Plain"]


def as_plain(message: Message) -> dict[str, Plain]:
    """Turn a flat message into what JSON holds: bytes as hex, every field present."""
    return {field.name: _plain(getattr(message, field.name)) for field in message.DESCRIPTOR.fields}


def print_json(value: Plain | Mapping[str, Plain] | Sequence[Plain]) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(value, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns."""
    if not stdout.is_terminal:
        _print_lines([columns, *rows])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    stdout.print(table)


def print_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, one a line."""
    if not stdout.is_terminal:
        _print_lines(list(facts.items()))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, value)
    stdout.print(table)


def _print_lines(rows: Sequence[Sequence[str]]) -> None:
    """Print each row as one line, however long: a program that reads it looks for whole values."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def done(text: str, result: Mapping[str, Plain], *, as_json: bool) -> None:
    """Say what was done."""
    if as_json:
        print_json(result)
    else:
        stdout.print(text, markup=False, soft_wrap=True)


@contextlib.contextmanager
def working(text: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    with stderr.status(text) if stderr.is_terminal else contextlib.nullcontext():
        yield


def _plain(value: object) -> Plain:
    match value:
        case bytes():
            return value.hex()
        case bool() | int() | str():
            return value
        case Evidence():
            return {field.name: _plain(content) for field, content in value.ListFields()}
        case Message():
            return as_plain(value)
        case _ if isinstance(value, Sequence):
            return [_plain(item) for item in value]
        case _:
            return str(value)
