//! Where PostgreSQL's messages begin and end.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mauntic_neon_fuzz::wire(input));
