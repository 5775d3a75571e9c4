//! What is deployed: complete, small, and without fault hooks.

use std::path::{Path, PathBuf};
use std::process::Command;

use mauntic_tests::say::say;
use mauntic_tests::turn::Turn;

/// In the wasm of every build with fault hooks (`crates/platform`).
const HOOKS_MARKER: &[u8] = b"mauntic-fault-hooks";

/// Every name by which a fault can be asked for.
const HOOKS: [&str; 5] =
    ["FAULT_DUPLICATES", "FAULT_CLOCK_OFFSET_MS", "fault-panic", "x-fault-panic", "x-fault-relay"];

/// Largest worker, gzipped: a third of the smallest plan's limit of 3 MB.
const GZIP_KIB_MAX: f64 = 1_024.0;

fn root() -> PathBuf {
    mauntic_local::repository_root()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The names of [`HOOKS`] in this text or wasm.
fn hooks_in(bytes: &[u8]) -> Vec<&'static str> {
    HOOKS.into_iter().filter(|name| contains(bytes, name.as_bytes())).collect()
}

/// All files under a folder, with their paths.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![(path.clone(), std::fs::read(path).unwrap())],
    };
    entries.flat_map(read).collect()
}

#[test]
fn production_wasm_has_no_fault_hooks() {
    let mut found = Vec::new();
    for worker in ["http", "queue"] {
        let wasm = |build: &str| {
            let path = root().join(format!("workers/{worker}/{build}/index_bg.wasm"));
            std::fs::read(&path)
                .unwrap_or_else(|error| panic!("{}: {error}; run make build", path.display()))
        };
        let (production, hooks) = (wasm("build"), wasm("build-hooks"));
        assert!(!contains(&production, HOOKS_MARKER), "{worker}: the production build has hooks");
        assert_eq!(hooks_in(&production), [""; 0], "{worker}: the production build");
        assert!(contains(&hooks, HOOKS_MARKER), "{worker}: the hooks' build has none");
        found.extend(hooks_in(&hooks));
    }
    // Were a name changed or stored in another way, its absence would say
    // nothing.
    for name in HOOKS {
        assert!(found.contains(&name), "{name} is in no build with hooks");
    }
}

/// The bundle as it would be uploaded.
fn assert_no_hooks(out: &Path) {
    let files = files(out);
    for (path, bytes) in &files {
        assert_eq!(hooks_in(bytes), [""; 0], "{}", path.display());
    }
    for kind in ["js", "wasm"] {
        let has = files.iter().any(|(path, _)| path.extension().is_some_and(|e| e == kind));
        assert!(has, "no .{kind} in {}", out.display());
    }
}

#[test]
fn every_worker_deploys_dry_in_every_environment_and_stay_small() {
    let _turn = Turn::shared_blocking();
    let scratch = std::env::temp_dir().join(format!("mauntic-dry-{}", std::process::id()));
    let work = ["SCORING_JOBS", "WARMUP_R2", "PROJECTIONS"];
    let workers = [("http", &work[..]), ("queue", &work), ("console", &["env.API", "ASSETS"])];
    for (worker, bindings) in workers {
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
            for binding in bindings {
                assert!(said.contains(binding), "{worker} {environment}: {said}");
            }
            let kib = gzip_kib(&said).unwrap_or_else(|| panic!("no size: {said}"));
            say(format_args!("{worker} {environment}: {kib} KiB gzipped"));
            assert!(kib < GZIP_KIB_MAX, "{worker} {environment}: {kib} KiB");
            assert_no_hooks(&out);
        }
    }
    std::fs::remove_dir_all(scratch).unwrap();
}

/// `Total Upload: 1 KiB / gzip: 2 KiB` → 2.
fn gzip_kib(said: &str) -> Option<f64> {
    let (_, rest) = said.split_once("gzip: ")?;
    rest.split(' ').next()?.parse().ok()
}
