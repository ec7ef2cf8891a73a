"""Templates that a key holds for others (PKCS#11 v3.2, 5.18.3 to 5.18.9): what it wraps, and what is made with it.

The engine holds every worker to them; here they are applied so that the token's policy sees the whole template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import KeyHandleInvalid, TemplateInconsistent
from vhsm.model.attributes import Attributes
from vhsm.model.template import Template
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEMPLATES: Final = frozenset(
    {
        tables.CKA_WRAP_TEMPLATE,
        tables.CKA_UNWRAP_TEMPLATE,
        tables.CKA_DERIVE_TEMPLATE,
        tables.CKA_ENCAPSULATE_TEMPLATE,
        tables.CKA_DECAPSULATE_TEMPLATE,
    }
)


def held(key: Attributes, kind: int) -> Mapping[int, bytes]:
    """Read the template `kind` of a key; empty where it has none."""
    template = key.value(kind)
    return Attributes.parse(template).values if template else {}


def check_wrapped(wrapping_key: Attributes, key: Attributes) -> None:
    """Refuse to wrap a key that is not as the wrapping key's CKA_WRAP_TEMPLATE demands.

    Raises:
        KeyHandleInvalid: as 5.18.3 has it.
    """
    for kind, value in held(wrapping_key, tables.CKA_WRAP_TEMPLATE).items():
        if key.value(kind) != value:
            raise KeyHandleInvalid(f"{tables.ATTRIBUTES[kind].name} is not as CKA_WRAP_TEMPLATE demands")


def applied(template: Template, keys: Iterable[Attributes], kind: int) -> Template:
    """Add to an application's template what the template `kind` of each of the keys says.

    Raises:
        TemplateInconsistent: they do not say the same.
        KeyHandleInvalid: the same of C_EncapsulateKey, as 5.18.8 has it.
    """
    conflict = KeyHandleInvalid if kind == tables.CKA_ENCAPSULATE_TEMPLATE else TemplateInconsistent
    values = dict(template.values)
    for key in keys:
        for inner, value in held(key, kind).items():
            if values.setdefault(inner, value) != value:
                name = tables.ATTRIBUTES[inner].name
                raise conflict(f"{name} is not as the key's {tables.ATTRIBUTES[kind].name} has it")
    return Template(values, template.secret_lengths)
