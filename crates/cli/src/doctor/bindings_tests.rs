//! The deployed files lack nothing, and what is taken out of them is missed.

use super::super::check::Verdict;
use super::*;

const HTTP: &str = include_str!("../../../../wrangler/http.toml");
const QUEUE: &str = include_str!("../../../../wrangler/queue.toml");
const README: &str = include_str!("../../../../README.md");

fn lacks(text: &str, env: &str, consumes: bool) -> Vec<String> {
    let (_, secrets) = SECRETS[usize::from(consumes)];
    lacking(&text.parse().unwrap(), env, consumes, secrets, &Queue::ALL)
}

#[test]
fn the_deployed_files_have_all_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wrangler");
    for env in ["staging", "production"] {
        let check = check(&folder, env, &Queue::ALL);
        assert_eq!(check.verdict, Verdict::Ok, "{}", check.found);
    }
    assert_eq!(check(&folder, "nowhere", &Queue::ALL).verdict, Verdict::Fail);
    assert_eq!(check(&folder.join("nowhere"), "staging", &Queue::ALL).verdict, Verdict::Warn);
}

#[test]
fn whatever_is_taken_out_is_missed() {
    for (text, consumes, gone, missed) in [
        (HTTP, false, "\"ADMIN_TOKEN\"", "secret ADMIN_TOKEN"),
        (HTTP, false, "\"DATABASE_URL\"", "secret DATABASE_URL"),
        (HTTP, false, "\"WARMUP_R2\"", "bucket WARMUP_R2"),
        (HTTP, false, "\"PROJECTIONS\"", "bucket PROJECTIONS"),
        (HTTP, false, "\"SCORING_JOBS\"", "producer SCORING_JOBS"),
        (HTTP, false, "\"REHEARSALS\"", "service REHEARSALS"),
        (HTTP, false, "\"Rehearsals\"", "entrypoint Rehearsals of service REHEARSALS"),
        (HTTP, false, "\"ASSETS\"", "static assets ASSETS"),
        (QUEUE, true, "\"OVERNIGHT_JOBS\"", "producer OVERNIGHT_JOBS"),
        (QUEUE, true, "\"* * * * *\"", "the tick's trigger"),
        (
            QUEUE,
            true,
            "dead_letter_queue = \"mauntic-scoring-events-dlq-staging\"",
            "dead-letter queue of mauntic-scoring-events",
        ),
        (
            QUEUE,
            true,
            "{ queue = \"mauntic-analytics-jobs-dlq-staging\"",
            "consumer of mauntic-analytics-jobs's dead-letter queue",
        ),
        (
            QUEUE,
            true,
            "{ queue = \"mauntic-analytics-jobs-staging\"",
            "consumer of mauntic-analytics-jobs",
        ),
        (
            QUEUE,
            true,
            "{ queue = \"mauntic-contact-events-staging\"",
            "consumer of mauntic-contact-events",
        ),
    ] {
        assert!(text.contains(gone), "{gone}");
        let put = match gone.split_once(" = ") {
            Some((name, _)) => format!("{name} = \"gone\""),
            None => "\"gone\"".to_owned(),
        };
        let found = lacks(&text.replace(gone, &put), "staging", consumes);
        assert!(found.iter().any(|what| what == missed), "{gone}: {found:?}");
    }
}

#[test]
fn hyperdrive_takes_the_place_of_the_address() {
    let without = HTTP.replace("\"DATABASE_URL\"", "\"gone\"");
    let bound =
        format!("{without}\n[[env.staging.hyperdrive]]\nbinding = \"HYPERDRIVE\"\nid = \"0\"\n");
    assert_eq!(lacks(&bound, "staging", false), Vec::<String>::new());
    assert_eq!(lacks(&bound, "production", false), ["secret DATABASE_URL"]);
}

#[test]
fn another_tick_is_a_tick_where_it_is_named() {
    let slow = QUEUE.replace("\"* * * * *\"", "\"*/15 * * * *\"");
    assert_eq!(lacks(&slow, "staging", true), ["the tick's trigger"]);
    let named = format!("{slow}\n[env.staging.vars]\nTICK_CRON = \"*/15 * * * *\"\n");
    assert_eq!(lacks(&named, "staging", true), Vec::<String>::new());
}

#[test]
fn what_the_readme_says_must_be_bound_is_looked_at() {
    let known: Vec<&str> = Queue::ALL
        .map(Queue::binding)
        .into_iter()
        .chain(BUCKETS)
        .chain([REHEARSALS, ASSETS])
        .chain([console::SECRET, console::API])
        .chain(SECRETS.iter().flat_map(|(_, secrets)| *secrets).copied())
        .collect();
    let kinds = ["secret, ", "queue producer, ", "R2, ", "service, ", "static assets, "];
    let rows = README.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (names, kind) = (cells.next()?, cells.next()?);
        let is_bound = kinds.iter().any(|known| kind.starts_with(known));
        (is_bound && !kind.contains("optional")).then_some(names)
    });
    let named: Vec<&str> = rows.map(|names| names.trim_matches('`')).collect();
    assert!(named.len() >= 7, "{named:?}");
    for name in named {
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn a_webhook_without_a_signature_is_told() {
    let with = |names: &str| {
        let named = format!("required = [\"DATABASE_URL\", {names}]");
        let text = QUEUE.replace("required = [\"DATABASE_URL\"]", &named);
        is_unsigned(&text.parse().unwrap(), "staging")
    };
    assert!(!is_unsigned(&QUEUE.parse().unwrap(), "staging"));
    assert!(with("\"ALERT_WEBHOOK_URL\""));
    assert!(!with("\"ALERT_WEBHOOK_URL\", \"ALERT_WEBHOOK_SECRET\""));
}
