"""Templates that a key holds for others (PKCS#11 v3.2, 5.18.3 to 5.18.9): what it wraps, and what is made with it.

The engine holds every worker to them; here they are applied so that the token's policy sees the whole template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import KeyHandleInvalid, TemplateInconsistent
from vhsm.model.attributes import Attributes
from vhsm.model.template import Template
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_wrapped(wrapping_key: Attributes, key: Attributes) -> None:
    """Refuse to wrap a key that is not as the wrapping key's CKA_WRAP_TEMPLATE demands.

    Raises:
        KeyHandleInvalid: as 5.18.3 has it.
    """
    demanded = wrapping_key.value(tables.CKA_WRAP_TEMPLATE)
    for kind, value in Attributes.parse(demanded).values.items() if demanded else ():
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
        added = key.value(kind)
        for inner, value in Attributes.parse(added).values.items() if added else ():
            if values.setdefault(inner, value) != value:
                name = tables.ATTRIBUTES[inner].name
                raise conflict(f"{name} is not as the key's {tables.ATTRIBUTES[kind].name} has it")
    return Template(values, template.secret_lengths)
