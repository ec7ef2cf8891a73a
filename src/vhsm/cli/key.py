"""`vhsm key`: a user's keys, over the container's socket and with the user's login, as the PKCS#11 module does."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from vhsm.cli.attributes import facts, pem_of
from vhsm.cli.key_bytes import key_bytes, parse_hex
from vhsm.cli.options import ClientConfigPath, Json, UsageError, secret
from vhsm.cli.output import Plain, done, print_facts, print_json, print_table
from vhsm.client import Session, Value, connect
from vhsm.config import load_client_config
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

app = typer.Typer(help="Generate, import, list and use the keys of a token.", no_args_is_help=True)

KEY_TYPES: Final = {
    "aes": CKK.AES,
    "generic": CKK.GENERIC_SECRET,
    "sha1-hmac": CKK.SHA_1_HMAC,
    "sha224-hmac": CKK.SHA224_HMAC,
    "sha256-hmac": CKK.SHA256_HMAC,
    "sha384-hmac": CKK.SHA384_HMAC,
    "sha512-hmac": CKK.SHA512_HMAC,
}
GENERATORS: Final = {"aes": tables.CKM_AES_KEY_GEN, "generic": tables.CKM_GENERIC_SECRET_KEY_GEN}
# By what the command line calls its keys; a legacy curve is not for new ones.
CURVES: Final = {row.key_kind.lower(): row for row in tables.CURVES if row.policy != "legacy"}
CURVE_GENERATORS: Final = {
    CKK.EC: tables.CKM_EC_KEY_PAIR_GEN,
    CKK.EC_EDWARDS: tables.CKM_EC_EDWARDS_KEY_PAIR_GEN,
    CKK.EC_MONTGOMERY: tables.CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
}
# In the order of their CKP_ values, from 1 (PKCS#11 v3.2, 6.69.1).
SLH_DSA_SETS: Final = tuple(
    f"slh-dsa-{family}-{size}{variant}" for size in (128, 192, 256) for variant in "sf" for family in ("sha2", "shake")
)
# Mechanism and CKP_ value (PKCS#11 v3.2, 6.67.1, 6.68.1 and 6.69.1).
SETS: Final = {
    "ml-dsa-44": (tables.CKM_ML_DSA_KEY_PAIR_GEN, 1),
    "ml-dsa-65": (tables.CKM_ML_DSA_KEY_PAIR_GEN, 2),
    "ml-dsa-87": (tables.CKM_ML_DSA_KEY_PAIR_GEN, 3),
    "ml-kem-512": (tables.CKM_ML_KEM_KEY_PAIR_GEN, 1),
    "ml-kem-768": (tables.CKM_ML_KEM_KEY_PAIR_GEN, 2),
    "ml-kem-1024": (tables.CKM_ML_KEM_KEY_PAIR_GEN, 3),
    **{name: (tables.CKM_SLH_DSA_KEY_PAIR_GEN, value) for value, name in enumerate(SLH_DSA_SETS, 1)},
}
PAIR_TYPES: Final = ("rsa", *CURVES, *SETS)
SECRET_BITS: Final = 256
RSA_BITS: Final = 3072
RSA_BITS_STEP: Final = 128
PAIR_ID_BYTES: Final = 20  # as long as the digest of the public key that many programs take for one
HMACS: Final = {
    "sha1": tables.CKM_SHA_1_HMAC,
    "sha224": tables.CKM_SHA224_HMAC,
    "sha256": tables.CKM_SHA256_HMAC,
    "sha384": tables.CKM_SHA384_HMAC,
    "sha512": tables.CKM_SHA512_HMAC,
}
BITS_PER_BYTE: Final = 8
KEY_CLASSES: Final = (CKO.SECRET_KEY, CKO.PRIVATE_KEY, CKO.PUBLIC_KEY)
# Keys that hold a secret.
HELD: Final = (CKO.SECRET_KEY, CKO.PRIVATE_KEY)

Label = Annotated[str, typer.Argument(help="The key's label.")]
NewLabel = Annotated[str, typer.Argument(help="The new key's label.")]
Id = Annotated[str, typer.Option("--id", metavar="HEX", help="CKA_ID, in hex.")]
NewId = Annotated[
    str, typer.Option("--id", metavar="HEX", help="CKA_ID, in hex; random for a pair where it is left out.")
]
Extractable = Annotated[bool, typer.Option("--extractable", help="Let the key be wrapped, and read if not sensitive.")]
NotSensitive = Annotated[bool, typer.Option("--not-sensitive", help="Let the value of an extractable key be read.")]
Token = Annotated[str, typer.Option(help="The token's label; needed where the container has several.")]
PinFd = Annotated[
    int | None, typer.Option("--pin-fd", metavar="N", help="Read the user's password, one line, from descriptor N.")
]


@app.command()
def generate(
    label: NewLabel,
    key_type: Annotated[str, typer.Option("--type", help=f"One of {', '.join((*GENERATORS, *PAIR_TYPES))}.")] = "aes",
    bits: Annotated[
        int | None, typer.Option(help=f"The size: of secret keys ({SECRET_BITS}) and of RSA keys ({RSA_BITS}).")
    ] = None,
    identifier: NewId = "",
    extractable: Extractable = False,
    not_sensitive: NotSensitive = False,
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Generate a key, or a pair of keys, in the server."""
    if key_type not in (*GENERATORS, *PAIR_TYPES):
        raise UsageError(f"--type is one of {', '.join((*GENERATORS, *PAIR_TYPES))}")
    if bits is not None and (key_type in CURVES or key_type in SETS):
        raise UsageError("a curve or a parameter set has one size; leave --bits out")
    step = RSA_BITS_STEP if key_type == "rsa" else BITS_PER_BYTE
    if bits is not None and bits % step:
        raise UsageError(f"--bits of this type is a multiple of {step}")
    template = _named(label, identifier)
    protection: dict[int, Value] = {tables.CKA_EXTRACTABLE: extractable, tables.CKA_SENSITIVE: not not_sensitive}
    with _logged_in(config, token, pin_fd) as session:
        if key_type in GENERATORS:
            length = (bits or SECRET_BITS) // BITS_PER_BYTE
            handle = session.generate_key(GENERATORS[key_type], template | protection | {tables.CKA_VALUE_LEN: length})
        else:
            # Programs find the other half of a pair by CKA_ID, and some stop at a key that has none.
            template.setdefault(tables.CKA_ID, os.urandom(PAIR_ID_BYTES))
            mechanism, parameters = _pair(key_type, bits or RSA_BITS)
            _, handle = session.generate_key_pair(mechanism, template | parameters, template | protection)
        made = facts(session, handle)
    named = f", id {made['CKA_ID']}" if made.get("CKA_ID") else ""
    done(f"Key {label} generated: {key_type}{named}.", made, as_json=as_json)


@app.command("import")
def import_key(
    label: NewLabel,
    value_fd: Annotated[
        int | None, typer.Option("--value-fd", metavar="N", help="Read the key's bytes from descriptor N.")
    ] = None,
    value_file: Annotated[
        Path | None, typer.Option("--value-file", help="Read the key's bytes from this file.")
    ] = None,
    from_hex: Annotated[bool, typer.Option("--hex", help="The bytes are spelled in hex.")] = False,
    key_type: Annotated[str, typer.Option("--type", help=f"One of {', '.join(KEY_TYPES)}.")] = "aes",
    identifier: Id = "",
    extractable: Extractable = False,
    not_sensitive: NotSensitive = False,
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Import a key whose bytes you have; asks for them in hex where no file or descriptor is given."""
    if key_type not in KEY_TYPES:
        raise UsageError(f"--type is one of {', '.join(KEY_TYPES)}")
    template = _named(label, identifier) | {
        tables.CKA_CLASS: CKO.SECRET_KEY,
        tables.CKA_KEY_TYPE: KEY_TYPES[key_type],
        tables.CKA_EXTRACTABLE: extractable,
        tables.CKA_SENSITIVE: not not_sensitive,
    }
    with key_bytes(value_fd, value_file, from_hex=from_hex) as value:
        template[tables.CKA_VALUE] = value
        with _logged_in(config, token, pin_fd) as session:
            made = facts(session, session.create_object(template))
    done(f"Key {label} imported.", made, as_json=as_json)


@app.command("list")
def list_keys(token: Token = "", pin_fd: PinFd = None, config: ClientConfigPath = None, as_json: Json = False) -> None:
    """List the keys of the token."""
    keys: list[dict[str, Plain]] = []
    with _logged_in(config, token, pin_fd) as session:
        for object_class in KEY_CLASSES:
            for handle in session.find({tables.CKA_CLASS: object_class}):
                keys.append(facts(session, handle))  # noqa: PERF401 - each is a request of its own
    if as_json:
        print_json(list(keys))
        return
    shown = ("CKA_LABEL", "CKA_ID", "CKA_CLASS", "CKA_KEY_TYPE", "CKA_SENSITIVE", "CKA_EXTRACTABLE")
    print_table(
        ("label", "id", "class", "type", "sensitive", "extractable"),
        [[str(key.get(name, "-")) for name in shown] for key in keys],
    )


@app.command()
def info(
    label: Label,
    identifier: Id = "",
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show every attribute of a key that may be read; of a pair, the private key's; never its value."""
    with _logged_in(config, token, pin_fd) as session:
        read = facts(session, _one(session, label, identifier, HELD))
    if as_json:
        print_json(read)
    else:
        print_facts({name: str(value) for name, value in read.items()})


@app.command()
def public(
    label: Label,
    identifier: Id = "",
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Print the public key of a pair, in PEM."""
    with _logged_in(config, token, pin_fd) as session:
        read = session.attributes(_one(session, label, identifier, (CKO.PUBLIC_KEY,)))
    pem = pem_of("PUBLIC KEY", read[tables.CKA_PUBLIC_KEY_INFO])
    done(pem, {"key": label, "pem": pem}, as_json=as_json)


@app.command()
def remove(
    label: Label,
    identifier: Id = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Destroy a key; of a pair, both halves."""
    if not yes:
        typer.confirm(f"Destroy key {label}, for good?", abort=True, err=True)
    with _logged_in(config, token, pin_fd) as session:
        held = _found(session, label, identifier, HELD)
        key = _only(held or _found(session, label, identifier, (CKO.PUBLIC_KEY,)), label)
        for half in (key, *_public_halves(session, key)):
            session.destroy_object(half)
    done(f"Key {label} destroyed.", {"removed": label}, as_json=as_json)


@app.command("hmac")
def compute_hmac(
    label: Label,
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="The data; - for standard input.")],
    hash_name: Annotated[str, typer.Option("--hash", help=f"One of {', '.join(HMACS)}.")] = "sha256",
    identifier: Id = "",
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Compute the HMAC of a file with a key of the server; prints it in hex."""
    if hash_name not in HMACS:
        raise UsageError(f"--hash is one of {', '.join(HMACS)}")
    data = file.read()
    with _logged_in(config, token, pin_fd) as session:
        mac = session.sign(_one(session, label, identifier, (CKO.SECRET_KEY,)), HMACS[hash_name], data).hex()
    done(mac, {"key": label, "hash": hash_name, "hmac": mac}, as_json=as_json)


@contextlib.contextmanager
def _logged_in(config: Path | None, token: str, pin_fd: int | None) -> Iterator[Session]:
    """Open a session on the token and log its user in."""
    with connect(config=load_client_config(config), name="vhsm key") as client:
        slot_id = client.slot_of(token) if token else None
        if not token and len(client.slots()) > 1:
            raise UsageError("this container has several tokens; name one by --token LABEL")
        with client.open_session(slot_id) as session, secret("Password", pin_fd, "--pin-fd") as pin:
            session.login(pin)
            yield session


def _named(label: str, identifier: str) -> dict[int, Value]:
    template: dict[int, Value] = {tables.CKA_TOKEN: True, tables.CKA_LABEL: label}
    if identifier:
        template[tables.CKA_ID] = parse_hex(identifier, "--id")
    return template


def _pair(key_type: str, bits: int) -> tuple[int, dict[int, Value]]:
    """Choose the mechanism of a pair, and what the public template says of its size or curve."""
    if key_type == "rsa":
        return tables.CKM_RSA_PKCS_KEY_PAIR_GEN, {tables.CKA_MODULUS_BITS: bits}
    if key_type in SETS:
        mechanism, parameter_set = SETS[key_type]
        return mechanism, {tables.CKA_PARAMETER_SET: parameter_set}
    curve = CURVES[key_type]
    return CURVE_GENERATORS[curve.key_type], {tables.CKA_EC_PARAMS: curve.oid}


def _found(session: Session, label: str, identifier: str, classes: tuple[CKO, ...]) -> list[int]:
    """Find the keys of this label and, where given, id."""
    template: dict[int, Value] = {tables.CKA_LABEL: label}
    if identifier:
        template[tables.CKA_ID] = parse_hex(identifier, "--id")
    return [handle for named in classes for handle in session.find(template | {tables.CKA_CLASS: named})]


def _one(session: Session, label: str, identifier: str, classes: tuple[CKO, ...]) -> int:
    """Find the one key of this label and, where given, id."""
    return _only(_found(session, label, identifier, classes), label)


def _only(found: list[int], label: str) -> int:
    if not found:
        raise UsageError(f"no key has the label {label!r}; see `vhsm key list`")
    if len(found) > 1:
        raise UsageError(f"{len(found)} keys have the label {label!r}; choose one by --id HEX")
    return found[0]


def _public_halves(session: Session, key: int) -> list[int]:
    """Find the public keys that belong to a private key, under its label."""
    read = session.attributes(key)
    if read[tables.CKA_CLASS] != CKO.PRIVATE_KEY:
        return []
    alike = (tables.CKA_LABEL, tables.CKA_PUBLIC_KEY_INFO)
    return session.find({tables.CKA_CLASS: CKO.PUBLIC_KEY} | {kind: read[kind] for kind in alike})
