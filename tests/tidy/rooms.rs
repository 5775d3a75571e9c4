//! The arrows between rooms, and what `domain` may depend on.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Every room and the rooms it may know. An arrow that is not here is refused.
const ARROWS: [(&str, &[&str]); 18] = [
    ("stringprep", &[]),
    ("mauntic-domain", &[]),
    ("mauntic-neon", &[]),
    ("mauntic-neon-fuzz", &["mauntic-neon"]),
    ("mauntic-neon-local", &[]),
    ("mauntic-flows", &["mauntic-domain"]),
    ("mauntic-store", &["mauntic-domain", "mauntic-flows"]),
    ("mauntic-api", &["mauntic-domain", "mauntic-flows"]),
    ("mauntic-platform", &["mauntic-domain", "mauntic-flows", "mauntic-neon", "mauntic-store"]),
    ("mauntic-pages", &["mauntic-domain"]),
    ("mauntic-local", &[]),
    ("mauntic-testkit", &["mauntic-local", "mauntic-store"]),
    ("mauntic-sim", &["mauntic-domain", "mauntic-flows"]),
    (
        "mauntic-cli",
        &[
            "mauntic-domain",
            "mauntic-flows",
            "mauntic-local",
            "mauntic-neon-local",
            "mauntic-sim",
            "mauntic-store",
        ],
    ),
    (
        "mauntic-http",
        &["mauntic-api", "mauntic-domain", "mauntic-flows", "mauntic-platform", "mauntic-store"],
    ),
    ("mauntic-queue", &["mauntic-domain", "mauntic-flows", "mauntic-platform", "mauntic-store"]),
    ("mauntic-console", &["mauntic-pages"]),
    (
        "mauntic-tests",
        &[
            "mauntic-api",
            "mauntic-domain",
            "mauntic-flows",
            "mauntic-local",
            "mauntic-neon",
            "mauntic-neon-local",
            "mauntic-sim",
            "mauntic-store",
            "mauntic-testkit",
        ],
    ),
];

/// What a room's build script may know: it runs on the host, and only what it
/// writes is deployed.
const OF_BUILD_SCRIPTS: [(&str, &[&str]); 1] = [("mauntic-http", &["mauntic-api", "mauntic-sim"])];

/// All that `domain` may depend on: no SDK, no database, no clock, no async.
const DOMAIN_MAY_USE: [&str; 8] = [
    "chrono",
    "saffron",
    "serde",
    "serde_json",
    "serde_path_to_error",
    "sha2",
    "thiserror",
    "uuid",
];

/// Dependencies by package; those of tests are left out.
fn dependencies() -> BTreeMap<String, Vec<Value>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(super::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        let used = all.filter(|dependency| dependency["kind"] != "dev").cloned().collect();
        (package["name"].as_str().unwrap().to_owned(), used)
    };
    metadata["packages"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn arrows_point_one_way() {
    let packages = dependencies();
    let known: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    for (package, dependencies) in &packages {
        assert!(known.contains(&package.as_str()), "room {package} has no arrows here");
        for dependency in dependencies {
            let name = dependency["name"].as_str().unwrap();
            let arrows: &[_] =
                if dependency["kind"] == "build" { &OF_BUILD_SCRIPTS } else { &ARROWS };
            let may_know = arrows.iter().find(|(room, _)| room == package).map(|(_, rooms)| rooms);
            assert!(
                !name.starts_with("mauntic-") || may_know.is_some_and(|m| m.contains(&name)),
                "{package} must not know {name}"
            );
        }
    }
    assert_eq!(packages.len(), ARROWS.len(), "a room of this list is gone");
}

#[test]
fn the_domain_knows_no_sdk_no_database_no_clock_and_no_async() {
    for dependency in &dependencies()["mauntic-domain"] {
        let name = dependency["name"].as_str().unwrap();
        assert!(DOMAIN_MAY_USE.contains(&name), "domain must not depend on {name}");
        let features: Vec<&str> =
            dependency["features"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for ambient in ["clock", "now", "std", "v4", "rng"] {
            let clockless = name != "chrono" && name != "uuid";
            assert!(clockless || !features.contains(&ambient), "{name}/{ambient}");
        }
    }
    for (file, text) in super::files(&["rs"]) {
        if file.starts_with("crates/domain/") {
            assert!(!text.contains("async fn") && !text.contains(".await"), "{file} is async");
            assert!(!text.contains("Utc::now"), "{file} reads a clock");
        }
    }
}
