//! A WebSocket's frames, through the start-up to the driver.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mauntic_neon_fuzz::frames(input));
