"""A program that signs, forks after C_Initialize, and signs in both processes.

`python -m tests.faults.signer MODULE LABEL SIGNATURES`, the PIN in PKCS11_PIN. Each of the two processes writes a line
when it begins to sign, and at its end how many signatures verified and how many did not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import Mechanism

from tests.cryptoki import CKU_USER, Module
from tests.mechanisms import plain

HALF_BYTES = 32


def holds(public: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Verify elsewhere."""
    r, s = (int.from_bytes(half) for half in (signature[:HALF_BYTES], signature[HALF_BYTES:]))
    try:
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def sign(module: Module, label: str, signatures: int) -> None:
    """Log in, sign so often, and say how it went."""
    session = module.open_session(module.slot_of(label))
    session.login(os.environ["PKCS11_PIN"], CKU_USER)
    (private,) = session.find({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    (point_of,) = session.find({Attribute.CLASS: ObjectClass.PUBLIC_KEY})
    point = session.read(point_of, Attribute.EC_POINT)[-2 * HALF_BYTES - 1 :]
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    os.write(1, b"signs\n")
    right = 0
    for number in range(signatures):
        message = os.getpid().to_bytes(8) + number.to_bytes(8)
        right += holds(public, message, session.complete("Sign", plain(Mechanism.ECDSA_SHA256), private, message))
    os.write(1, f"right {right} wrong {signatures - right}\n".encode())


def main() -> None:
    """Initialise, fork, and sign twice."""
    module, label, signatures = Module(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
    module.call("C_Initialize", None)
    module.slots()  # the connection that it takes is not the child's
    child = os.fork()
    if not child:
        module.call("C_Initialize", None)
        sign(module, label, signatures)
        os._exit(0)
    sign(module, label, signatures)
    _, status = os.waitpid(child, 0)
    sys.exit(status)


if __name__ == "__main__":
    main()
