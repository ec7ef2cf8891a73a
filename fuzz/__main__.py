"""Build the fuzzers, instrumented, on the stable toolchain, and run each for a while.

What they find interesting goes to target/fuzz/corpus; what breaks a target, to target/fuzz/crashes, with the exit
status of a failure. The committed corpus is only read.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUILT: Final = ROOT / "target" / "fuzz"
TRIPLE: Final = "x86_64-unknown-linux-gnu"  # naming it keeps the instrumentation out of build scripts
TARGETS: Final = ("frame", "request", "calls")
INPUT_LENGTH_MAX: Final = 16_384
INPUT_TIME_MAX_S: Final = 10
MEMORY_MAX_MIB: Final = 1_024

# What cargo-fuzz asks for, but for the sanitizers, which need a nightly compiler: these are stable options.
COVERAGE: Final = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=yes",
)


def build() -> Path:
    """Build the fuzzers; the folder that they stand in."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--package", "vhsm-fuzz"]
    command += ["--features", "libfuzzer", "--target", TRIPLE, "--target-dir", str(BUILT)]
    environment = os.environ | {"RUSTFLAGS": " ".join(COVERAGE)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return BUILT / TRIPLE / "release"


def fuzz(folder: Path, target: str, seconds: int) -> bool:
    """Run one fuzzer; whether its target held."""
    found, crashes = BUILT / "corpus" / target, BUILT / "crashes"
    for each in (found, crashes):
        each.mkdir(parents=True, exist_ok=True)
    command = [str(folder / f"fuzz-{target}"), f"-max_total_time={seconds}", f"-max_len={INPUT_LENGTH_MAX}"]
    command += [f"-timeout={INPUT_TIME_MAX_S}", f"-rss_limit_mb={MEMORY_MAX_MIB}", "-print_final_stats=1"]
    command += [f"-artifact_prefix={crashes / target}-", str(found), str(ROOT / "fuzz" / "corpus" / target)]
    log = BUILT / f"{target}.log"
    with log.open("wb") as output:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    lines = log.read_text(errors="replace").splitlines()
    executed = next((line.split()[-1] for line in lines if "number_of_executed_units" in line), "?")
    reached = next((line.split("cov: ")[1].split()[0] for line in reversed(lines) if "cov: " in line), "?")
    print(f"{target}: {'held' if status == 0 else 'BROKE'}, {executed} inputs, {reached} edges reached")  # noqa: T201
    if status:
        print("\n".join(lines[-40:]), f"\nthe input: {crashes}; the log: {log}", sep="\n")  # noqa: T201
    return status == 0


def main() -> int:
    """Fuzz every target."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    parser.add_argument("--target", choices=TARGETS, help="only this one")
    arguments = parser.parse_args()
    folder = build()
    targets = (arguments.target,) if arguments.target else TARGETS
    held = [fuzz(folder, target, arguments.seconds) for target in targets]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
