#!/usr/bin/env bash
# rustc for what is fuzzed, as cargo's wrapper of this workspace's crates: with the
# instrumentation that libFuzzer reads, by the options that cargo-fuzz gives.
exec "$@" \
  -Cpasses=sancov-module \
  -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares \
  -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
  -Ccodegen-units=1
