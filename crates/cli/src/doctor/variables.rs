//! Whether the queue worker can use what an environment's file says of addresses outside and of
//! schedules: it goes on without what it cannot use, so that nothing else shows it before a job
//! waits, a trace is missed, or no schedule is judged.

use std::path::Path;

use mauntic_domain::schedules::{REGISTRY, Settings, effective};
use toml::{Table, Value};
use ureq::http::Uri;

use super::check::{Check, some};

/// The variables that are addresses, as the README's table has them.
const ADDRESSES: [&str; 7] = [
    "MATCH_PROVIDER_URL",
    "MATCH_PROVIDER_FALLBACK_URL",
    "EXCHANGE_RATE_PROVIDER_URL",
    "EXCHANGE_RATE_PROVIDER_FALLBACK_URL",
    "PRICE_PROVIDER_URL",
    "PRICE_PROVIDER_FALLBACK_URL",
    COLLECTOR,
];

/// Where spans go, and what goes with them, which is secret.
const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const COLLECTOR_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

const NAME: &str = "variables";

/// Looks at the queue worker's file. Secrets' values are known to the platform alone: one
/// that cannot be used is in the log, once an isolate, as `setting_unreadable`.
pub(super) fn check(folder: &Path, env: &str) -> Check {
    let path = folder.join("queue.toml");
    let file = match std::fs::read_to_string(&path) {
        Ok(text) => text.parse::<Table>(),
        Err(error) => {
            let found = format!("{}: {error}", path.display());
            return Check::warn(NAME, found, "name the folder: --wrangler");
        }
    };
    let wrong = match file {
        Ok(file) => wrong(&file, env),
        Err(error) => vec![error.message().to_owned()],
    };
    if wrong.is_empty() {
        return Check::ok(
            NAME,
            format!("{env} names no address and no schedule that cannot be used"),
        );
    }
    let advice = format!(
        "mend it in {}: the worker does without such an address, and judges no schedule at all \
         while what says their times cannot be read",
        path.display()
    );
    Check::fail(NAME, some(&wrong), advice)
}

/// What cannot be used, never with its value: who writes a password there has it read by
/// nobody else.
fn wrong(file: &Table, env: &str) -> Vec<String> {
    let own = file.get("env").and_then(|envs| envs.get(env));
    let vars = own.and_then(|own| own.get("vars"));
    let of = |name: &str| vars.and_then(|vars| vars.get(name));
    let is_wrong = |name: &&&str| of(name).is_some_and(|value| !is_address(value));
    let addresses = ADDRESSES.iter().filter(is_wrong);
    let mut wrong: Vec<String> = addresses
        .map(|name| format!("{name} must be an http or https address without a user name"))
        .collect();
    let text = |name: &str| of(name).and_then(Value::as_str).map(str::to_owned);
    let settings = Settings::from_vars(text);
    let schedules = settings.and_then(|settings| effective(&REGISTRY, &settings));
    wrong.extend(schedules.err().map(|error| error.to_string()));
    if of(COLLECTOR_HEADERS).is_some() {
        wrong.push(format!("{COLLECTOR_HEADERS} must be a secret, and no variable"));
    }
    let secrets = own.and_then(|own| own.get("secrets")?.get("required")?.as_array());
    let is_named = |name: &Value| name.as_str() == Some(COLLECTOR_HEADERS);
    if secrets.is_some_and(|secrets| secrets.iter().any(is_named)) && of(COLLECTOR).is_none() {
        wrong.push(format!("{COLLECTOR_HEADERS} goes nowhere without {COLLECTOR}"));
    }
    wrong
}

/// As the worker takes them; an empty one is none.
fn is_address(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let Ok(uri) = text.trim().parse::<Uri>() else { return text.is_empty() };
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && !has_user
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = include_str!("../../../../wrangler/queue.toml");
    const README: &str = include_str!("../../../../README.md");

    fn found(vars: &str, secrets: &str) -> Vec<String> {
        let named = format!("required = [\"DATABASE_URL\"{secrets}]");
        let text = QUEUE.replace("required = [\"DATABASE_URL\"]", &named);
        wrong(&format!("{text}\n[env.staging.vars]\n{vars}\n").parse().unwrap(), "staging")
    }

    #[test]
    fn what_the_worker_cannot_use_is_named_without_its_value() {
        assert_eq!(found("", ""), Vec::<String>::new());
        for address in ["", "https://otel.example/otlp/", "http://127.0.0.1:4318"] {
            assert!(found(&format!("{COLLECTOR} = \"{address}\""), "").is_empty(), "{address}");
        }
        for value in [
            "\"otel.example\"",
            "\"ftp://otel.example\"",
            "\"https://me:s3cret@otel.example\"",
            "\"https://\"",
            "\"https://ötel.example\"",
            "\" \"",
            "4318",
        ] {
            for name in ADDRESSES {
                let wrong = found(&format!("{name} = {value}"), "");
                assert_eq!(wrong.len(), 1, "{name} {value}: {wrong:?}");
                assert!(wrong[0].starts_with(name) && !wrong[0].contains("s3cret"), "{wrong:?}");
            }
        }
        let with_headers = format!(", \"{COLLECTOR_HEADERS}\"");
        let address = format!("{COLLECTOR} = \"https://otel.example\"");
        assert_eq!(found(&address, &with_headers), Vec::<String>::new());
        assert!(found("", &with_headers)[0].contains("goes nowhere"));
        let open = format!("{address}\n{COLLECTOR_HEADERS} = \"api-key=k\"");
        assert!(found(&open, "")[0].contains("must be a secret"));
    }

    #[test]
    fn a_schedule_that_is_none_is_named() {
        for (vars, named) in [
            ("OVERNIGHT_JOB_CRON = \"s3cret\"", "OVERNIGHT_JOB_CRON: must be five fields"),
            (
                "OVERNIGHT_MARKET_CRONS = \"A=0 3 * * *; s3cret\"",
                "OVERNIGHT_MARKET_CRONS, entry 2: ",
            ),
            ("CONTEXTS = \"s3cret\"", "CONTEXTS: must list"),
        ] {
            let wrong = found(vars, "");
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert!(wrong[0].starts_with(named) && !wrong[0].contains("s3cret"), "{wrong:?}");
        }
        let vars = "OVERNIGHT_MARKET_CRONS = \"XETR=0 3 * * MON-FRI; XNYS=0 9 * * *\"";
        assert_eq!(found(vars, ""), Vec::<String>::new());
    }

    #[test]
    fn every_address_of_the_readme_is_looked_at() {
        let rows = README.lines().filter(|row| row.starts_with("| `"));
        let vars = rows.filter(|row| row.contains("| var, queue") || row.contains("| vars, queue"));
        let is_address = |name: &&str| name.ends_with("_URL") || name.ends_with("_ENDPOINT");
        let mut named: Vec<&str> = vars
            .flat_map(|row| row.split('|').nth(1).unwrap().split('`'))
            .filter(is_address)
            .collect();
        named.sort_unstable();
        let mut known = ADDRESSES;
        known.sort_unstable();
        assert_eq!(named, known);
    }
}
