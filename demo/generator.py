"""Two clients of one token: `generate` has a key made in the server and uses it, `read` reads that key's value.

The key is neither sensitive nor unextractable, for one reason: only so can anybody know the value that the first
client's memory must not hold. Each reads the PIN from standard input, prints one line, and stays until standard input
ends.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import pkcs11
from pkcs11 import Attribute, KeyType

LABEL: Final = "generated-in-the-server"
KEY_BITS: Final = 256


def main() -> int:
    """Generate and use, or read."""
    pin = sys.stdin.readline().rstrip("\n")
    token = pkcs11.lib(os.environ["PKCS11_MODULE"]).get_token(token_label=os.environ["PKCS11_TOKEN"])
    with token.open(user_pin=pin, rw=True) as session:
        if sys.argv[1:] == ["generate"]:
            template = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
            key = session.generate_key(KeyType.AES, KEY_BITS, label=LABEL, store=True, template=template)
            parameters = pkcs11.GCMParams(bytes(12))
            line = key.encrypt(b"text", mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters).hex()  # type: ignore[attr-defined]
        else:
            line = session.get_key(label=LABEL)[Attribute.VALUE].hex()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
