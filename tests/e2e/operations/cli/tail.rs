//! `queues tail`: from where it ended it goes on.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::Cli;
use crate::operations::given;

const TAIL: [&str; 8] =
    ["queues", "tail", "mauntic-scoring-events", "--interval", "0", "--output", "json", "--after"];

/// What happens to a job while it is followed, up to its completion; and the
/// cursor that is left there.
fn follow(cli: &Cli, after: &str, job: &str, act: impl FnOnce()) -> (Vec<Value>, String) {
    let line = [&TAIL[..], &[after, "--for", "120s"]].concat();
    let mut child = cli.command(&line).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut of_job = || {
        let told =
            lines.by_ref().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        told.into_iter().find(|told| told["job"]["jobId"] == job).expect("it follows the job")
    };
    let mut told = vec![of_job()];
    act();
    while told.last().unwrap()["to"] != "completed" {
        told.push(of_job());
    }
    let cursor = told.last().unwrap()["cursor"].as_str().unwrap().to_owned();
    child.kill().unwrap();
    child.wait().unwrap();
    (told, cursor)
}

pub(super) async fn jobs_are_followed_from_where_it_ended(cli: &mut Cli) {
    let sql =
        "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
      where $1 <> ''";
    let now = given::text(&cli.owner, sql, "x").await.unwrap();
    let waiting = given::waiting(&cli.owner, "scoring.Probe", 1).await;
    let job = &waiting.jobs[0];
    let runtime = tokio::runtime::Handle::current();
    let (told, cursor) = tokio::task::block_in_place(|| {
        follow(cli, &now, job, || {
            let due = async { cli.owner.execute(given::DUE, &[&waiting.run]).await };
            assert_eq!(runtime.block_on(due).unwrap(), 1);
            cli.stack.tick();
        })
    });
    assert_eq!((&told[0]["from"], &told[0]["to"]), (&Value::Null, &"queued".into()), "{told:?}");
    for pair in told.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{told:?}");
    }
    // What happens while nobody follows is told afterwards.
    let probe = r#"{"type":"scoring.Probe"}"#;
    let queued = cli.json(&["queues", "enqueue", "mauntic-scoring-events", probe]);
    let line = [&TAIL[..], &[&cursor, "--count", "1", "--for", "60s"]].concat();
    let ran = cli.run(&line).ok().says("go on with --after");
    let jobs: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(jobs.iter().any(|told| told["job"]["jobId"] == queued["jobId"]), "{jobs:?}");
    let text = ["queues", "tail", "mauntic-scoring-events", "--interval", "0", "--for", "1s"];
    cli.run(&text).ok();
}
