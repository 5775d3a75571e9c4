//! `dlq replay`: one case, or all that a filter names; for show, or in earnest.

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::filter::Filter;
use crate::failure::Usage;
use crate::http::{Api, Request, id_path};
use crate::output::{Columns, Output};
use crate::{arguments, jobs, replays, wait};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The case; without it a filter names them, or --all.
    id: Option<Uuid>,
    #[command(flatten)]
    filter: Filter,
    /// Every open case.
    #[arg(long)]
    all: bool,
    /// Only show what it would do: its effect is written and rolled back.
    #[arg(long)]
    dry_run: bool,
    /// Most cases.
    #[arg(long)]
    limit: Option<u32>,
    /// So many first; the others follow when all of these are completed, and
    /// none does after a failure.
    #[arg(long)]
    canary: Option<u32>,
    /// Most jobs that become available in a second.
    #[arg(long)]
    per_second: Option<u32>,
    /// This JSON object in place of the job's data.
    #[arg(long, value_parser = arguments::object)]
    edit: Option<Value>,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    wait: wait::Args,
}

const REHEARSALS: Columns = &[
    ("CASE", "/caseId"),
    ("OUTCOME", "/outcome"),
    ("REASON", "/reason"),
    ("SCORES", "/scores"),
    ("SUPERSEDED", "/superseded"),
    ("JOBS", "/jobs"),
    ("EVENTS", "/events"),
    ("SUMMARY", "/summary"),
    ("DETAIL", "/detail"),
];

impl Args {
    /// Wrong usage that only the whole shows.
    pub(super) fn check(&self) -> Result<(), Usage> {
        let refuse = |text: &str| Err(Usage(text.to_owned()));
        let many = self.all || !self.filter.is_empty();
        let paced = self.limit.or(self.canary).or(self.per_second).is_some();
        match self.id {
            Some(_) if many => refuse("name a case or a filter, not both"),
            Some(_) if paced => refuse("--limit, --canary and --per-second are for a filter"),
            None if !many => refuse("name a case, a filter, or --all"),
            None if self.all && !self.filter.is_empty() => refuse("--all takes no filter"),
            None if self.edit.is_some() => refuse("--edit is for one case"),
            _ if self.dry_run && self.wait.wait => refuse("a dry run is over at once"),
            None if self.dry_run && self.canary.or(self.per_second).is_some() => {
                refuse("a dry run has no pace")
            }
            _ => Ok(()),
        }
    }

    /// The body of the request; what is not said is left to the API.
    fn body(&self) -> Result<Value, serde_json::Error> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        if self.id.is_none() {
            put("filter", Some(serde_json::to_value(self.filter.cases())?));
        }
        put("data", self.edit.clone());
        put("dryRun", self.dry_run.then_some(json!(true)));
        put("limit", self.limit.map(Value::from));
        put("canary", self.canary.map(Value::from));
        put("perSecond", self.per_second.map(Value::from));
        put("reason", self.reason.clone().map(Value::from));
        Ok(Value::Object(body))
    }
}

pub(super) async fn run(api: &Api, args: Args, output: Output) -> anyhow::Result<()> {
    let path = match args.id {
        Some(id) => id_path("dlq/", id, "/replay"),
        None => "/api/v2/admin/dlq/replay".to_owned(),
    };
    let answer = api.call(Request::post(path, args.body()?)).await?;
    if args.dry_run {
        return rehearsed(&answer, output);
    }
    let name = if args.id.is_some() { "jobId" } else { "replayId" };
    let begun = answer.get(name).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
    let begun = begun.with_context(|| format!("the answer has no {name}"))?;
    match (args.id, args.wait.wait) {
        (Some(_), waits) => {
            output
                .record(&answer, &[("case", "/caseId"), ("job", "/jobId"), ("state", "/state")])?;
            if waits { jobs::wait_for(api, begun, &args.wait).await } else { Ok(()) }
        }
        (None, true) => replays::wait_for(api, begun, &args.wait, output).await,
        (None, false) => {
            output.record(&answer, replays::FIELDS)?;
            eprintln!("see `mauntic replays show {begun} --wait`");
            Ok(())
        }
    }
}

/// What the effects would be. A case that could not be done is a failure, as it
/// would be in earnest.
fn rehearsed(answer: &Value, output: Output) -> anyhow::Result<()> {
    let one = std::slice::from_ref(answer);
    let rehearsals = answer.get("items").and_then(Value::as_array).map_or(one, Vec::as_slice);
    let listed = json!({"items": rehearsals});
    match output {
        Output::Json => output.print(answer, |_| String::new())?,
        Output::Text => output.list(&listed, "items", REHEARSALS)?,
    }
    let is_done =
        |rehearsal: &&Value| rehearsal.get("outcome").and_then(Value::as_str) == Some("completed");
    let undone = rehearsals.len() - rehearsals.iter().filter(is_done).count();
    if undone > 0 {
        bail!("{undone} of {} would not be completed", rehearsals.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::parse_from(std::iter::once("replay").chain(line.split_whitespace())).args
    }

    const CASE: &str = "0198c0de-0000-7000-8000-000000000001";

    #[test]
    fn what_is_replayed_must_be_named_once() {
        for line in [
            "",
            "--limit 5",
            "--edit {}",
            "--all --type a",
            "--type a --edit {}",
            "--type a --dry-run --wait",
            "--type a --dry-run --canary 1",
            &format!("{CASE} --all"),
            &format!("{CASE} --type a"),
            &format!("{CASE} --canary 1"),
        ] {
            assert!(args(line).check().is_err(), "{line}");
        }
        for line in [
            CASE,
            &format!("{CASE} --edit {{}} --dry-run"),
            &format!("{CASE} --wait"),
            "--all --canary 5",
            "--type a --dry-run --limit 5",
            "--fingerprint a/b/ --limit 10 --canary 2 --per-second 5 --wait",
        ] {
            args(line).check().unwrap();
        }
    }

    #[test]
    fn only_what_was_said_is_asked_for() {
        let one = args(&format!("{CASE} --edit {{\"a\":1}} --reason why"));
        assert_eq!(one.body().unwrap(), json!({"data": {"a": 1}, "reason": "why"}));
        let many = args("--queue mauntic-scoring-events-staging --canary 2 --per-second 5");
        let filter = json!({"queue": "mauntic-scoring-events"});
        let body = json!({"filter": filter, "canary": 2, "perSecond": 5});
        assert_eq!(many.body().unwrap(), body);
        assert_eq!(args("--all --dry-run").body().unwrap(), json!({"filter": {}, "dryRun": true}));
    }
}
