//! `queues list`, `enqueue` and `smoke`, and what is refused before it is sent.

use serde_json::{Value, json};

use super::Cli;
use crate::operations::given::{self, count};
use crate::operations::{NOTHING, SCHEDULE};

const SCORING: &str = "mauntic-scoring-events";
const ENQUEUED: &str = "select count(*) from jobs.audit where action = 'queue.enqueue'";

pub(super) async fn what_is_wrong_is_never_sent(cli: &mut Cli) {
    let requests = "select count(*) from jobs.audit";
    let before = count(&cli.owner, requests).await;
    for (message, why) in [
        ("nonsense", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "(malformed)"),
        (r#"{"type":"scoring.Nothing"}"#, "(unknown_type)"),
        (r#"{"type":"scoring.CalculateScore"}"#, "(invalid_data)"),
        (r#"{"type":"overnight.probe"}"#, "(wrong_queue)"),
    ] {
        // Where it would be sent nobody listens.
        let nowhere = ["--url", "http://127.0.0.1:1"];
        let line = [&["queues", "enqueue", SCORING, message], &nowhere[..]].concat();
        cli.run(&line).misused(why);
    }
    cli.run(&["queues", "enqueue", "mauntic-nothing", "{}"]).misused("is no queue");
    cli.run(&["queues", "nothing"]).misused("nothing");
    cli.run(&["cron", "run", SCHEDULE, "--url", "http://example.com"]).misused("https://");
    cli.run(&["dlq", "replay"]).misused("name a case, a filter, or --all");
    cli.run(&["dlq", "replay", NOTHING, "--canary", "1"]).misused("for a filter");
    cli.run(&["runs", "show", "x"]).misused("x");
    for variable in ["MAUNTIC_URL", "MAUNTIC_TOKEN"] {
        let line = ["queues", "list"];
        let mut command = cli.command(&line);
        command.env_remove(variable);
        cli.run_with(command, &line, "").misused(variable);
    }
    assert_eq!(count(&cli.owner, requests).await, before);
    let line = ["queues", "list"];
    let mut command = cli.command(&line);
    command.env("MAUNTIC_TOKEN", mauntic_tests::stack::key("nobody's"));
    cli.run_with(command, &line, "").failed("401 unauthenticated");
}

pub(super) async fn queues_are_listed(cli: &mut Cli) {
    let list = cli.json(&["queues", "list"]);
    assert_eq!(list["queues"].as_array().unwrap().len(), 4, "{list}");
    let text = cli.run(&["queues", "list"]).ok();
    assert_eq!(text.out.lines().count(), 4, "{text:?}");
}

pub(super) async fn a_message_is_enqueued(cli: &mut Cli) {
    let before = count(&cli.owner, ENQUEUED).await;
    let all = r#"{"type":"scoring.BatchRecompute"}"#;
    let queued = cli.json(&["queues", "enqueue", SCORING, all, "--reason", "the seed is in"]);
    assert_eq!((&queued["state"], &queued["created"]), (&json!("queued"), &json!(true)));
    assert_eq!(count(&cli.owner, ENQUEUED).await, before + 1);
    let run = queued["executionId"].as_str().unwrap();
    cli.run_ticking(&["runs", "show", run, "--wait"]).ok().says("completed");
    let sql = "select count(*) from scoring.lead_scores where organization_id = 'org_123'";
    assert_eq!(count(&cli.owner, sql).await, 200, "each seeded contact is scored");
    // Under a key it exists once.
    let probe = ["queues", "enqueue", SCORING, r#"{"type":"scoring.Probe"}"#, "--key", "probe-1"];
    let (first, second) = (cli.json(&probe), cli.json(&probe));
    assert_eq!((&first["jobId"], &second["created"]), (&second["jobId"], &json!(false)));
}

pub(super) async fn every_queue_works(cli: &mut Cli) {
    let smoke = cli.json(&["queues", "smoke"]);
    let probes = smoke["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 4, "{smoke}");
    for probe in probes {
        assert_eq!(probe["state"], "completed", "{probe}");
        let job = probe["jobId"].as_str().unwrap();
        assert_eq!(given::state(&cli.owner, job).await, "completed");
        assert_ne!(probe["tookMs"], Value::Null);
    }
}
