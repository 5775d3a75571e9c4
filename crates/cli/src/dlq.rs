//! Dead letters as cases: what there is, in groups and one by one, and deciding
//! them.

mod filter;
mod replay;

use serde_json::Value;
use uuid::Uuid;

use crate::http::{Api, Noun, Request, id_path};
use crate::jobs::{self, say_more};
use crate::output::{Columns, Output, plain, record, table};

use filter::Filter;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Cases, newest first: open ones unless told otherwise.
    List {
        #[command(flatten)]
        filter: Filter,
        /// Decided ones instead.
        #[arg(long)]
        decided: bool,
        /// Most cases.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Begin where an earlier list ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Open cases by what they have in common, the largest group first.
    Groups {
        #[command(flatten)]
        filter: Filter,
        /// Most groups.
        #[arg(long)]
        limit: Option<u32>,
    },
    /// All that is known of a case: its body, its attempts, what became of it.
    Show {
        /// The case.
        id: Uuid,
    },
    /// Replay a case by its id, or all open ones that a filter names.
    Replay(replay::Args),
    /// Decide a case without a replay.
    Discard {
        /// The case.
        id: Uuid,
        /// Why, for the audit.
        #[arg(long)]
        reason: String,
    },
}

const COLUMNS: Columns = &[
    ("CASE", "/caseId"),
    ("QUEUE", "/queue"),
    ("TYPE", "/type"),
    ("REASON", "/reason"),
    ("ORGANIZATION", "/organizationId"),
    ("CREATED", "/createdAt"),
    ("DECISION", "/decision"),
    ("DETAIL", "/detail"),
];

const GROUPS: Columns = &[
    ("OPEN", "/open"),
    ("ORGANIZATIONS", "/organizations"),
    ("FIRST SEEN", "/firstSeen"),
    ("LAST SEEN", "/lastSeen"),
    ("NEWEST", "/newestCaseId"),
    ("FINGERPRINT", "/fingerprint"),
];

const FIELDS: Columns = &[
    ("case", "/caseId"),
    ("queue", "/queue"),
    ("type", "/type"),
    ("organization", "/organizationId"),
    ("reason", "/reason"),
    ("detail", "/detail"),
    ("fingerprint", "/fingerprint"),
    ("created", "/createdAt"),
    ("message", "/messageId"),
    ("job", "/jobId"),
    ("decision", "/decision"),
    ("decided", "/decidedAt"),
    ("decidedBy", "/decidedBy"),
    ("decidedWhy", "/decidedWhy"),
    ("replay", "/replayId"),
    ("replayedAs", "/replayedAs"),
    ("attempts", "/attempts"),
    ("bodyEncoding", "/bodyEncoding"),
];

const LINEAGE: Columns = &[
    ("CASE", "/caseId"),
    ("CREATED", "/createdAt"),
    ("REASON", "/reason"),
    ("DECISION", "/decision"),
    ("REPLAYED AS", "/replayedAs"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    if let Command::Replay(args) = noun.verb {
        // A filter that names nothing is told before anybody is asked for a key.
        args.check()?;
        return replay::run(&noun.api.api()?, args, output).await;
    }
    let api = noun.api.api()?;
    match noun.verb {
        Command::List { filter, decided, limit, cursor } => {
            let request = filter.ask(Request::get("/api/v2/admin/dlq"));
            let request = request.with("decided", decided.then_some(true)).with("cursor", cursor);
            let answer = api.list(request, limit).await?;
            output.list(&answer, "items", COLUMNS)?;
            say_more(&answer);
            Ok(())
        }
        Command::Groups { filter, limit } => {
            let request = filter.ask(Request::get("/api/v2/admin/dlq/groups")).with("limit", limit);
            output.list(&api.call(request).await?, "items", GROUPS)
        }
        Command::Show { id } => {
            let answer = api.call(Request::get(id_path("dlq/", id, ""))).await?;
            output.print(&answer, shown)
        }
        Command::Discard { id, reason } => discard(&api, id, reason, output).await,
        Command::Replay(_) => Ok(()),
    }
}

async fn discard(api: &Api, id: Uuid, reason: String, output: Output) -> anyhow::Result<()> {
    let request = Request::delete(id_path("dlq/", id, "")).with("reason", Some(reason));
    let answer = api.call(request).await?;
    if output == Output::Text {
        eprintln!("case {id} is discarded");
        return Ok(());
    }
    output.print(&answer, |_| String::new())
}

fn shown(case: &Value) -> String {
    let mut shown = record(case, FIELDS);
    let body = case.get("body").and_then(Value::as_str).unwrap_or_default();
    shown = format!("{shown}\nbody\n{}\n", plain(body));
    if let Some(job) = case.get("job").filter(|job| !job.is_null()) {
        shown = format!("{shown}\njob\n{}", jobs::shown(job));
    }
    let list = |name| case.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !list("errors").is_empty() {
        shown = format!("{shown}\nfailures\n{}", table(list("errors"), jobs::ERRORS, true));
    }
    if list("lineage").len() > 1 {
        shown = format!("{shown}\nlineage\n{}", table(list("lineage"), LINEAGE, true));
    }
    shown
}
