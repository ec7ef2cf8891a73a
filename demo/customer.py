"""Customer A's own program: ordinary python-pkcs11, run in A's container, which has nothing of the server's.

It reads the PIN from standard input, does its work, and prints each result beside the published one as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final, Protocol, cast

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.mechanisms import GCMParams

from demo import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS_PER_BYTE: Final = 8
GCM_TAG_LENGTH: Final = 16
LABEL: Final = "a-key-of-a"

# What was done, what came out, what was published (or what must be), in hexadecimal or words.
Result = tuple[str, str, str]


class UsableKey(Protocol):
    """A key with the operations that python-pkcs11 mixes into its classes as it meets a key's attributes."""

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes:
        """Sign."""

    def verify(self, data: bytes, signature: bytes, *, mechanism: Mechanism) -> bool:
        """Verify."""

    def encrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        """Encrypt."""

    def decrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        """Decrypt."""

    def destroy(self) -> None:
        """Destroy."""

    def __getitem__(self, kind: Attribute) -> bytes: ...


def import_key(session: pkcs11.Session, kind: KeyType, value: bytes, *, token: bool = False) -> UsableKey:
    """Import a key that cannot be read again."""
    template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: kind,
        Attribute.VALUE: value,
        Attribute.TOKEN: token,
        Attribute.LABEL: LABEL,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    return cast("UsableKey", session.create_object(template))


def sign(session: pkcs11.Session) -> Iterator[Result]:
    """Sign all cases of RFC 2202, and verify them."""
    for case in vectors.hmac_sha1():
        key = import_key(session, KeyType.GENERIC_SECRET, case.key)
        digest = key.sign(case.data, mechanism=Mechanism.SHA_1_HMAC)
        yield f"RFC 2202 HMAC-SHA1 case {case.case}", digest.hex(), case.digest.hex()
        verified = key.verify(case.data, case.digest, mechanism=Mechanism.SHA_1_HMAC)
        forged = key.verify(case.data, bytes(len(case.digest)), mechanism=Mechanism.SHA_1_HMAC)
        yield f"RFC 2202 HMAC-SHA1 case {case.case}, verified", f"{verified}, forged {forged}", "True, forged False"
        key.destroy()


def encrypt(session: pkcs11.Session, source: str) -> Iterator[Result]:
    """Encrypt and decrypt published AES-GCM cases; what is forged must not decrypt."""
    for case in vectors.aes_gcm(source):
        key = import_key(session, KeyType.AES, case.key)
        parameters = GCMParams(b"", case.aad, len(case.tag) * BITS_PER_BYTE)
        parameters.nonce = case.iv  # its constructor takes 12 bytes at most; PKCS#11 does not mind
        sealed = case.ciphertext + case.tag
        if case.valid:
            got = key.encrypt(case.plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
            yield f"{case.name}, encrypted", got.hex(), sealed.hex()
            plain = key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
            yield f"{case.name}, decrypted", plain.hex(), case.plaintext.hex()
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        try:
            forged = key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
        except pkcs11.PKCS11Error as refusal:
            yield f"{case.name}, forged", "refused", "refused"
            if isinstance(refusal, (pkcs11.DeviceError, pkcs11.GeneralError)):
                yield f"{case.name}, forged", type(refusal).__name__, "a refusal, not a failure"
        else:
            yield f"{case.name}, forged", forged.hex(), "refused"
        key.destroy()


def keep(session: pkcs11.Session) -> Iterator[Result]:
    """Import, generate, find and destroy keys of the token."""
    case = vectors.hmac_sha1()[0]
    import_key(session, KeyType.GENERIC_SECRET, case.key, token=True)
    found = cast("UsableKey", next(iter(session.get_objects({Attribute.LABEL: LABEL, Attribute.TOKEN: True}))))
    digest = found.sign(case.data, mechanism=Mechanism.SHA_1_HMAC)
    yield "a key imported into the token signs", digest.hex(), case.digest.hex()
    try:
        value = found[Attribute.VALUE].hex()
    except pkcs11.AttributeSensitive:
        value = "refused"
    yield "its value cannot be read again", value, "refused"
    found.destroy()
    generated = cast("UsableKey", session.generate_key(KeyType.AES, 256, store=True, label=LABEL))
    parameters = GCMParams(bytes(12))
    sealed = generated.encrypt(b"text", mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
    plain = generated.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
    yield "a generated key decrypts what it encrypted", plain.decode(), "text"
    generated.destroy()
    left = len(list(session.get_objects({Attribute.LABEL: LABEL})))
    yield "destroyed keys are gone", f"{left} left", "0 left"


def main() -> int:
    """Do it all; the exit status says only that it ran to its end."""
    pin = sys.stdin.readline().rstrip("\n")
    token = pkcs11.lib(os.environ["PKCS11_MODULE"]).get_token(token_label=os.environ["PKCS11_TOKEN"])
    with token.open(user_pin=pin, rw=True) as session:
        results = {
            "keys": list(keep(session)),
            "RFC 2202": list(sign(session)),
            "NIST CAVP": list(encrypt(session, "nist")),
            "Wycheproof": list(encrypt(session, "wycheproof")),
        }
    sys.stdout.write(json.dumps(results) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
