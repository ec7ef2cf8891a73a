"""Which player takes which of Wycheproof's files, and why some are played by none."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Final

from tests.vectors import ciphers, derivation, lattices, rsa_decryption, signatures, symmetric, wrapping

if TYPE_CHECKING:
    from tests.vectors.judge import Player

HMACS: Final = {
    **{f"hmac_sha{bits}": f"SHA{bits}" for bits in (224, 256, 384, 512)},
    **{f"hmac_sha3_{bits}": f"SHA3_{bits}" for bits in (224, 256, 384, 512)},
    "hmac_sha1": "SHA_1",
    "hmac_sha512_224": "SHA512_224",
    "hmac_sha512_256": "SHA512_256",
}

# The first pattern that fits a file's name.
PLAYERS: Final[dict[str, Player]] = {
    "aes_cbc_pkcs5": symmetric.play_cbc_pad,
    "aes_gcm": symmetric.play_gcm,
    "aes_cmac": symmetric.play_cmac,
    **{name: symmetric.hmac_of(hash_name) for name, hash_name in HMACS.items()},
    "rsa_signature_*": signatures.play_rsa_pkcs1,
    "rsa_pss_*": signatures.play_rsa_pss,
    "rsa_pkcs1_*": rsa_decryption.play_rsa_pkcs1_decrypt,
    "rsa_oaep_*": rsa_decryption.play_oaep,
    "ecdsa_*_p1363": signatures.play_ecdsa_p1363,
    "ecdsa_*_bitcoin": signatures.play_ecdsa_bitcoin,
    "ecdsa_*": signatures.play_ecdsa,
    "ed25519": signatures.play_eddsa,
    "ed448": signatures.play_eddsa,
    "aes_ccm": ciphers.play_ccm,
    "aes_gmac": ciphers.play_gmac,
    "aes_xts": ciphers.play_xts,
    "chacha20_poly1305": ciphers.play_chacha,
    "aes_wrap": wrapping.wrapping("CKM_AES_KEY_WRAP"),
    "aes_kwp": wrapping.wrapping("CKM_AES_KEY_WRAP_KWP"),
    "ecdh_*": derivation.play_ecdh,
    "x25519": derivation.play_montgomery,
    "x448": derivation.play_montgomery,
    **{f"hkdf_{name}": derivation.hkdf_of(spelled) for name, spelled in derivation.HASHES.items()},
    **{f"pbkdf2_hmac{name}": derivation.pbkdf2_of(spelled) for name, spelled in derivation.HASHES.items()},
    "mlkem_*_encaps": lattices.play_ml_kem_encaps,
    "mlkem_*_keygen_seed": lattices.play_ml_kem_keygen,
    "mlkem_*": lattices.play_ml_kem,
    **{f"mldsa_{name}_verify": lattices.ml_dsa_verify(value) for name, value in lattices.ML_DSA_SETS.items()},
    **{f"mldsa_{name}_sign_*": lattices.ml_dsa_sign(value) for name, value in lattices.ML_DSA_SETS.items()},
}

NO_MECHANISM: Final = "PKCS#11 has no such mechanism"
NOT_OURS: Final = "not among our mechanisms"
NO_ROW: Final = "the table has no row for it"
UNPLAYED: Final = {
    "a*cbc_hs*": NO_MECHANISM,
    "aead_aes_siv_cmac": NO_MECHANISM,
    "aegis*": NO_MECHANISM,
    "aes_eax": NO_MECHANISM,
    "aes_ff1_*": NO_MECHANISM,
    "aes_gcm_siv": NO_MECHANISM,
    "aria_*": NOT_OURS,
    "ascon*": NO_MECHANISM,
    "c2sp_*": NO_MECHANISM,
    "camellia_*": NOT_OURS,
    "ec_prime_order_curves": "descriptions of curves, nothing to run",
    "hmac_sm3": NO_MECHANISM,
    "kmac*": NO_MECHANISM,
    "morus*": NO_MECHANISM,
    "pbes2_*": "PKCS#11 has PBKDF2, whose vectors are played; the encryption after it is AES-CBC-PAD",
    "primality": "key generation tests its primes; nobody can ask it about a number",
    "seed_*": NOT_OURS,
    "siphash*": NO_MECHANISM,
    "sm4_*": NO_MECHANISM,
    "vmac_*": NO_MECHANISM,
    "xchacha20_poly1305": NO_MECHANISM,
    "dsa_*": NO_ROW,
}


def player_of(name: str) -> Player | None:
    """Find a file's player."""
    return next((player for pattern, player in PLAYERS.items() if fnmatch.fnmatchcase(name, pattern)), None)


def reason_unplayed(name: str) -> str:
    """Say why a file without player has none.

    Raises:
        KeyError: nobody has thought of it.
    """
    for pattern, reason in UNPLAYED.items():
        if fnmatch.fnmatchcase(name, pattern):
            return reason
    raise KeyError(name)
