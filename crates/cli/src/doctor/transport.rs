//! How the workers of an environment reach the database, as its files say: a worker that
//! is told of no way that there is opens no session.

use std::path::Path;

use mauntic_store::transport::{NEON_HOST_FORM, Transport, neon_host};
use toml::{Table, Value};

use super::bindings::{tables, text};
use super::check::{Check, some};

/// Those that have the database.
const WORKERS: [&str; 2] = ["http", "queue"];

const NAME: &str = "transport";

/// Looks at both files; one that cannot be read is [`super::bindings`]' matter.
pub(super) fn check(folder: &Path, env: &str) -> Check {
    let (mut ways, mut wrong) = (Vec::new(), Vec::new());
    for worker in WORKERS {
        let path = folder.join(format!("{worker}.toml"));
        let file: Table =
            std::fs::read_to_string(path).unwrap_or_default().parse().unwrap_or_default();
        let Some(own) = file.get("env").and_then(|envs| envs.get(env)) else { continue };
        match way(own) {
            Ok(way) => ways.push(format!("{worker} over {}", way.name())),
            Err(what) => wrong.push(format!("{worker}: {what}")),
        }
    }
    if wrong.is_empty() && ways.is_empty() {
        return Check::warn(NAME, format!("no file names {env}"), "name the folder: --wrangler");
    }
    if wrong.is_empty() {
        return Check::ok(NAME, format!("{env}: {}", some(&ways)));
    }
    let advice = format!("mend it in {}: the worker opens no session", folder.display());
    Check::fail(NAME, some(&wrong), advice)
}

/// The way that an environment's worker takes.
pub(super) fn way(own: &Value) -> Result<Transport, String> {
    let hyperdrives = tables(own.get("hyperdrive"));
    let is_bound = hyperdrives.iter().any(|one| text(one, "binding") == Some("HYPERDRIVE"));
    let var = |name: &str| own.get("vars").and_then(|vars| text(vars, name));
    let var = |name: &str| var(name).filter(|value| !value.is_empty());
    let way = Transport::choose(var("DATABASE_TRANSPORT"), is_bound)
        .map_err(|expected| format!("DATABASE_TRANSPORT must be {expected}"))?;
    let is_neon = way == Transport::NeonWs;
    if is_neon && var("NEON_HOST").is_some_and(|host| neon_host(host).is_none()) {
        return Err(format!("NEON_HOST must be {NEON_HOST_FORM}"));
    }
    Ok(way)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: &str = "[[hyperdrive]]\nbinding = \"HYPERDRIVE\"\nid = \"0\"";

    #[test]
    fn the_way_is_named_and_one_that_there_is_not_is_refused() {
        for (vars, found) in [
            ("", Ok("tcp")),
            ("DATABASE_TRANSPORT = \"\"", Ok("tcp")),
            ("DATABASE_TRANSPORT = \"neon-ws\"", Ok("neon-ws")),
            (
                "DATABASE_TRANSPORT = \"neon-ws\"\nNEON_HOST = \"db.example.com:4443\"",
                Ok("neon-ws"),
            ),
            (
                "DATABASE_TRANSPORT = \"websocket\"",
                Err("DATABASE_TRANSPORT must be hyperdrive, tcp or neon-ws"),
            ),
            (
                "DATABASE_TRANSPORT = \"hyperdrive\"",
                Err("DATABASE_TRANSPORT must be tcp or neon-ws where"),
            ),
            ("NEON_HOST = \"wss://db.example.com\"", Ok("tcp")),
            (
                "DATABASE_TRANSPORT = \"neon-ws\"\nNEON_HOST = \"wss://db.example.com\"",
                Err("NEON_HOST must be a host"),
            ),
        ] {
            let own: Table = format!("[vars]\n{vars}").parse().unwrap();
            let way = way(&Value::Table(own)).map(Transport::name);
            match found {
                Ok(name) => assert_eq!(way, Ok(name), "{vars}"),
                Err(told) => assert!(way.clone().is_err_and(|e| e.starts_with(told)), "{way:?}"),
            }
        }
        let own: Table = format!("{BOUND}\n[vars]\n").parse().unwrap();
        assert_eq!(way(&Value::Table(own)), Ok(Transport::Hyperdrive));
    }

    #[test]
    fn both_workers_are_looked_at() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wrangler"));
        let found = check(folder, "production").found;
        assert_eq!(found, "production: http over tcp, queue over tcp");
        assert_eq!(check(folder, "nowhere").found, "no file names nowhere");
    }
}
