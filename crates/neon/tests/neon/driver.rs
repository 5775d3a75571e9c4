//! Neon's own JavaScript driver against the server that all of this is tested with.

use std::path::Path;
use std::process::Stdio;

use mauntic_neon_local::Server;
use tokio::process::Command;

use crate::place::{NEVER_LONGER, PASSWORD, Place, authority};

/// What `driver.mjs` says, a line for each thing that holds.
async fn run(server: &Server, more: &[&str]) -> Vec<String> {
    let root = mauntic_local::repository_root();
    let trusted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("neon-authority.pem");
    let mine = trusted.with_extension(format!("{}.pem", server.address().port()));
    std::fs::write(&mine, authority().pem()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/neon/driver.mjs");
    let running = Command::new(root.join("node_modules/node/bin/node"))
        .arg(script)
        .args([&server.address().port().to_string(), PASSWORD])
        .args(more)
        .env("NODE_EXTRA_CA_CERTS", &mine)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(NEVER_LONGER, running).await.expect("the driver ends");
    let output = output.expect("node starts; is it installed?");
    std::fs::remove_file(&mine).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the driver failed: {said}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn neons_own_driver_finds_here_what_it_finds_at_neons() {
    let place = Place::new().await;
    let held = run(&place.server, &[]).await;
    println!("@neondatabase/serverless:\n  {}", held.join("\n  "));
    assert_eq!(held.len(), 14);

    let first = Place::new().await;
    run(&first.server, &["first"]).await;
    let counts = first.server.counts();
    println!("its flights with the good-bye: {}, frames: {}", counts.flights(), counts.frames());
    assert!(counts.flights() <= 3, "start-up and statement, and the good-bye");
}
