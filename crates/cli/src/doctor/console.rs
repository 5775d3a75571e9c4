//! What the console's worker looks for: it has the API, its own files and a secret, and nothing
//! else.

use toml::Table;

use super::bindings::{required, tables, text};

/// What sessions are sealed by.
pub(super) const SECRET: &str = "SESSION_SECRET";

/// The HTTP worker.
pub(super) const API: &str = "API";

/// What an environment lacks.
pub(super) fn lacking(file: &Table, env: &str) -> Vec<String> {
    let Some(own) = file.get("env").and_then(|envs| envs.get(env)) else {
        return vec![format!("the environment {env}")];
    };
    let is_served = tables(own.get("services")).iter().any(|one| text(one, "binding") == Some(API));
    let is_sealed = required(own).contains(&SECRET);
    let lacks = [(is_served, format!("service {API}")), (is_sealed, format!("secret {SECRET}"))];
    lacks.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = include_str!("../../../../wrangler/console.toml");

    #[test]
    fn whatever_is_taken_out_is_missed() {
        for env in ["staging", "production"] {
            let lacks = |text: &str| lacking(&text.parse().unwrap(), env);
            assert_eq!(lacks(CONSOLE), Vec::<String>::new());
            assert_eq!(lacks(&CONSOLE.replace("\"API\"", "\"x\"")), ["service API"]);
            let unsealed = CONSOLE.replace("\"SESSION_SECRET\"", "\"x\"");
            assert_eq!(lacks(&unsealed), ["secret SESSION_SECRET"]);
        }
    }
}
