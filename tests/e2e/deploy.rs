//! What is deployed: complete, small, and without fault hooks.

use std::path::PathBuf;
use std::process::Command;

/// In the wasm of every build with fault hooks (`crates/platform`).
const HOOKS_MARKER: &[u8] = b"mauntic-fault-hooks";

/// Largest worker, gzipped: a third of the smallest plan's limit of 3 MB.
const GZIP_KIB_MAX: f64 = 1_024.0;

fn root() -> PathBuf {
    mauntic_local::repository_root()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn production_wasm_has_no_fault_hooks() {
    for worker in ["http", "queue"] {
        let wasm = |build: &str| {
            let path = root().join(format!("workers/{worker}/{build}/index_bg.wasm"));
            std::fs::read(&path)
                .unwrap_or_else(|error| panic!("{}: {error}; run make build", path.display()))
        };
        assert!(
            !contains(&wasm("build"), HOOKS_MARKER),
            "{worker}: the production build has hooks"
        );
        assert!(
            contains(&wasm("build-hooks"), HOOKS_MARKER),
            "{worker}: the hooks' build has none"
        );
    }
}

#[test]
fn both_workers_deploy_dry_in_every_environment_and_stay_small() {
    let scratch = std::env::temp_dir().join(format!("mauntic-dry-{}", std::process::id()));
    for worker in ["http", "queue"] {
        for environment in ["production", "staging"] {
            let out = scratch.join(format!("{worker}-{environment}"));
            let output = Command::new(root().join("node_modules/node/bin/node"))
                .arg(root().join("node_modules/wrangler/bin/wrangler.js"))
                .args(["deploy", "--dry-run", "--env", environment])
                .arg("--outdir")
                .arg(&out)
                .arg("-c")
                .arg(root().join(format!("wrangler/{worker}.toml")))
                .current_dir(root())
                .env("WRANGLER_SEND_METRICS", "false")
                .env("CI", "1")
                .output()
                .unwrap();
            let said = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(output.status.success(), "{worker} {environment}: {said}");
            assert!(
                said.contains("SCORING_JOBS") && said.contains("WARMUP_R2"),
                "{worker} {environment}: {said}"
            );
            let kib = gzip_kib(&said).unwrap_or_else(|| panic!("no size: {said}"));
            println!("{worker} {environment}: {kib} KiB gzipped");
            assert!(kib < GZIP_KIB_MAX, "{worker} {environment}: {kib} KiB");
        }
    }
    std::fs::remove_dir_all(scratch).unwrap();
}

/// `Total Upload: 1 KiB / gzip: 2 KiB` → 2.
fn gzip_kib(said: &str) -> Option<f64> {
    let (_, rest) = said.split_once("gzip: ")?;
    rest.split(' ').next()?.parse().ok()
}
