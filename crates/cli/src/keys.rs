//! Makes and revokes keys.

use anyhow::{Context, bail};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::Scope;
use mauntic_store::admin;
use serde_json::json;
use uuid::Uuid;

use crate::output::{Output, line};
use crate::{database, random};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key and print it; it is shown this once and stored nowhere.
    Create {
        #[command(flatten)]
        database: database::Args,
        /// The organization it opens; none makes an operator's key.
        #[arg(long)]
        organization: Option<String>,
        /// That the key is an operator's, who sees every organization's: to be said where it
        /// only looks, for an organization's key may be of scope read alone as well.
        #[arg(long, conflicts_with = "organization")]
        operator: bool,
        /// Name of the organization, if it is to be made known as well.
        #[arg(long, requires = "organization")]
        organization_name: Option<String>,
        /// What it may do: read, write for an organization; operate, admin for an
        /// operator, or read alone for one who only looks.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// For people.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Revoke a key by its id.
    Revoke {
        #[command(flatten)]
        database: database::Args,
        /// The key's id, as `create` printed it.
        id: Uuid,
    },
}

pub(crate) async fn run(command: Command, output: Output) -> anyhow::Result<()> {
    match command {
        Command::Create { database, organization, operator, organization_name, scopes, note } => {
            let owner = organization.map(OrganizationId::parse).transpose();
            let owner = owner.context("--organization")?;
            let scopes = parse_scopes(&scopes)?;
            if scopes == [Scope::Read] && owner.is_none() && !operator {
                bail!(
                    "a key of scope read is an organization's, by --organization, or that of an \
                     operator who sees every organization's, by --operator: say which"
                );
            }
            let client = database.client().await?;
            if let (Some(owner), Some(name)) = (&owner, organization_name) {
                admin::put_organization(&client, owner, &name).await?;
            }
            let key = new_key()?;
            let id = admin::put_key(&client, owner.as_ref(), &key, &scopes, &note).await.context(
                "storing the key; is the organization known, and do the scopes fit its owner?",
            )?;
            let whose = owner.map_or("an operator's", |_| "an organization's");
            eprintln!("key {id}, {whose}; keep it now, it cannot be shown again:");
            output.print(&json!({"id": id, "key": key}), |_| key.clone())?;
        }
        Command::Revoke { database, id } => {
            if !admin::revoke_key(&database.client().await?, id).await? {
                bail!("there is no live key {id}");
            }
            eprintln!("key {id} opens nothing any more");
            if output == Output::Json {
                line(&json!({"id": id, "revoked": true}).to_string())?;
            }
        }
    }
    Ok(())
}

fn parse_scopes(names: &[String]) -> anyhow::Result<Vec<Scope>> {
    let parse = |name: &String| {
        Scope::from_name(name)
            .with_context(|| format!("scope {name:?} is none of read, write, operate, admin"))
    };
    names.iter().map(parse).collect()
}

/// A fresh key: `mk_` and 64 hexadecimal digits.
pub(crate) fn new_key() -> anyhow::Result<String> {
    Ok(format!("mk_{}", random::hex()?))
}
