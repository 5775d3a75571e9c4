//! What comes back over HTTP, and the values in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mauntic_neon_fuzz::rows(input));
