//! Ledgers of tournaments: whether they and their boards are what guesses and results
//! make.

use anyhow::bail;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Noun, Request};
use crate::output::{Output, cell};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Follow a tournament's ledger and recompute what settlements gave from guesses and
    /// results, and the board from that; whatever is another is listed, and a failure.
    Verify {
        /// Whose tournament.
        #[arg(long)]
        organization: String,
        /// Its id.
        #[arg(long)]
        tournament: Uuid,
    },
}

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    let Command::Verify { organization, tournament } = noun.verb;
    let path = format!("/api/v2/admin/scoreboards/{tournament}/verify");
    let request = Request::get(path).with("organizationId", Some(organization));
    let mut found = Found::default();
    api.parts(request, |answer| found.add(answer)).await?;
    output.print(&json!(found), |_| found.verdict())?;
    match found.found {
        0 => Ok(()),
        found => bail!("{found} differences: the ledger, its points or the board were altered"),
    }
}

/// What all parts found together.
#[derive(Debug, Default, Serialize)]
struct Found {
    entries: i64,
    head: String,
    matches: i64,
    pending: i64,
    compared: i64,
    unproven: i64,
    found: i64,
    differences: Vec<Value>,
    closed: Value,
}

impl Found {
    fn add(&mut self, answer: &Value) {
        let number = |name: &str| answer.get(name).and_then(Value::as_i64).unwrap_or(0);
        self.entries = self.entries.max(number("entries"));
        self.head = cell(answer.get("head"));
        self.matches += number("matches");
        self.pending += number("pending");
        self.compared += number("compared");
        self.unproven += number("unproven");
        self.found += number("found");
        let differences = answer.get("differences").and_then(Value::as_array);
        self.differences.extend(differences.into_iter().flatten().cloned());
        self.closed = answer.get("closed").cloned().unwrap_or_default();
    }

    fn verdict(&self) -> String {
        let mut lines: Vec<String> =
            self.differences.iter().map(|line| cell(line.get("message"))).collect();
        let more = self.found - i64::try_from(lines.len()).unwrap_or(i64::MAX);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        let Self { entries, matches, compared, found, head, .. } = self;
        lines.push(format!(
            "{entries} entries, {matches} matches, {compared} guesses and lines compared: \
             {found} differences; head {head}"
        ));
        if let Some(digest) = self.closed.get("digest") {
            let at = cell(self.closed.get("closedAt"));
            lines.push(format!("closed {at}, digest {}", cell(Some(digest))));
        }
        for (count, what) in [
            (self.pending, "matches have a result that is to be settled yet"),
            (self.unproven, "members have points by guesses that were stored after the kickoff"),
        ] {
            if count > 0 {
                lines.push(format!("{count} {what}"));
            }
        }
        lines.join("\n")
    }
}
