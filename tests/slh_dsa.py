"""Verification of SLH-DSA, straight from FIPS 205: the other party, since `cryptography` has none.

Slow and plain; checked by hand against NIST's ACVP vectors (sigVer). Names are the standard's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

WOTS_HASH, WOTS_PK, TREE, FORS_TREE, FORS_ROOTS = range(5)
W: Final = 16
LEN2: Final = 3


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """A row of table 2; `shake` says which hashes."""

    n: int
    h: int
    d: int
    a: int
    k: int
    m: int
    shake: bool = False

    @property
    def signature_length(self) -> int:
        """Length of a signature, in bytes."""
        return self.n * (1 + self.k * (1 + self.a) + self.h + self.d * (2 * self.n + LEN2))


SHA2: Final = (
    *(ParameterSet(16, 63, 7, 12, 14, 30), ParameterSet(16, 66, 22, 6, 33, 34)),
    *(ParameterSet(24, 63, 7, 14, 17, 39), ParameterSet(24, 66, 22, 8, 33, 42)),
    *(ParameterSet(32, 64, 8, 14, 22, 47), ParameterSet(32, 68, 17, 9, 35, 49)),
)
# By their CKP_ values (PKCS#11 v3.2, 6.69.1): 128s, 128f, 192s and so on, each with SHA-2 and with SHAKE.
SETS: Final = {
    2 * at + shake + 1: replace(numbers, shake=bool(shake)) for at, numbers in enumerate(SHA2) for shake in (0, 1)
}
LEAST_N: Final = 16


@dataclass(slots=True)
class Address:
    """ADRS (4.2), in words of four bytes."""

    layer: int = 0
    tree: int = 0
    kind: int = 0
    key_pair: int = 0
    height: int = 0
    index: int = 0

    def encoded(self, *, shake: bool) -> bytes:
        """Give 32 bytes, or the 22 of 11.2."""
        words = b"".join(word.to_bytes(4) for word in (self.key_pair, self.height, self.index))
        if shake:
            return self.layer.to_bytes(4) + self.tree.to_bytes(12) + self.kind.to_bytes(4) + words
        return self.layer.to_bytes(1) + self.tree.to_bytes(8) + self.kind.to_bytes(1) + words


class Verifier:
    """A public key."""

    def __init__(self, parameters: ParameterSet, public_key: bytes) -> None:
        """Take PK.seed and PK.root."""
        self.set = parameters
        self.seed, self.root = public_key[: parameters.n], public_key[parameters.n :]

    def tweaked(self, address: Address, *parts: bytes) -> bytes:
        """F of one part, H of two, T of many (11.1, 11.2)."""
        n, encoded, message = self.set.n, address.encoded(shake=self.set.shake), b"".join(parts)
        if self.set.shake:
            return hashlib.shake_256(self.seed + encoded + message).digest(n)
        if n == LEAST_N or len(parts) == 1:
            return hashlib.sha256(self.seed.ljust(64, b"\0") + encoded + message).digest()[:n]
        return hashlib.sha512(self.seed.ljust(128, b"\0") + encoded + message).digest()[:n]

    def digest(self, randomness: bytes, message: bytes) -> bytes:
        """H_msg."""
        if self.set.shake:
            return hashlib.shake_256(randomness + self.seed + self.root + message).digest(self.set.m)
        sha = hashlib.sha256 if self.set.n == LEAST_N else hashlib.sha512
        inner = randomness + self.seed + sha(randomness + self.seed + self.root + message).digest()
        blocks = b"".join(sha(inner + counter.to_bytes(4)).digest() for counter in range(2))
        return blocks[: self.set.m]

    def climb(self, address: Address, node: bytes, index: int, path: list[bytes]) -> bytes:
        """Go from a leaf to its root along an authentication path."""
        for height, sibling in enumerate(path, 1):
            pair = (sibling, node) if index & 1 else (node, sibling)
            index >>= 1
            address.height, address.index = height, index
            node = self.tweaked(address, *pair)
        return node

    def fors_public_key(self, signature: list[bytes], chosen: list[int], tree: int, leaf: int) -> bytes:
        """Algorithm 17; a signature in pieces of n bytes."""
        roots = []
        for at, index in enumerate(chosen):
            secret, *path = signature[at * (self.set.a + 1) : (at + 1) * (self.set.a + 1)]
            place = (at << self.set.a) + index
            address = Address(tree=tree, kind=FORS_TREE, key_pair=leaf, index=place)
            roots.append(self.climb(address, self.tweaked(address, secret), place, path))
        return self.tweaked(Address(tree=tree, kind=FORS_ROOTS, key_pair=leaf), *roots)

    def wots_public_key(self, signature: list[bytes], message: bytes, layer: int, tree: int, leaf: int) -> bytes:
        """Algorithm 8."""
        digits = [digit for byte in message for digit in (byte >> 4, byte & 15)]
        checksum = sum(W - 1 - digit for digit in digits)
        digits += [checksum >> 8, checksum >> 4 & 15, checksum & 15]
        ends = []
        for chain, (digit, value) in enumerate(zip(digits, signature, strict=True)):
            end = value
            for step in range(digit, W - 1):
                end = self.tweaked(Address(layer, tree, WOTS_HASH, leaf, chain, step), end)
            ends.append(end)
        return self.tweaked(Address(layer, tree, WOTS_PK, leaf), *ends)

    def verify_internal(self, message: bytes, signature: bytes) -> bool:
        """Algorithm 20."""
        n, a, k, per_layer = self.set.n, self.set.a, self.set.k, self.set.h // self.set.d
        if len(signature) != self.set.signature_length:
            return False
        pieces = [signature[at : at + n] for at in range(0, len(signature), n)]
        digest = self.digest(pieces[0], message)
        first, tree_length = (k * a + 7) // 8, (self.set.h - per_layer + 7) // 8
        bits = int.from_bytes(digest[:first]) >> (8 * first - k * a)
        chosen = [bits >> a * (k - 1 - at) & (1 << a) - 1 for at in range(k)]
        tree = int.from_bytes(digest[first : first + tree_length]) % (1 << self.set.h - per_layer)
        leaf = int.from_bytes(digest[first + tree_length :]) % (1 << per_layer)
        end = 1 + k * (a + 1)
        node = self.fors_public_key(pieces[1:end], chosen, tree, leaf)
        for layer in range(self.set.d):
            wots_end = end + 2 * n + LEN2
            node = self.wots_public_key(pieces[end:wots_end], node, layer, tree, leaf)
            end = wots_end + per_layer
            node = self.climb(Address(layer, tree, TREE), node, leaf, pieces[wots_end:end])
            tree, leaf = tree >> per_layer, tree % (1 << per_layer)
        return node == self.root

    def verify(self, message: bytes, signature: bytes, context: bytes = b"") -> bool:
        """Algorithm 24."""
        return self.verify_internal(b"\0" + len(context).to_bytes(1) + context + message, signature)

    def verify_hashed(self, oid: bytes, digest: bytes, signature: bytes, context: bytes = b"") -> bool:
        """Algorithm 25, of a digest and the DER of its hash's identifier."""
        return self.verify_internal(b"\1" + len(context).to_bytes(1) + context + oid + digest, signature)
