//! Commands as a shell would start them, though a test does.

use std::process::Command;

/// Takes from a command what cargo has told this test of its own package. To a
/// cargo inside they would be changes, for which it builds `ring` and all above
/// it anew, and the cargo outside does so again.
pub fn as_from_a_shell(command: &mut Command) -> &mut Command {
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(told) {
            command.env_remove(name);
        }
    }
    // Of the test's own database, if it has one.
    command.env_remove("DATABASE_URL")
}
