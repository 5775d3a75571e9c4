//! Every input that is kept: the seeds, and whatever was found once.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;

/// Does with every kept input of a target what the target does.
fn kept(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        run(&std::fs::read(entry.unwrap().path()).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0, "{target} has no seeds");
}

#[test]
fn wire() {
    kept("wire", mauntic_neon_fuzz::wire);
}

#[test]
fn startup() {
    kept("startup", mauntic_neon_fuzz::startup);
}

#[test]
fn frames() {
    kept("frames", mauntic_neon_fuzz::frames);
}

#[test]
fn rows() {
    kept("rows", mauntic_neon_fuzz::rows);
}
