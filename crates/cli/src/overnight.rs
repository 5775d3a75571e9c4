//! Nights of portfolio scoring: how they went, and whether they come out the same again.

use anyhow::bail;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Noun, Request};
use crate::jobs::say_more;
use crate::output::{Columns, Output, cell};

/// Most differences that are printed; how many there are is counted.
const DIFFERENCES_MAX: usize = 100;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Nights, the newest first.
    Runs {
        /// Most nights.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Begin where an earlier list ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// What became of a night's users, of all or of those of a fate.
    Users {
        /// The run.
        #[arg(long)]
        run: Uuid,
        /// Only users of this fate.
        #[arg(long, value_parser = ["scored", "skipped", "failed"])]
        fate: Option<String>,
        /// Most users.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Begin where an earlier list ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Make a night's scores again from what was captured, and compare them to the byte,
    /// with all that is stored of them; whatever is another, or gone, is listed, and a failure.
    Replay {
        /// The run.
        #[arg(long)]
        run: Uuid,
    },
}

const RUNS: Columns = &[
    ("RUN", "/runId"),
    ("STATUS", "/status"),
    ("STARTED", "/startedAt"),
    ("COMPLETED", "/completedAt"),
    ("SCORED", "/usersProcessed"),
    ("FAILED", "/usersFailed"),
    ("SKIPPED", "/usersSkipped"),
    ("CHUNKS", "/chunksDone"),
    ("OF", "/chunksTotal"),
];

const USERS: Columns = &[
    ("ORGANIZATION", "/organizationId"),
    ("USER", "/userId"),
    ("FATE", "/fate"),
    ("REASON", "/reason"),
    ("ASSETS", "/assetsScored"),
    ("DETAIL", "/detail"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::Runs { limit, cursor } => {
            let request = Request::get("/api/v2/admin/overnight/runs").with("cursor", cursor);
            let answer = api.list(request, limit).await?;
            output.list(&answer, "items", RUNS)?;
            say_more(&answer);
            Ok(())
        }
        Command::Users { run, fate, limit, cursor } => {
            let path = format!("/api/v2/admin/overnight/runs/{run}/users");
            let request = Request::get(path).with("fate", fate).with("cursor", cursor);
            let answer = api.list(request, limit).await?;
            output.list(&answer, "items", USERS)?;
            say_more(&answer);
            Ok(())
        }
        Command::Replay { run } => {
            let path = format!("/api/v2/admin/overnight/runs/{run}/replay");
            let mut found = Found::default();
            api.parts(Request::get(path), |answer| found.add(answer)).await?;
            output.print(&json!(found), |_| found.verdict())?;
            match found.differences {
                0 => Ok(()),
                differences => bail!("{differences} users come out other than they are stored"),
            }
        }
    }
}

/// What all parts found together.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    users: u64,
    identical: u64,
    without_inputs: u64,
    differences: usize,
    /// The first of them.
    first: Vec<Value>,
}

impl Found {
    fn add(&mut self, answer: &Value) {
        let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
        self.users += number("users");
        self.identical += number("identical");
        self.without_inputs += number("withoutInputs");
        let differences = answer.get("differences").and_then(Value::as_array);
        let differences = differences.map_or(&[][..], Vec::as_slice);
        self.differences += differences.len();
        let room = DIFFERENCES_MAX.saturating_sub(self.first.len());
        self.first.extend(differences.iter().take(room).cloned());
    }

    fn verdict(&self) -> String {
        let line = |of: &Value| {
            let [owner, user, place, stored, computed] =
                ["organizationId", "userId", "place", "stored", "computed"]
                    .map(|name| cell(of.get(name)));
            format!("{owner} {user}: {place}: stored is {stored}, computed is {computed}")
        };
        let mut lines: Vec<String> = self.first.iter().map(line).collect();
        let more = self.differences - self.first.len();
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        let Self { users, identical, without_inputs, differences, .. } = self;
        lines.push(format!(
            "{users} users: {identical} identical, {differences} different, {without_inputs} \
             of whom nothing was captured"
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        let mut found = Found::default();
        let difference = json!({"organizationId": "o", "userId": "u", "place": "scores/maximum",
            "stored": "\"1.0000\"", "computed": "\"2.0000\""});
        found.add(&json!({"users": 50, "identical": 49, "withoutInputs": 0,
            "differences": [difference], "next": "x"}));
        found.add(&json!({"users": 3, "identical": 2, "withoutInputs": 1, "differences": []}));
        let expected = "o u: scores/maximum: stored is \"1.0000\", computed is \"2.0000\"\n\
            53 users: 51 identical, 1 different, 1 of whom nothing was captured";
        assert_eq!(found.verdict(), expected);
        let many = vec![json!({}); DIFFERENCES_MAX];
        found.add(&json!({"users": 100, "differences": many}));
        assert!(found.verdict().contains("\nand 1 more\n"), "{}", found.verdict());
    }
}
