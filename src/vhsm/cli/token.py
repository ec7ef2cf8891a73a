"""`vhsm token`: the tokens of a container, over its socket; what C_GetTokenInfo tells, and the policy."""

from typing import Annotated, Final

import typer

from vhsm.cli.options import ClientConfigPath, Json
from vhsm.cli.output import Plain, print_facts, print_json, stdout
from vhsm.client import Client, connect
from vhsm.config import load_client_config
from vhsm.wire import tables
from vhsm.wire.slot_token_pb2 import Slot
from vhsm.wire.table import MechanismRow

app = typer.Typer(help="Look at the tokens that a container has.", no_args_is_help=True)

# CKF_ bits of CK_TOKEN_INFO that a user can do something about (PKCS#11 v3.2, section 3.2).
USER_PIN_INITIALIZED: Final = 0x0008
STATES: Final = {
    0x0001_0000: "a wrong PIN was given",
    0x0002_0000: "one try is left",
    0x0004_0000: "the PIN is locked",
    0x0010_0000: "a wrong PIN of the security officer was given",
    0x0020_0000: "one try of the security officer is left",
    0x0040_0000: "the security officer's PIN is locked",
}
POLICIES: Final = {
    "compatible": "everything that old programs need; a sequence of calls can give an extractable key away",
    "standard": "ordinary work; no sequence of calls gives a sensitive key away",
    "strict": "as standard, without what is weak: ECB, SHA-1 signatures, PKCS#1 v1.5 decryption",
}


@app.command()
def show(
    label: Annotated[str, typer.Argument(help="The token's label; without it, every token.")] = "",
    config: ClientConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show policy, state and mechanisms of the container's tokens; needs no login."""
    with connect(config=load_client_config(config), name="vhsm token") as client:
        wanted = client.slot_of(label) if label else None
        shown = [described(client, slot) for slot in client.slots() if wanted in (None, slot.slot_id)]
    if as_json:
        print_json(shown)
        return
    if not shown:
        stdout.print("No token is bound to this container; an administrator adds one by `vhsm user add`.")
    for facts in shown:
        print_facts({name: _spelled(value) for name, value in facts.items()})


def described(client: Client, slot: Slot) -> dict[str, Plain]:
    """Put together what the server tells of one token."""
    token = client.token(slot.slot_id)
    mechanisms = tables.MECHANISMS.values()
    return {
        "token": token.label,
        "serial": token.serial,
        "slot": slot.slot_id,
        "container": slot.container,
        "policy": token.policy,
        "which means": POLICIES.get(token.policy, ""),
        "state": states(token.flags),
        "PIN length": f"{token.pin_min} to {token.pin_max}",
        "mechanisms": sum(bool(row.offered(token.policy)) for row in mechanisms),
        "not offered": [text for row in mechanisms if (text := left_out(row, token.policy))],
    }


def left_out(row: MechanismRow, policy: str) -> str:
    """Spell what a policy takes away of a mechanism; empty where it takes nothing."""
    offered = row.offered(policy)
    missing = sorted(row.operations - offered)
    if not missing:
        return ""
    return row.name if not offered else f"{row.name} ({', '.join(missing)})"


def states(flags: int) -> list[Plain]:
    """Spell the CKF_ bits of a token that are not as they should be."""
    found: list[Plain] = [text for bit, text in STATES.items() if flags & bit]
    return found if flags & USER_PIN_INITIALIZED else [*found, "the user has no PIN; the security officer sets one"]


def _spelled(value: Plain) -> str:
    return (", ".join(str(item) for item in value) or "-") if isinstance(value, list) else str(value)
