//! The audit: who did what, and whether nobody has changed the record of it.

use anyhow::{Context, bail};
use serde_json::Value;

use crate::http::{Api, Noun, Request};
use crate::jobs::say_more;
use crate::output::{Columns, Output, cell};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// What operators did and were refused, newest first.
    List {
        /// By this actor: a key's id, `bootstrap` or `owner`.
        #[arg(long)]
        actor: Option<String>,
        /// This action, such as `cron.run`.
        #[arg(long)]
        action: Option<String>,
        /// To this target: a key, an id or a name.
        #[arg(long)]
        target: Option<String>,
        /// With this outcome: `done`, or the code of a refusal.
        #[arg(long)]
        outcome: Option<String>,
        /// Most entries.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Begin where an earlier list ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Follow the chain from its first entry; one that was altered, left out or
    /// put in is a failure.
    Verify,
}

const COLUMNS: Columns = &[
    ("SEQ", "/seq"),
    ("AT", "/at"),
    ("ACTOR", "/entry/actor"),
    ("ACTION", "/entry/action"),
    ("TARGET", "/entry/target"),
    ("OUTCOME", "/entry/outcome"),
    ("REASON", "/entry/reason"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::List { actor, action, target, outcome, limit, cursor } => {
            let request = Request::get("/api/v2/admin/audit")
                .with("actor", actor)
                .with("action", action)
                .with("target", target)
                .with("outcome", outcome)
                .with("cursor", cursor);
            let answer = api.list(request, limit).await?;
            output.list(&answer, "items", COLUMNS)?;
            say_more(&answer);
            Ok(())
        }
        Command::Verify => {
            let answer = verified(&api).await?;
            output.print(&answer, verdict)?;
            match answer.get("broken") {
                None | Some(Value::Null) => Ok(()),
                Some(_) => bail!("the audit is not what was written"),
            }
        }
    }
}

/// The answer that has nothing left to follow: a request follows so many entries
/// and no more.
async fn verified(api: &Api) -> anyhow::Result<Value> {
    let (mut after, mut hash) = (None, None);
    loop {
        let request = Request::get("/api/v2/admin/audit/verify");
        let answer = api.call(request.with("after", after).with("hash", hash)).await?;
        // A build before pages followed all of it at once.
        if answer.get("complete") != Some(&Value::Bool(false)) {
            return Ok(answer);
        }
        let entries = answer.get("entries").and_then(Value::as_i64);
        let further = entries.filter(|entries| after.is_none_or(|after| *entries > after));
        after = Some(further.context("the answer goes no further than the one before")?);
        hash = answer.get("hash").and_then(Value::as_str).map(str::to_owned);
    }
}

fn verdict(answer: &Value) -> String {
    let of = |name| cell(answer.get(name));
    match answer.get("broken") {
        None | Some(Value::Null) => {
            format!("{} entries, none altered; head {}", of("entries"), of("head"))
        }
        Some(broken) => {
            format!("broken after {} entries: {}", of("entries"), cell(broken.get("message")))
        }
    }
}
