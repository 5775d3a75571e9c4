//! Breakers: which dependencies outside are not called, and calling one again.

use serde_json::json;

use crate::http::{Noun, Request, path};
use crate::output::{Columns, Output};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Every dependency and whether it is called.
    List,
    /// Close a breaker, whatever its state.
    Reset {
        /// The dependency, as the list names it.
        name: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
    },
}

const COLUMNS: Columns = &[
    ("NAME", "/name"),
    ("STATE", "/state"),
    ("FAILURES", "/failures"),
    ("SUCCESSES", "/successes"),
    ("RETRY AT", "/retryAt"),
    ("CHANGED", "/changedAt"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::List => {
            let answer = api.call(Request::get("/api/v2/admin/breakers")).await?;
            output.list(&answer, "items", COLUMNS)
        }
        Command::Reset { name, reason } => {
            let request =
                Request::post(path("breakers/", &name, "/reset"), json!({"reason": reason}));
            let answer = api.call(request).await?;
            output.print(&answer, |_| format!("{name} is called again"))
        }
    }
}
