//! Whether who is asked in a provider's place is asked as somebody: nobody gets the other's
//! key, so that a fallback without its own refuses when it is needed.

use std::path::Path;

use toml::Table;

use super::bindings::required;
use super::check::{Check, some};

/// What variables of providers begin with.
const PROVIDERS: [&str; 3] = ["MATCH_PROVIDER", "EXCHANGE_RATE_PROVIDER", "PRICE_PROVIDER"];

const NAME: &str = "providers";

/// Looks at the queue worker's file; one that cannot be read is [`super::variables`]' matter.
pub(super) fn check(folder: &Path, env: &str) -> Check {
    let text = std::fs::read_to_string(folder.join("queue.toml")).unwrap_or_default();
    let keyless = keyless(&text.parse().unwrap_or_default(), env);
    if keyless.is_empty() {
        return Check::ok(NAME, "each fallback has a key where the first provider has one");
    }
    let found = format!("{env} names no {}", some(&keyless));
    let advice = "set the secret and name it, unless the fallback is open to everybody";
    Check::warn(NAME, found, advice)
}

/// Keys of fallbacks that no secret holds, though the first provider's is one.
fn keyless(file: &Table, env: &str) -> Vec<String> {
    let Some(own) = file.get("env").and_then(|envs| envs.get(env)) else { return Vec::new() };
    let secrets = required(own);
    let is_set = |name: &str| {
        let value = own.get("vars").and_then(|vars| vars.get(name)?.as_str());
        value.is_some_and(|value| !value.is_empty())
    };
    let lacks = PROVIDERS.iter().filter_map(|name| {
        let (key, fallback_key) = (format!("{name}_KEY"), format!("{name}_FALLBACK_KEY"));
        let is_keyless = is_set(&format!("{name}_FALLBACK_URL"))
            && secrets.contains(&key.as_str())
            && !secrets.contains(&fallback_key.as_str());
        is_keyless.then_some(fallback_key)
    });
    lacks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = include_str!("../../../../wrangler/queue.toml");

    #[test]
    fn a_fallback_without_a_key_is_named_where_the_first_has_one() {
        for (url, secrets, lacks) in [
            ("", &["PRICE_PROVIDER_KEY"][..], 0),
            ("https://other.example", &[], 0),
            ("https://other.example", &["PRICE_PROVIDER_KEY"], 1),
            ("https://other.example", &["EXCHANGE_RATE_PROVIDER_KEY"], 0),
            ("https://other.example", &["PRICE_PROVIDER_KEY", "PRICE_PROVIDER_FALLBACK_KEY"], 0),
        ] {
            let named: String = secrets.iter().map(|name| format!(", \"{name}\"")).collect();
            let named = format!("required = [\"DATABASE_URL\"{named}]");
            let text = QUEUE.replace("required = [\"DATABASE_URL\"]", &named);
            let vars = format!("[env.staging.vars]\nPRICE_PROVIDER_FALLBACK_URL = \"{url}\"");
            let found = keyless(&format!("{text}\n{vars}\n").parse().unwrap(), "staging");
            assert_eq!(found.len(), lacks, "{url:?} {secrets:?}: {found:?}");
            assert!(found.iter().all(|name| name == "PRICE_PROVIDER_FALLBACK_KEY"));
        }
    }
}
