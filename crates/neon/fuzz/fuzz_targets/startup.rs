//! What a server says to the pipelined start-up.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mauntic_neon_fuzz::startup(input));
