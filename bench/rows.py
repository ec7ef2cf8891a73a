"""What is measured, and what the issue asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Bytes of an echo each way: the request's header and names, beside its data.
FLOOR_LENGTH: Final = 100
# Few enough for a peer without an index to be filled in seconds.
OBJECTS_FEW: Final = 1_000
OBJECTS_MANY: Final = 100_000
SESSIONS_HELD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One operation, as `bench/driver` measures it."""

    name: str
    title: str
    operation: str
    size: int
    # Bytes of data that travel with it, beside FLOOR_LENGTH.
    floor_data: int = 0
    key_in: str = "token"
    # Objects that the token must hold; 0 for rows that do not care.
    objects: int = 0
    threads: tuple[int, ...] = ()
    # Upper bounds on p50: times the floor, and microseconds.
    floor_ratio_max: float | None = None
    p50_us_max: float | None = None
    # Upper bound on p50: times the floor and the library's own time together.
    raw_ratio_max: float | None = None
    # The library verifies what it signs, as the engine does (ADR 10).
    library_verifies: bool = False
    # At least so many times faster than a peer, by the peer's name.
    faster_than: tuple[tuple[str, float], ...] = ()
    # Lower bound on throughput at the most threads, as a share of the floor's.
    throughput_share_min: float | None = None
    # The same in operations a second, and as a multiple of a peer's, by the peer's name.
    throughput_min: float | None = None
    throughput_times: tuple[str, float] | None = None

    def driver_arguments(self) -> list[str]:
        """Spell the row for the driver's `measure`."""
        return ["--operation", self.operation, "--size", str(self.size), "--key-in", self.key_in]

    def library_arguments(self) -> list[str]:
        """Spell the row for the driver's `library`."""
        return ["--operation", self.operation, "--size", str(self.size), *["--verify"] * self.library_verifies]

    @property
    def floor_length(self) -> int:
        """Bytes of the echo that this row is compared with."""
        return FLOOR_LENGTH + self.floor_data


THREADS: Final = (1, 2, 4, 8)
PEER: Final = (("p11-kit", 3.0),)
IN_PROCESS: Final = (("SoftHSM2", 1.0),)
ROWS: Final = (
    Row("hmac-64", "HMAC-SHA256 64 B", "hmac", 64, threads=THREADS, floor_ratio_max=1.3, faster_than=PEER,
        throughput_share_min=0.55),
    Row("hmac-64-session", "HMAC-SHA256 64 B, session key", "hmac", 64, key_in="session"),
    Row("gcm-64", "AES-GCM 64 B", "gcm", 64, threads=THREADS, floor_ratio_max=1.3, faster_than=PEER,
        throughput_share_min=0.55),
    Row("gcm-64-session", "AES-GCM 64 B, session key", "gcm", 64, key_in="session"),
    Row("gcm-4k", "AES-GCM 4 KiB", "gcm", 4_096, floor_data=4_096, threads=THREADS),
    Row("gcm-64k", "AES-GCM 64 KiB", "gcm", 65_536, floor_data=65_536, threads=THREADS),
    Row("cbc-64k", "AES-CBC 64 KiB", "cbc", 65_536, floor_data=65_536, threads=THREADS, raw_ratio_max=1.2),
    Row("ctr-64k", "AES-CTR 64 KiB", "ctr", 65_536, floor_data=65_536, threads=THREADS, raw_ratio_max=1.2),
    Row("ecdsa", "ECDSA P-256", "ecdsa", 32, threads=THREADS, raw_ratio_max=1.2, faster_than=IN_PROCESS,
        throughput_min=40_000, throughput_times=("p11-kit", 3.0)),
    Row("ed25519", "Ed25519 64 B", "ed25519", 64, threads=THREADS, raw_ratio_max=1.2, faster_than=IN_PROCESS),
    Row("ed25519-verified", "Ed25519 64 B, verified by the library too", "ed25519", 64, raw_ratio_max=1.2,
        library_verifies=True),
    Row("rsa-2048", "RSA-2048 PKCS#1 v1.5, SHA-256", "rsa", 64, threads=THREADS, raw_ratio_max=1.2,
        faster_than=IN_PROCESS),
    Row("ml-dsa-65", "ML-DSA-65 64 B", "ml-dsa", 64, floor_data=3_309, threads=THREADS, raw_ratio_max=1.2),
    Row("random", "random 32 B", "random", 32, threads=THREADS),
    Row("find-1000", "find 1 of 1,000 by label", "find", OBJECTS_FEW, objects=OBJECTS_FEW, threads=THREADS,
        faster_than=(("SoftHSM2", 15.0),)),
    Row("session", "open and close a session", "session", 0, threads=THREADS, floor_ratio_max=2.4),
    Row("login", "log in and out again", "login", 0),
)  # fmt: skip
# Apart, since it wants 100,000 objects, which the rows above must not meet.
ROW_MANY: Final = Row(
    "find-100000", "find 1 of 100,000 by label", "find", OBJECTS_MANY, objects=OBJECTS_MANY, p50_us_max=1_000
)
QUICK: Final = (
    *("hmac-64", "gcm-64", "ecdsa", "ed25519", "ed25519-verified", "rsa-2048", "ml-dsa-65"),
    *("random", "find-1000", "session", "login"),
)
