//! `doctor`, as a look, as the gate of a deployment and as the gate of a day.

use serde_json::Value;

use super::{Cli, SEEDED};
use crate::operations::given;

/// What a check says.
fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
}

const BEFORE_HTTP: [&str; 5] = ["doctor", "--pre-deploy", "http", "--output", "json"];

pub(super) async fn before_the_first_tick_no_http_worker_is_deployed(cli: &mut Cli) {
    let refused = cli.run(&BEFORE_HTTP).failed("checks failed").json();
    assert_eq!(check(&refused, "heartbeats")["status"], "fail", "{refused}");
    cli.run(&["doctor", "--pre-deploy", "queue"]).ok();
    cli.stack.tick();
    cli.run(&BEFORE_HTTP).ok();
    // The build before this one beat without saying which it was.
    let older = "update jobs.heartbeat set schema_max = null, instance_id = null";
    let beats = "select json_agg(h)::text from jobs.heartbeat h where $1 <> ''";
    let before = given::text(&cli.owner, beats, "x").await.unwrap();
    cli.owner.execute(older, &[]).await.unwrap();
    let refused = cli.run(&BEFORE_HTTP).failed("checks failed").json();
    let found = check(&refused, "heartbeats");
    assert!(found["found"].as_str().unwrap().starts_with("an older build did"), "{found}");
    let back = "update jobs.heartbeat h set schema_max = b.schema_max, instance_id = b.instance_id
      from json_populate_recordset(null::jobs.heartbeat, $1::text::json) b where b.duty = h.duty";
    cli.owner.execute(back, &[&before]).await.unwrap();
}

pub(super) async fn a_healthy_deployment_has_nothing_to_tell(cli: &mut Cli) {
    cli.stack.tick();
    let report = cli.json(&["doctor", "--since", "24h"]);
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(check["status"], "ok", "{check}");
    }
    // The runtime here sends no `Date`, so that the worker's clock is not looked at.
    for name in ["database", "schema", "no caching", "bindings", "health"] {
        check(&report, name);
    }
    cli.run(&["doctor"]).ok().says("heartbeats");
    let away = ["doctor", "--database-url", "postgres://nobody@127.0.0.1:1/none"];
    cli.run(&away).failed("checks failed").says("database");
    cli.run(&["doctor", "--since", "long"]).misused("--since");
}

pub(super) async fn an_undecided_letter_fails_the_day(cli: &mut Cli) {
    let data = serde_json::json!({"organizationId": SEEDED, "contactId": "contact_456"});
    let died = given::died(&cli.owner, SEEDED, &[data], "away").await;
    cli.stack.tick();
    let day = ["doctor", "--since", "24h", "--output", "json"];
    let report = cli.run(&day).failed("checks failed").json();
    assert_eq!(check(&report, "dead letters")["status"], "fail", "{report}");
    // To look at a day is not to be its gate.
    cli.run(&["doctor"]).ok();
    let case = &died.letters[0].case;
    cli.run(&["dlq", "discard", case, "--reason", "of the test"]).ok();
}
