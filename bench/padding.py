"""Padding oracles: a decryption that fails says nothing of where its padding is wrong, by its answer or by its time.

`python -m bench.padding` decrypts or unwraps ciphertexts of a target's kinds in random order, and compares the times of
each kind with those of the first by the Mann-Whitney test. A pair is told apart when |z| exceeds Z_MAX. A control is
the same behind a caller that works longer on one kind, by LEAK_BYTES or UNWRAP_LEAK_BYTES: it must be told apart.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from ctypes import byref, c_ulong
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism
from rich.console import Console
from rich.table import Table

from bench.refusals import Z_MAX, mann_whitney_z
from tests.cryptoki import CKU_USER, CkTemplate, Module, data, secret_key
from tests.mechanisms import iv, oaep, plain
from tests.rv import Rv
from tests.servers import dev_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.cryptoki import Session, Template
    from tests.mechanisms import Parameters

QUERIES: Final = 100_000  # of each target
WARM_UP: Final = 200
# Ciphertexts of each kind: many, so that none is remembered.
VARIANTS: Final = 64
RSA_BYTES: Final = 256
EXPONENT: Final = 65_537
MESSAGE_BYTES: Final = 32
BLOCK: Final = 16
# Hashed in the controls, beside a decryption of one kind: some microseconds; and beside an unwrapping, whose time
# varies more, since a worker decides each.
LEAK_BYTES: Final = 8_192
UNWRAP_LEAK_BYTES: Final = 131_072
# What is unwrapped, where it comes to a key.
UNWRAPPED: Final[Template] = {
    Attribute.CLASS: ObjectClass.SECRET_KEY,
    Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
    Attribute.VALUE_LEN: MESSAGE_BYTES,
}
ROOM: Final = 1_024


@dataclass(frozen=True, slots=True)
class Target:
    """A decryption or an unwrapping, and what it is given: ciphertexts by the name of what is wrong with them."""

    title: str
    mechanism: Parameters
    key: int
    kinds: dict[str, list[bytes]]
    answers: frozenset[int]
    # Told apart on purpose: the second kind costs the caller more, by the hashing of so many bytes.
    leak_bytes: int = 0
    unwraps: bool = False


@dataclass(slots=True)
class Seen:
    """What one kind was answered, and how long it took, in microseconds."""

    answers: set[int] = field(default_factory=set)
    times: list[float] = field(default_factory=list)


def rsa_kinds(modulus: int, blocks: dict[str, Callable[[], bytes]]) -> dict[str, list[bytes]]:
    """Encrypt blocks of a key's length as they are."""

    def encrypt(block: bytes) -> bytes:
        return pow(int.from_bytes(block), EXPONENT, modulus).to_bytes(RSA_BYTES)

    return {name: [encrypt(make()) for _ in range(VARIANTS)] for name, make in blocks.items()}


def nonzero(length: int) -> bytes:
    """Give random bytes, none of them 0."""
    return bytes(random.choices(range(1, 256), k=length))  # noqa: S311 - padding, no secret


def pkcs1_blocks() -> dict[str, Callable[[], bytes]]:
    """RFC 8017, 7.2.2: 0 | 2 | at least eight bytes, none 0 | 0 | message."""
    padding = RSA_BYTES - MESSAGE_BYTES - 3

    def message() -> bytes:
        return secrets.token_bytes(MESSAGE_BYTES)

    return {
        "good": lambda: b"\0\2" + nonzero(padding) + b"\0" + message(),
        "another type": lambda: b"\0\1" + nonzero(padding) + b"\0" + message(),
        "first byte not 0": lambda: b"\1\2" + nonzero(padding) + b"\0" + message(),
        "padding too short": lambda: b"\0\2" + nonzero(7) + b"\0" + nonzero(RSA_BYTES - 10),
        "no end of padding": lambda: b"\0\2" + nonzero(RSA_BYTES - 2),
    }


def mgf1(seed: bytes, length: int) -> bytes:
    """RFC 8017, B.2.1, with SHA-1."""
    return b"".join(sha1(seed + counter.to_bytes(4)).digest() for counter in range(length // 20 + 1))[:length]  # noqa: S324


def oaep_blocks() -> dict[str, Callable[[], bytes]]:
    """RFC 8017, 7.1.2: 0 | masked seed | masked (hash of the label | zeros | 1 | message)."""

    def block(head: bytes, label: bytes, middle: bytes) -> bytes:
        content = label + middle + secrets.token_bytes(MESSAGE_BYTES)
        seed = secrets.token_bytes(20)
        masked = bytes(a ^ b for a, b in zip(content, mgf1(seed, len(content)), strict=True))
        return head + bytes(a ^ b for a, b in zip(seed, mgf1(masked, 20), strict=True)) + masked

    zeros = RSA_BYTES - 1 - 20 - 20 - 1 - MESSAGE_BYTES
    right, wrong = sha1(b"").digest(), sha1(b"another").digest()  # noqa: S324 - OAEP's default
    return {
        "another label": lambda: block(b"\0", wrong, bytes(zeros) + b"\1"),
        "first byte not 0": lambda: block(b"\1", right, bytes(zeros) + b"\1"),
        "no 1 behind the zeros": lambda: block(b"\0", right, bytes(zeros) + b"\2"),
        "first of the zeros is not": lambda: block(b"\0", right, b"\2" + bytes(zeros - 1) + b"\1"),
    }


def cbc_kinds(value: bytes, start: bytes) -> dict[str, list[bytes]]:
    """RFC 5652, 6.3: so many bytes of a number as the number says."""
    ends = {
        "a length of 0": bytes(BLOCK),
        "a length of 17": bytes([BLOCK + 1]) * BLOCK,
        "one byte differs, the first": bytes([1]) + bytes([BLOCK]) * (BLOCK - 1),
        "one byte differs, the last but one": bytes([BLOCK]) * (BLOCK - 2) + bytes([1, BLOCK]),
    }

    def encrypt(end: bytes) -> bytes:
        encryptor = Cipher(algorithms.AES(value), modes.CBC(start)).encryptor()
        return encryptor.update(secrets.token_bytes(4 * BLOCK) + end) + encryptor.finalize()

    return {name: [encrypt(end) for _ in range(VARIANTS)] for name, end in ends.items()}


def rsa_pair(session: Session, usage: Attribute) -> tuple[int, int]:
    """Make a private key for one use; its modulus, and its handle."""
    public, private = session.generate_pair(
        Mechanism.RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: 8 * RSA_BYTES, Attribute.PUBLIC_EXPONENT: EXPONENT.to_bytes(3)},
        {usage: True},
    )
    return int.from_bytes(session.read(public, Attribute.MODULUS)), private


def targets(session: Session) -> list[Target]:
    """Make the keys, and name what is attacked."""
    value, start = secrets.token_bytes(32), secrets.token_bytes(BLOCK)
    aes = session.create(secret_key(value, KeyType.AES, DECRYPT=True))
    aes_unwrapping = session.create(secret_key(value, KeyType.AES, UNWRAP=True))
    ciphertexts = cbc_kinds(value, start)
    two = dict(list(ciphertexts.items())[:2])
    pkcs1, cbc, oaep_sha1 = plain(Mechanism.RSA_PKCS), iv(Mechanism.AES_CBC_PAD, start), oaep(Mechanism.SHA_1)
    made = []
    for usage, prefix, refusal in (
        (Attribute.DECRYPT, "", Rv.ENCRYPTED_DATA_INVALID),
        (Attribute.UNWRAP, "unwrap: ", Rv.WRAPPED_KEY_INVALID),
    ):
        unwraps, invalid = usage == Attribute.UNWRAP, frozenset({int(refusal)})
        modulus, private = rsa_pair(session, usage)
        symmetric, leak = (aes_unwrapping, UNWRAP_LEAK_BYTES) if unwraps else (aes, LEAK_BYTES)
        by_pkcs1, by_oaep = rsa_kinds(modulus, pkcs1_blocks()), rsa_kinds(modulus, oaep_blocks())
        made += [
            Target(f"{prefix}PKCS#1 v1.5", pkcs1, private, by_pkcs1, frozenset({int(Rv.OK)}), unwraps=unwraps),
            Target(f"{prefix}OAEP", oaep_sha1, private, by_oaep, invalid, unwraps=unwraps),
            Target(f"{prefix}AES-CBC-PAD", cbc, symmetric, ciphertexts, invalid, unwraps=unwraps),
            Target(f"{prefix}control", cbc, symmetric, two, invalid, leak, unwraps),
        ]
    return made


def decrypting(
    session: Session, target: Target, leak: bytes
) -> Callable[[tuple[object, c_ulong], bool], tuple[int, int]]:
    """Prepare C_Decrypt, with a leak on demand: what it answers, and how long it takes in nanoseconds."""
    handle, out = c_ulong(session.handle), ctypes.create_string_buffer(ROOM)

    def attempt(ciphertext: tuple[object, c_ulong], leaks: bool) -> tuple[int, int]:
        room = c_ulong(ROOM)
        session.begin("Decrypt", target.mechanism, target.key)
        begin = time.perf_counter_ns()
        rv = session.module.raw("C_Decrypt", handle, *ciphertext, out, byref(room))
        if leaks:
            sha256(leak)
        return rv, time.perf_counter_ns() - begin

    return attempt


def unwrapping(
    session: Session, target: Target, leak: bytes
) -> Callable[[tuple[object, c_ulong], bool], tuple[int, int]]:
    """Prepare C_UnwrapKey in the same way; a key that comes of it goes again."""
    template = CkTemplate(UNWRAPPED)
    before = c_ulong(session.handle), byref(target.mechanism.mechanism), c_ulong(target.key)

    def attempt(wrapped: tuple[object, c_ulong], leaks: bool) -> tuple[int, int]:
        key = c_ulong()
        begin = time.perf_counter_ns()
        rv = session.module.raw("C_UnwrapKey", *before, *wrapped, *template.arguments, byref(key))
        if leaks:
            sha256(leak)
        elapsed = time.perf_counter_ns() - begin
        if rv == Rv.OK:
            session.destroy(key.value)
        return rv, elapsed

    return attempt


def measure(session: Session, target: Target, queries: int) -> dict[str, Seen]:
    """Try so often in all, each time a kind and a ciphertext by chance."""
    seen = {name: Seen() for name in target.kinds}
    names: Sequence[str] = list(target.kinds)
    prepared = {name: [data(each) for each in target.kinds[name]] for name in names}
    prepare = unwrapping if target.unwraps else decrypting
    attempt = prepare(session, target, bytes(target.leak_bytes))
    for query in range(WARM_UP + queries):
        which = random.randrange(len(names))  # noqa: S311 - an order, no secret
        ciphertext = random.choice(prepared[names[which]])  # noqa: S311
        rv, elapsed = attempt(ciphertext, target.leak_bytes > 0 and which > 0)
        if query >= WARM_UP:
            seen[names[which]].answers.add(rv)
            seen[names[which]].times.append(elapsed / 1_000)
    return seen


def judge(target: Target, seen: dict[str, Seen], table: Table) -> bool:
    """Fill the table; whether the target is as it should be."""
    first = next(iter(seen.values()))
    right, told = True, False
    for name, kind in seen.items():
        z = abs(mann_whitney_z(first.times, kind.times)) if kind is not first else 0.0
        told |= z > Z_MAX
        right &= kind.answers == set(target.answers)
        answers = ", ".join(Rv(rv).name if rv in set(Rv) else hex(rv) for rv in sorted(kind.answers))
        verdict = "told apart" if z > Z_MAX else "alike"
        table.add_row(
            target.title,
            name,
            f"{len(kind.times):,}",
            answers,
            f"{statistics.median(kind.times):,.1f}",
            f"{z:.1f}",
            verdict,
        )
    return right and told == (target.leak_bytes > 0)


def main() -> int:
    """Measure, print a table, and return 1 where a target tells, or the control does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.padding", description=__doc__)
    parser.add_argument("--queries", type=int, default=QUERIES, help="of each target")
    parser.add_argument("--unwrap-queries", type=int, help="of each that unwraps, if other: some milliseconds each")
    asked = parser.parse_args()
    queries: int = asked.queries
    unwrap_queries: int = queries if asked.unwrap_queries is None else asked.unwrap_queries
    table = Table("target", "what is wrong", "queries", "answers", "median us", "|z|", "verdict")
    held = True
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vhsm-padding-")))
        token = stack.enter_context(dev_server(home / "server")).token
        os.environ.update(token.environment)
        module = stack.enter_context(Module(token.module))
        session = module.open_session(module.slot_of(token.label))
        session.login(token.pin, CKU_USER)
        for target in targets(session):
            count = unwrap_queries if target.unwraps else queries
            held &= judge(target, measure(session, target, count), table)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table, "[green]nothing tells[/]" if held else "[red]something tells, or the control does not[/]")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
