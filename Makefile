# Every target sets up what it needs (tools/bootstrap): a fresh Debian 12 with git and make is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Puts a new enough cargo and .venv/bin on PATH.
ENTER := . tools/environment;
CARGO_FLAGS := --release --locked

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Run the whole system on real input in real containers, attackers included
	@$(ENTER) python -m demo

.PHONY: test
test: build build-attacked check-parts ## Build, check and run every test
	@$(ENTER) cargo test $(CARGO_FLAGS) --workspace --quiet
	@$(ENTER) VHSM_REQUIRE_ALL=$$(python tools/kernel.py --all >/dev/null && echo 1 || echo 0) pytest

.PHONY: check
check: ready check-parts ## Look for drift, forbidden imports, lint, types and format; changes nothing

.PHONY: check-parts
check-parts: ready
	@$(ENTER) python tools/generate.py --check
	@$(ENTER) python tools/check_imports.py
	@$(ENTER) python tools/check_unsafe.py
	@$(ENTER) ruff check --quiet
	@$(ENTER) ruff format --check --quiet
	@$(ENTER) mypy
	@$(ENTER) tools/if_there cargo-clippy cargo clippy $(CARGO_FLAGS) --quiet --workspace --all-targets -- --deny warnings
	@$(ENTER) tools/if_there rustfmt cargo fmt --all --check

.PHONY: fix
fix: ready ## Repair what a machine can repair: lint and format
	@$(ENTER) ruff check --fix --quiet || true
	@$(ENTER) ruff format --quiet
	@$(ENTER) tools/if_there rustfmt cargo fmt --all

.PHONY: generate
generate: ready ## Write the generated files from spec/
	@$(ENTER) python tools/generate.py

.PHONY: bench
bench: build ## Measure against the echo floor, SoftHSM2 and p11-kit; results in bench/results
	@$(ENTER) python -m bench
	@$(ENTER) python -m bench.refusals
	@$(ENTER) python -m bench.padding
	@$(ENTER) python -m bench.handshakes

.PHONY: conformance
conformance: build ## Run every program against the real server and print a table; the long suites too
	@$(ENTER) python -m tests.conformance

.PHONY: attacks
attacks: build build-attacked ## Run the attacks, each with its positive control
	@$(ENTER) cargo test $(CARGO_FLAGS) --package vhsm-engine --lib --features laws-off -- laws
	@$(ENTER) pytest tests/attacks

.PHONY: theft
theft: build ## Play 10,000 sequences of a key thief on a standard and on a strict token
	@$(ENTER) VHSM_THEFT_SEQUENCES=10000 pytest tests/attacks/test_key_theft.py

.PHONY: faults
faults: build ## Kill engine, worker and supervisor at 500 write points
	@$(ENTER) VHSM_FAULT_POINTS=500 pytest tests/faults

.PHONY: fuzz
fuzz: build ## Fuzz frames, requests and C calls, 60 seconds each
	@$(ENTER) python -m fuzz --seconds 60

# ---- steps that the targets above share ----------------------------------------------------------

.PHONY: ready
ready:
	@tools/bootstrap

.PHONY: build
build: ready
	@$(ENTER) cargo build $(CARGO_FLAGS)

# The engine without its laws: what the attacks must defeat, or they prove nothing.
.PHONY: build-attacked
build-attacked: build
	@$(ENTER) cargo build $(CARGO_FLAGS) --package vhsm-engine --features laws-off --bin vhsm-engine-laws-off
