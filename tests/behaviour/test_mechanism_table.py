"""PKCS#11 v3.2, chapter 6, as a whole: what spec/pkcs11/mechanisms.toml says, the module does.

Results are compared with other implementations' elsewhere, mechanism by mechanism; here no row is left out.
"""

from __future__ import annotations

from ctypes import byref, c_ulong
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.constants import Attribute, ObjectClass

from tests import servers
from tests.cryptoki import CkTemplate, Module, data, refused, secret_key
from tests.recipes import CONTENT, PAIRS, SECRETS, SIGNED, Keys, content, parameters
from tests.rv import Rv
from vhsm.wire import tables
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.cryptoki import Template
    from vhsm.wire.table import MechanismRow

pytestmark = pytest.mark.ours  # it is the table of this module

OPEN: Final = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
DERIVED_BYTES: Final = 16  # no more than any derivation here gives
WRONG_SIGNATURE: Final = (Rv.SIGNATURE_INVALID, Rv.SIGNATURE_LEN_RANGE)
WRONG_TYPE: Final[Mapping[str, Rv]] = {
    "wrap": Rv.WRAPPING_KEY_TYPE_INCONSISTENT,
    "unwrap": Rv.UNWRAPPING_KEY_TYPE_INCONSISTENT,
}
every_row = pytest.mark.parametrize("row", tables.MECHANISMS.values(), ids=lambda row: row.name)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """Keys of all types on a `compatible` token; the module stays initialised for all tests here."""
    with (
        servers.dev_server(tmp_path_factory.mktemp("table") / "server", "--policy", "compatible") as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in server.token.environment.items():
            patch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin)
            yield Keys(session)


class Use:
    """One row with a key of one type."""

    def __init__(self, row: MechanismRow, key_type: CKK, keys: Keys) -> None:
        self.row, self.key_type, self.keys, self.session = row, key_type, keys, keys.session

    def whole(self, kind: str, given: bytes) -> bytes:
        """C_…Init and the single call, of a kind as `Session` has it."""
        operation = next(name for name, its_kind in KINDS.items() if its_kind == kind)
        chosen = parameters(self.row, operation, self.key_type, self.keys)
        return self.session.complete(kind, chosen, self.keys.of(self.key_type, operation), given)

    def digests(self) -> None:
        """As many bytes as C_Digest says, of which others ask whether they are right."""
        chosen = parameters(self.row, "digest", self.key_type, self.keys)
        digest = self.session.complete("Digest", chosen, None, CONTENT)
        assert digest != self.session.complete("Digest", chosen, None, CONTENT[1:])

    def encrypts(self) -> None:
        """What was encrypted is decrypted."""
        plaintext = content(self.row)
        ciphertext = self.whole("Encrypt", plaintext)
        assert ciphertext != plaintext
        assert self.whole("Decrypt", ciphertext) == plaintext

    def signs(self) -> None:
        """What was signed is verified, and nothing else."""
        signed = content(self.row)
        signature = self.whole("Sign", signed)
        chosen = parameters(self.row, "verify", self.key_type, self.keys)
        key = self.keys.of(self.key_type, "verify")
        self.session.verify(chosen, key, signed, signature)
        with refused(*WRONG_SIGNATURE):
            self.session.verify(chosen, key, signed[:-1] + b"!", signature)

    def verifies(self) -> None:
        """What others signed is verified, and nothing else."""
        chosen = parameters(self.row, "verify", self.key_type, self.keys)
        key, known = self.keys.of(self.key_type, "verify"), SIGNED[self.key_type]
        self.session.verify(chosen, key, known.message, known.signature)
        with refused(*WRONG_SIGNATURE):
            self.session.verify(chosen, key, known.message + b"!", known.signature)

    def recovers(self) -> None:
        """The signature gives its data back."""
        signed = content(self.row)
        assert self.whole("VerifyRecover", self.whole("SignRecover", signed)) == signed

    def wraps(self) -> None:
        """A key that was wrapped is the same when it is unwrapped."""
        carried = self.session.create(secret_key(CONTENT, CKK.AES, EXTRACTABLE=True))
        chosen = parameters(self.row, "wrap", self.key_type, self.keys)
        wrapped = self.session.wrap(chosen, self.keys.of(self.key_type, "wrap"), carried)
        template: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: CKK.AES, **OPEN}
        chosen = parameters(self.row, "unwrap", self.key_type, self.keys)
        key = self.session.unwrap(chosen, self.keys.of(self.key_type, "unwrap"), wrapped, template)
        assert self.session.read(key, Attribute.VALUE) == CONTENT

    def derives(self) -> None:
        """Twice the same key, of the length that was asked for, and none that the base key tells."""
        chosen = parameters(self.row, "derive", self.key_type, self.keys)
        base = self.keys.of(self.key_type, "derive")
        template = self.derived()
        if self.row.parameters == "tls_keys":  # there is no place for a handle: they stand in the parameter
            written = CkTemplate(template)
            arguments = byref(chosen.mechanism), c_ulong(base), *written.arguments
            self.session.call("C_DeriveKey", *arguments, None)
            return
        one, other = (self.session.read(self.session.derive(chosen, base, template), Attribute.VALUE) for _ in range(2))
        assert one == other
        assert len(one) == template.get(Attribute.VALUE_LEN, 48)

    def derived(self) -> Template:
        """Describe what a row derives."""
        if self.row.value == tables.CKM_HKDF_DATA:
            return {Attribute.CLASS: ObjectClass.DATA, Attribute.VALUE_LEN: DERIVED_BYTES}
        secret: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: CKK.GENERIC_SECRET, **OPEN}
        if self.row.parameters == "tls_keys":
            return {**secret, Attribute.KEY_TYPE: CKK.AES}
        master = self.row.parameters in {"tls_master", "tls_extended_master"}
        return secret if master else {**secret, Attribute.VALUE_LEN: DERIVED_BYTES}

    def generates(self) -> None:
        """A key of this type, by this mechanism, as long as was asked for."""
        fixed = {CKK.DES2, CKK.DES3, CKK.CHACHA20}
        length: Template = {} if self.key_type in fixed else {Attribute.VALUE_LEN: 32}
        chosen = parameters(self.row, "generate", self.key_type, self.keys)
        key = self.session.generate(chosen, {Attribute.KEY_TYPE: self.key_type, **OPEN, **length})
        self.made(key)
        assert len(self.session.read(key, Attribute.VALUE)) == length.get(Attribute.VALUE_LEN, self.row.key_size[1])

    def generates_pairs(self) -> None:
        """A pair of this type, by this mechanism."""
        assert PAIRS[self.key_type].mechanism == self.row.value
        for key in self.keys.pair(self.key_type):
            self.made(key)

    def made(self, key: int) -> None:
        """Check a generated key's type and origin."""
        assert int.from_bytes(self.session.read(key, Attribute.KEY_TYPE), "little") == self.key_type
        assert int.from_bytes(self.session.read(key, Attribute.KEY_GEN_MECHANISM), "little") == self.row.value
        assert self.session.read_flag(key, Attribute.LOCAL)

    def encapsulates(self) -> None:
        """Both sides come to the same key."""
        chosen = parameters(self.row, "encapsulate", self.key_type, self.keys)
        public, private = self.keys.pair(self.key_type)
        ours, theirs, written = c_ulong(), c_ulong(), CkTemplate(OPEN)
        length, room = c_ulong(2048), (c_ulong * 256)()
        arguments = byref(chosen.mechanism), c_ulong(public), *written.arguments
        self.session.call("C_EncapsulateKey", *arguments, room, byref(length), byref(ours))
        arguments = byref(chosen.mechanism), c_ulong(private), *written.arguments
        self.session.call("C_DecapsulateKey", *arguments, *data(bytes(room)[: length.value]), byref(theirs))
        assert self.session.read(ours.value, Attribute.VALUE) == self.session.read(theirs.value, Attribute.VALUE)


# What a row lists, and what is done with it; of two operations that belong together, both must be listed. Of
# what is never signed here, `SIGNED` has the signatures.
PROOFS: Final[Mapping[frozenset[str], Callable[[Use], None]]] = {
    frozenset({"digest"}): Use.digests,
    frozenset({"encrypt", "decrypt"}): Use.encrypts,
    frozenset({"sign", "verify"}): Use.signs,
    frozenset({"verify"}): Use.verifies,
    frozenset({"sign_recover", "verify_recover"}): Use.recovers,
    frozenset({"wrap", "unwrap"}): Use.wraps,
    frozenset({"derive"}): Use.derives,
    frozenset({"generate"}): Use.generates,
    frozenset({"generate_key_pair"}): Use.generates_pairs,
    frozenset({"encapsulate", "decapsulate"}): Use.encapsulates,
}
# As `Session` calls them.
KINDS: Final[Mapping[str, str]] = {
    "encrypt": "Encrypt",
    "decrypt": "Decrypt",
    "sign": "Sign",
    "verify": "Verify",
    "sign_recover": "SignRecover",
    "verify_recover": "VerifyRecover",
}


def test_the_module_lists_all_rows(keys: Keys) -> None:
    """C_GetMechanismList of a `compatible` token is the table."""
    assert keys.session.module.mechanisms(keys.session.info().slot) == set(tables.MECHANISMS)


@every_row
def test_all_that_a_row_lists_works(row: MechanismRow, keys: Keys) -> None:
    """Every operation of the row, complete, with keys of all its types."""
    listed = [operations for operations in PROOFS if operations <= row.operations]
    assert frozenset().union(*listed) == row.operations
    widest = [operations for operations in listed if not any(operations < wider for wider in listed)]
    for proof in map(PROOFS.__getitem__, widest):
        for key_type in row.key_types or {CKK.GENERIC_SECRET}:
            proof(Use(row, key_type, keys))


def attempt(use: Use, operation: str, key: int) -> None:
    """Begin an operation on a key, rightly or wrongly."""
    session, chosen = use.session, parameters(use.row, operation, use.key_type, use.keys)
    template: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: CKK.AES}
    written, length, made = CkTemplate(template), c_ulong(4096), c_ulong()
    match operation:
        case "wrap":
            session.wrap(chosen, key, use.keys.secret(CKK.AES))
        case "unwrap":
            session.unwrap(chosen, key, bytes(256), template)
        case "derive":
            session.derive(chosen, key, template)
        case "generate":
            session.generate(chosen, template)
        case "generate_key_pair":
            session.generate_pair(use.row.value, {}, {})
        case "encapsulate":
            arguments = byref(chosen.mechanism), c_ulong(key), *written.arguments, (c_ulong * 512)()
            session.call("C_EncapsulateKey", *arguments, byref(length), byref(made))
        case "decapsulate":
            given = byref(chosen.mechanism), c_ulong(key), *written.arguments, *data(bytes(768))
            session.call("C_DecapsulateKey", *given, byref(made))
        case "digest":
            session.begin("Digest", chosen)
        case _:
            session.begin(KINDS[operation], chosen, key)


@every_row
def test_keys_of_other_types_are_refused(row: MechanismRow, keys: Keys) -> None:
    """CKR_KEY_TYPE_INCONSISTENT, or its like for keys that carry keys.

    Every fifth of the other types: another fifth from row to row, so that each type meets all kinds of rows.
    """
    others = sorted((PAIRS.keys() | SECRETS.keys() | SIGNED.keys()) - row.key_types)
    for operation in row.operations - {"digest", "generate", "generate_key_pair"}:
        use = Use(row, min(row.key_types), keys)
        for key_type in others[row.value % 5 :: 5]:
            with refused(WRONG_TYPE.get(operation, Rv.KEY_TYPE_INCONSISTENT)):
                attempt(use, operation, keys.of(key_type, operation))


@every_row
def test_what_a_row_does_not_list_is_refused(row: MechanismRow, keys: Keys) -> None:
    """CKR_MECHANISM_INVALID, whatever the key may do."""
    key_type = min(row.key_types, default=CKK.GENERIC_SECRET)
    for operation in frozenset().union(*PROOFS) - row.operations:
        with refused(Rv.MECHANISM_INVALID):
            attempt(Use(row, key_type, keys), operation, keys.of(key_type, operation))
