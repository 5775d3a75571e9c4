//! Breakers, the audit and the receipts.

use serde_json::{Value, json};

use super::Cli;
use crate::operations::{BREAKER, given};

const OPEN: &str = "insert into jobs.breaker (name, state, failures, successes, until, version)
  values ('alert_webhook', 'open', 0, 0, clock_timestamp() + interval '1 h', 1)";

pub(super) async fn breakers_are_reset(cli: &mut Cli) {
    cli.owner.execute(OPEN, &[]).await.unwrap();
    let list = cli.json(&["breakers", "list"]);
    assert_eq!(list["items"][0]["state"], "open", "{list}");
    cli.run(&["doctor"]).ok().says("alert_webhook is open");
    cli.run(&["breakers", "reset", BREAKER, "--reason", "it is back"]).ok().says("called again");
    let sql = "select state from jobs.breaker where name = $1";
    assert_eq!(given::text(&cli.owner, sql, BREAKER).await.as_deref(), Some("closed"));
    cli.run(&["breakers", "list"]).ok().says("closed");
    cli.run(&["breakers", "reset", "nothing"]).failed("404 breaker_not_found");
}

pub(super) async fn the_audit_is_listed_and_verified(cli: &mut Cli) {
    let refused = ["audit", "list", "--action", "breaker.reset", "--outcome", "breaker_not_found"];
    let list = cli.json(&refused);
    assert_eq!(list["items"][0]["entry"]["target"], "nothing", "{list}");
    let done = cli.json(&["audit", "list", "--action", "breaker.reset", "--outcome", "done"]);
    assert_eq!(done["items"][0]["entry"]["reason"], "it is back", "{done}");
    cli.run(&["audit", "list", "--limit", "1"]).ok().says("there are more: --cursor");
    let verified = cli.json(&["audit", "verify"]);
    assert_eq!((&verified["verified"], &verified["broken"]), (&json!(true), &Value::Null));
    let alter = "update jobs.audit set entry = replace(entry, $1, $2) where action = 'cron.pause'
      and outcome = 'done'";
    cli.owner.execute(alter, &[&"the import runs", &"nothing"]).await.unwrap();
    cli.run(&["audit", "verify"]).failed("not what was written").says("was altered");
    cli.owner.execute(alter, &[&"nothing", &"the import runs"]).await.unwrap();
    cli.run(&["audit", "verify"]).ok().says("none altered");
    // More than one request follows.
    let many = "select jobs.append_audit('{\"actor\": \"a\", \"action\": \"b\", \"target\": \"c\",
      \"outcome\": \"done\"}') from generate_series(1, $1::int4)";
    cli.owner.execute(many, &[&20_100]).await.unwrap();
    let last = cli.json(&["audit", "verify"]);
    let entries = given::count(&cli.owner, "select count(*) from jobs.audit").await;
    assert_eq!((&last["verified"], &last["entries"]), (&json!(true), &json!(entries)), "{last}");
    let alter = "update jobs.audit set entry = replace(entry, $1, $2) where seq = 20000";
    cli.owner.execute(alter, &[&"done", &"gone"]).await.unwrap();
    cli.run(&["audit", "verify"]).failed("not what was written").says("broken after 19999 entries");
    cli.owner.execute(alter, &[&"gone", &"done"]).await.unwrap();
}

pub(super) async fn receipts_balance(cli: &mut Cli) {
    let all = ["receipts", "report", "--from", "2020-01-01", "--to", "2100-01-01"];
    let report = cli.json(&all);
    assert_eq!(report["balances"], true, "{report}");
    let sql = "select count(*) from jobs.job where state = 'completed'";
    assert_eq!(report["sums"]["receipts"], given::count(&cli.owner, sql).await, "{report}");
    assert_eq!(report["sums"]["effects"], report["sums"]["receipts"], "{report}");
    // A claim without its end.
    let lost = "insert into jobs.delivery (token, queue, messages, unreadable, absorbed, taken)
      values (uuidv7(), 'mauntic-scoring-events', 1, 0, 0, 1) returning token::text";
    let token: String = cli.owner.query_one(lost, &[]).await.unwrap().get(0);
    cli.run(&all).failed("do not balance").says("DOES NOT BALANCE").says(&token);
    let gone = "delete from jobs.delivery where token::text = $1";
    cli.owner.execute(gone, &[&token]).await.unwrap();
    cli.run(&all).ok().says("\nbalances");
    let backwards = ["receipts", "report", "--from", "2026-02-01", "--to", "2026-01-01"];
    cli.run(&backwards).misused("--to must be after --from");
}
