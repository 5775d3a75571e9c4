//! What no compiler checks: the rooms' arrows, where SQL may stand, sizes, and
//! that what the documents name exists.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod deployment;
mod documents;
mod numbers;
mod protocol;
mod rooms;
mod sources;

use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files of our own with one of these extensions, with their text.
fn files(extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let generated =
                ["target", "node_modules", "build", "build-hooks"].contains(&name.as_str());
            if path.is_dir() && !generated && !name.starts_with('.') {
                folders.push(path);
            } else if extensions.iter().any(|e| name.ends_with(&format!(".{e}"))) {
                let short = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((short, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
