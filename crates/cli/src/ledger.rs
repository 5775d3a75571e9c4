//! Ledgers of tournaments: whether they and their boards are what guesses and results
//! make.

use anyhow::bail;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request};
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
    let found = verified(&api, &organization, tournament).await?;
    output.print(&found, verdict)?;
    match number(&found, "found") {
        0 => Ok(()),
        found => bail!("{found} differences: the ledger, its points or the board were altered"),
    }
}

/// Numbers that are added up over the answers.
const SUMS: [&str; 5] = ["matches", "pending", "compared", "unproven", "found"];

/// What all requests found together: a request looks at so much and no more.
async fn verified(api: &Api, organization: &str, tournament: Uuid) -> anyhow::Result<Value> {
    let path = format!("/api/v2/admin/scoreboards/{tournament}/verify");
    let mut all = json!({"entries": 0, "head": null, "differences": []});
    let mut cursor: Option<String> = None;
    loop {
        let request = Request::get(&path).with("organizationId", Some(organization.to_owned()));
        let answer = api.call(request.with("cursor", cursor.clone())).await?;
        for name in SUMS {
            all[name] = json!(number(&all, name) + number(&answer, name));
        }
        let entries = number(&all, "entries").max(number(&answer, "entries"));
        all["entries"] = json!(entries);
        all["head"] = answer["head"].clone();
        let differences = answer["differences"].as_array().cloned().unwrap_or_default();
        if let Some(listed) = all["differences"].as_array_mut() {
            listed.extend(differences);
        }
        let next = answer["next"].as_str().map(str::to_owned);
        if next.is_none() {
            return Ok(all);
        }
        if next == cursor {
            bail!("the answer goes no further than the one before");
        }
        cursor = next;
    }
}

fn number(answer: &Value, name: &str) -> i64 {
    answer[name].as_i64().unwrap_or(0)
}

fn verdict(found: &Value) -> String {
    let of = |name| cell(found.get(name));
    let differences = found["differences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines: Vec<String> = differences.iter().map(|line| cell(line.get("message"))).collect();
    let more = number(found, "found") - i64::try_from(lines.len()).unwrap_or(i64::MAX);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push(format!(
        "{} entries, {} matches, {} guesses and lines compared: {} differences; head {}",
        of("entries"),
        of("matches"),
        of("compared"),
        of("found"),
        of("head")
    ));
    for (name, what) in [
        ("pending", "matches have a result that is to be settled yet"),
        ("unproven", "members have points by guesses that were stored after the kickoff"),
    ] {
        if number(found, name) > 0 {
            lines.push(format!("{} {what}", of(name)));
        }
    }
    lines.join("\n")
}
