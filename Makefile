# Two commands matter: `make dev` and `make test`. Each does its own set-up.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup build dev demo test bench soak fuzz deny clean

ENV := . target/setup/env.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: ## fetch and build the tools; does nothing the second time
	@tools/setup.sh

build: setup ## production builds of the workers
	@tools/build-workers.sh

dev: build ## PostgreSQL, the workers and a clock, on this machine, until Ctrl-C; TRANSPORT=neon-ws: over a stand-in of Neon's proxy
	@$(ENV) && exec cargo run -q -p mauntic-cli -- dev

demo: build ## the same, and ends when every seeded contact is scored and checked
	@$(ENV) && exec cargo run -q -p mauntic-cli -- dev --demo

test: setup ## formatting, lints, docs, builds and all tests
	@$(ENV) && exec node tools/check.mjs

bench: build ## transports, scoring, roll-ups and settlements beside plain SQL; nights; job systems beside pg-boss and graphile-worker; an hour
	@$(ENV) && npm ci --prefix tests/bench/peers --ignore-scripts --no-audit --no-fund --loglevel=error && \
	  { cargo bench -q -p mauntic-tests --bench transports; transports=$$?; \
	    cargo bench -q -p mauntic-tests --bench scoring; scoring=$$?; \
	    cargo bench -q -p mauntic-tests --bench analytics; analytics=$$?; \
	    cargo bench -q -p mauntic-tests --bench scoreboard; scoreboard=$$?; \
	    cargo bench -q -p mauntic-tests --bench overnight; overnight=$$?; \
	    cargo bench -q -p mauntic-tests --bench peers && \
	    [ $$transports$$scoring$$analytics$$scoreboard$$overnight = 00000 ]; }

soak: setup ## the long proofs: a million seeds, a thousand histories, the store's contract over every transport and its faults, a league's season, 50,000 jobs and a million contacts under faults, a night of 100,000 users; an hour or two
	@$(ENV) && cargo run -q --profile test -p mauntic-cli -- sim run --seeds 1000000
	@$(ENV) && cargo test -p mauntic-tests --test sim tournament
	@$(ENV) && MAUNTIC_HISTORIES=500 cargo test -p mauntic-tests --test conformance histories
	@$(ENV) && for way in hyperdrive tls neon-ws; do for fault in "" :split :merge :delay; do \
	  MAUNTIC_TRANSPORT=$$way$$fault cargo test -p mauntic-tests --test conformance || exit 1; done; done
	@$(ENV) && tools/build-workers.sh && tools/build-workers.sh --fault-hooks && \
	  for way in tcp hyperdrive tls neon-ws; do \
	    MAUNTIC_TRANSPORT=workerd-$$way cargo test -p mauntic-tests --test conformance postgres || exit 1; done && \
	  MAUNTIC_E2E_JOBS=50000 cargo test -p mauntic-tests --test e2e ten_thousand && \
	  MAUNTIC_E2E_CONTACTS=1000000 cargo test -p mauntic-tests --test e2e recompute && \
	  cargo bench -q -p mauntic-tests --bench overnight -- soak

# Its own folder: instrumented, everything is built once more.
fuzz: setup ## every fuzz target, ten minutes each (FUZZ_SECS), side by side; what is found is kept in crates/neon/fuzz/artifacts
	@$(ENV) && . tools/versions.env && \
	  root="$$MAUNTIC_CACHE/cargo-fuzz-$$CARGO_FUZZ_VERSION" && \
	  { [ -x "$$root/bin/cargo-fuzz" ] || \
	    cargo install --locked "cargo-fuzz@$$CARGO_FUZZ_VERSION" --root "$$root"; } && \
	  PATH="$$root/bin:$$PATH" exec tools/fuzz.sh $${FUZZ_SECS:-600} cargo-fuzz

deny: setup ## licences, duplicate and vulnerable dependencies (needs the advisory database)
	@$(ENV) && . tools/versions.env && \
	  root="$$MAUNTIC_CACHE/cargo-deny-$$CARGO_DENY_VERSION" && \
	  { [ -x "$$root/bin/cargo-deny" ] || \
	    cargo install --locked "cargo-deny@$$CARGO_DENY_VERSION" --root "$$root"; } && \
	  exec "$$root/bin/cargo-deny" check --hide-inclusion-graph

clean: ## everything built here; the shared tool cache stays
	@rm -rf target node_modules tests/bench/peers/node_modules workers/*/build workers/*/build-hooks
