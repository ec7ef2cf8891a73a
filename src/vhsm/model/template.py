"""Templates: what an application says of an object, parsed before anything else is done with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vhsm.errors import AttributeTypeInvalid, AttributeValueInvalid, TemplateInconsistent
from vhsm.model.attributes import Attributes, Malformed
from vhsm.wire.limits import OBJECT_ATTRIBUTES_LENGTH_MAX, OBJECT_TEMPLATE_ATTRIBUTES_MAX
from vhsm.wire.tables import ATTRIBUTES, CKA_VALUE, CKA_WRAP_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vhsm.wire import object_pb2
    from vhsm.wire.table import AttributeRow

NUMBER_LENGTH = 8
DATE_LENGTH = 8  # "YYYYMMDD": CK_DATE


@dataclass(frozen=True, slots=True)
class Template:
    """A template's attributes in canonical spelling; of a secret one only its length is known here."""

    values: Mapping[int, bytes] = field(default_factory=dict)
    # Length in bytes of each secret attribute, by CKA_ type.
    secret_lengths: Mapping[int, int] = field(default_factory=dict)

    def boolean(self, kind: int) -> bool | None:
        """Return a boolean; None where the template is silent."""
        value = self.values.get(kind)
        return None if value is None else value == b"\x01"

    def names(self, kind: int) -> bool:
        """Tell whether the template has an attribute, secret or not."""
        return kind in self.values or kind in self.secret_lengths

    def number(self, kind: int) -> int | None:
        """Return a number; None where the template is silent."""
        value = self.values.get(kind)
        return None if value is None else int.from_bytes(value, "big")


def parse_template(untrusted: object_pb2.Template, secret_lengths: Sequence[int], *, sought: bool = False) -> Template:
    """Check every attribute's type, encoding and place (value or secret).

    What is `sought`, a find's template, may have the CKA_VALUE of a certificate in the clear.

    Raises:
        AttributeTypeInvalid: spec/pkcs11/attributes.toml has no such row.
        AttributeValueInvalid: wrongly encoded, or a secret outside the segment.
        TemplateInconsistent: a type twice, or more than any object may have.
    """
    if len(untrusted.attributes) > OBJECT_TEMPLATE_ATTRIBUTES_MAX:
        raise TemplateInconsistent(f"a template has at most {OBJECT_TEMPLATE_ATTRIBUTES_MAX} attributes")
    values: dict[int, bytes] = {}
    secrets: dict[int, int] = {}
    for attribute in untrusted.attributes:
        row = ATTRIBUTES.get(attribute.type)
        if row is None:
            raise AttributeTypeInvalid(f"attribute {attribute.type:#x} is not known")
        if row.value in values or row.value in secrets:
            raise TemplateInconsistent(f"{row.name} stands twice in the template")
        in_the_clear = sought and row.value == CKA_VALUE and attribute.WhichOneof("content") == "value"
        if row.secret and not in_the_clear:
            if attribute.WhichOneof("content") != "secret" or attribute.secret >= len(secret_lengths):
                raise AttributeValueInvalid(f"{row.name} belongs into the secret segment")
            secrets[row.value] = secret_lengths[attribute.secret]
        else:
            if attribute.WhichOneof("content") != "value":
                raise AttributeValueInvalid(f"{row.name} is no secret and has a plain value")
            check_encoding(row, attribute.value)
            values[row.value] = attribute.value
    if sum(map(len, values.values())) > OBJECT_ATTRIBUTES_LENGTH_MAX:
        raise TemplateInconsistent(f"attributes are longer than {OBJECT_ATTRIBUTES_LENGTH_MAX} bytes")
    return Template(values, secrets)


def check_encoding(row: AttributeRow, value: bytes) -> None:
    """Refuse a value that its row's kind cannot hold.

    Raises:
        AttributeValueInvalid.
    """
    match row.kind:
        case "boolean":
            good = value in (b"\x00", b"\x01")
        case "number":
            good = len(value) == NUMBER_LENGTH
        case "mechanisms":
            good = len(value) % NUMBER_LENGTH == 0
        case "date":
            good = not value or (len(value) == DATE_LENGTH and value.isdigit())
        case "text":
            good = is_utf8(value)
        case "bytes":
            good = True
        case "template":
            good = is_template(row, value)
    if not good:
        raise AttributeValueInvalid(f"{row.name} cannot hold this value")


def is_template(row: AttributeRow, value: bytes) -> bool:
    """Tell whether a key may hold this template for others (PKCS#11 v3.2, 4.8 to 4.10).

    There is no template in a template and no secret. What only the engine sets is compared with what is wrapped, but
    put on no key.
    """
    try:
        values = Attributes.parse(value).values
        for kind, inner in values.items():
            held = ATTRIBUTES[kind]
            settable = held.set_by == "template" or row.value == CKA_WRAP_TEMPLATE
            if held.secret or held.kind == "template" or not settable:
                return False
            check_encoding(held, inner)
    except (Malformed, KeyError, AttributeValueInvalid):
        return False
    return len(values) <= OBJECT_TEMPLATE_ATTRIBUTES_MAX


def is_utf8(value: bytes) -> bool:
    """Tell whether a text is one (RFC 2279 strings, PKCS#11 v3.2, section 4.4)."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
