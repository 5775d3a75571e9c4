//! Commands that talk to a database by `DATABASE_URL`, as its owner.

use anyhow::Context;
use mauntic_store::connect::Tcp;
use mauntic_store::migrate;
use serde_json::json;
use tokio_postgres::Client;

use crate::output::{Output, line};

/// Which database.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// PostgreSQL address of a role that owns the schema.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

impl Args {
    pub(crate) fn tcp(&self) -> anyhow::Result<Tcp> {
        Tcp::new(&self.database_url).context("DATABASE_URL")
    }

    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        self.tcp()?.client().await.context("connecting to the database of DATABASE_URL")
    }
}

/// Applies what is missing and says what it applied.
pub(crate) async fn migrate(args: Args, output: Output) -> anyhow::Result<()> {
    let client = args.client().await?;
    let applied = migrate::run(&client).await?;
    let total = migrate::MIGRATIONS.len();
    match output {
        Output::Json => line(&json!({"applied": applied, "migrations": total}).to_string())?,
        Output::Text => applied.iter().try_for_each(|name| line(name))?,
    }
    eprintln!("{} of {total} migrations applied now, {total} in all", applied.len());
    Ok(())
}
