"""`vhsm key`: a user's keys, over the container's socket and with the user's login, as the PKCS#11 module does."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from vhsm.cli.options import Json, UsageError, secret
from vhsm.cli.output import Plain, done, print_facts, print_json, print_table, stderr
from vhsm.client import Session, Value, connect
from vhsm.client.connection import wipe
from vhsm.config import load_client_config
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

app = typer.Typer(help="Generate, import, list and use the keys of a token.", no_args_is_help=True)

# The longest key of the mechanism table, as hex and with room for white space.
KEY_FILE_LENGTH_MAX: Final = 4_096
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
HMACS: Final = {
    "sha1": tables.CKM_SHA_1_HMAC,
    "sha224": tables.CKM_SHA224_HMAC,
    "sha256": tables.CKM_SHA256_HMAC,
    "sha384": tables.CKM_SHA384_HMAC,
    "sha512": tables.CKM_SHA512_HMAC,
}
BITS_PER_BYTE: Final = 8
MECHANISM_NAMES: Final = {row.value: row.name for row in tables.MECHANISMS.values()}
# Names of the numbers that these attributes hold.
CONSTANTS: Final[dict[int, dict[int, str]]] = {
    tables.CKA_CLASS: {int(member): f"CKO_{member.name}" for member in CKO},
    tables.CKA_KEY_TYPE: {int(member): f"CKK_{member.name}" for member in CKK},
    tables.CKA_KEY_GEN_MECHANISM: MECHANISM_NAMES | {2**64 - 1: "CK_UNAVAILABLE_INFORMATION"},
    tables.CKA_ALLOWED_MECHANISMS: MECHANISM_NAMES,
}

Label = Annotated[str, typer.Argument(help="The key's label.")]
NewLabel = Annotated[str, typer.Argument(help="The new key's label.")]
Id = Annotated[str, typer.Option("--id", metavar="HEX", help="CKA_ID, in hex.")]
Extractable = Annotated[bool, typer.Option("--extractable", help="Let the key be wrapped, and read if not sensitive.")]
NotSensitive = Annotated[bool, typer.Option("--not-sensitive", help="Let the value of an extractable key be read.")]
Token = Annotated[str, typer.Option(help="The token's label; needed where the container has several.")]
PinFd = Annotated[
    int | None, typer.Option("--pin-fd", metavar="N", help="Read the user's password, one line, from descriptor N.")
]
ClientConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The client's configuration [VHSM_CONFIG, else /etc/vhsm/client.toml].")
]


@app.command()
def generate(
    label: NewLabel,
    key_type: Annotated[str, typer.Option("--type", help=f"One of {', '.join(GENERATORS)}.")] = "aes",
    bits: Annotated[int, typer.Option(help="The key's size.")] = 256,
    identifier: Id = "",
    extractable: Extractable = False,
    not_sensitive: NotSensitive = False,
    token: Token = "",
    pin_fd: PinFd = None,
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Generate a key in the server."""
    if key_type not in GENERATORS or bits % BITS_PER_BYTE:
        raise UsageError(f"--type is one of {', '.join(GENERATORS)}, and --bits a multiple of {BITS_PER_BYTE}")
    template = _template(label, KEY_TYPES[key_type], identifier, extractable=extractable, sensitive=not not_sensitive)
    template[tables.CKA_VALUE_LEN] = bits // BITS_PER_BYTE
    with _logged_in(config, token, pin_fd) as session:
        handle = session.generate_key(GENERATORS[key_type], template)
        made = _facts(session, handle)
    done(f"Key {label} generated: {bits} bits, {key_type}.", made, as_json=as_json)


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
    template = _template(label, KEY_TYPES[key_type], identifier, extractable=extractable, sensitive=not not_sensitive)
    with _key_bytes(value_fd, value_file, from_hex=from_hex) as value:
        template[tables.CKA_VALUE] = value
        with _logged_in(config, token, pin_fd) as session:
            made = _facts(session, session.create_object(template))
    done(f"Key {label} imported.", made, as_json=as_json)


@app.command("list")
def list_keys(token: Token = "", pin_fd: PinFd = None, config: ClientConfigPath = None, as_json: Json = False) -> None:
    """List the keys of the token."""
    keys: list[dict[str, Plain]] = []
    with _logged_in(config, token, pin_fd) as session:
        for handle in session.find({tables.CKA_CLASS: CKO.SECRET_KEY}):
            keys.append(_facts(session, handle))  # noqa: PERF401 - each is a request of its own
    if as_json:
        print_json(list(keys))
        return
    shown = ("CKA_LABEL", "CKA_ID", "CKA_KEY_TYPE", "CKA_VALUE_LEN", "CKA_SENSITIVE", "CKA_EXTRACTABLE")
    print_table(
        ("label", "id", "type", "bytes", "sensitive", "extractable"),
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
    """Show every attribute of a key that may be read; never its value."""
    with _logged_in(config, token, pin_fd) as session:
        facts = _facts(session, _one(session, label, identifier))
    if as_json:
        print_json(facts)
    else:
        print_facts({name: str(value) for name, value in facts.items()})


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
    """Destroy a key."""
    if not yes:
        typer.confirm(f"Destroy key {label}, for good?", abort=True, err=True)
    with _logged_in(config, token, pin_fd) as session:
        session.destroy_object(_one(session, label, identifier))
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
        mac = session.sign(_one(session, label, identifier), HMACS[hash_name], data).hex()
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


def _template(label: str, key_type: CKK, identifier: str, *, extractable: bool, sensitive: bool) -> dict[int, Value]:
    template: dict[int, Value] = {
        tables.CKA_CLASS: CKO.SECRET_KEY,
        tables.CKA_KEY_TYPE: key_type,
        tables.CKA_TOKEN: True,
        tables.CKA_LABEL: label,
        tables.CKA_EXTRACTABLE: extractable,
        tables.CKA_SENSITIVE: sensitive,
    }
    if identifier:
        template[tables.CKA_ID] = _hex(identifier, "--id")
    return template


def _one(session: Session, label: str, identifier: str) -> int:
    """Find the one key of this label and, where given, id."""
    template: dict[int, Value] = {tables.CKA_CLASS: CKO.SECRET_KEY, tables.CKA_LABEL: label}
    if identifier:
        template[tables.CKA_ID] = _hex(identifier, "--id")
    found = session.find(template)
    if not found:
        raise UsageError(f"no key has the label {label!r}; see `vhsm key list`")
    if len(found) > 1:
        raise UsageError(f"{len(found)} keys have the label {label!r}; choose one by --id HEX")
    return found[0]


def _facts(session: Session, handle: int) -> dict[str, Plain]:
    """Read an object's attributes under their names."""
    return {_name(kind): _spelled(kind, value) for kind, value in session.attributes(handle).items()}


def _name(kind: int) -> str:
    row = tables.ATTRIBUTES.get(kind)
    return row.name if row else f"{kind:#x}"


def _spelled(kind: int, value: Value) -> Plain:
    names = CONSTANTS.get(kind, {})
    match value:
        case bool() | str():
            return value
        case int():
            return names.get(value, value)
        case bytes() | bytearray():
            return value.hex()
        case list():
            return [names.get(number, number) for number in value]
        case _:
            return str(value)


@contextlib.contextmanager
def _key_bytes(descriptor: int | None, file: Path | None, *, from_hex: bool) -> Iterator[bytearray]:
    """Take a key's bytes from where the user has them; they are overwritten afterwards."""
    if descriptor is not None and file is not None:
        raise UsageError("give --value-fd or --value-file, not both")
    if descriptor is None and file is None:
        with secret("Key in hex", None, "--value-fd") as text:
            value = _hex_bytes(text)
    else:
        value = _read_key(descriptor, file)
        if from_hex:
            text, value = value, _hex_bytes(value)
            wipe(text)
    try:
        yield value
    finally:
        wipe(value)


def _read_key(descriptor: int | None, file: Path | None) -> bytearray:
    try:
        opened = os.open(file, os.O_RDONLY) if file is not None else os.dup(descriptor or 0)
        with os.fdopen(opened, "rb", buffering=0) as stream:
            buffer = bytearray(KEY_FILE_LENGTH_MAX)
            length = 0
            while count := stream.readinto(memoryview(buffer)[length:]):
                length += count
    except OSError as error:
        source = f"--value-file {file}" if file is not None else f"--value-fd {descriptor}"
        raise UsageError(f"{source}: {error.strerror}; name a readable file") from None
    value = bytearray(memoryview(buffer)[:length])
    wipe(buffer)
    if length in (0, KEY_FILE_LENGTH_MAX):
        stderr.print("The file is empty or too long to hold one key.", style="red")
        raise UsageError(f"a key has 1 to {KEY_FILE_LENGTH_MAX - 1} bytes; check what the file holds")
    return value


def _hex_bytes(text: bytearray) -> bytearray:
    try:
        return bytearray.fromhex(text.decode("ascii"))
    except ValueError:
        raise UsageError("the key is not in hex; spell each byte with two digits") from None


def _hex(text: str, option: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"{option} {text!r}: not hex; spell each byte with two digits") from None
