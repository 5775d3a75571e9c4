//! What an operator does to the database by hand: organizations, keys,
//! configuration. Connects as the owner of the tables.

use mauntic_domain::audit::{DONE, Entry};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::{ConfigEntry, Features, SignalConfig};
use mauntic_flows::commands::authenticate::sha256;
use mauntic_flows::ports::Scope;
use serde_json::{Value, json};
use tokio_postgres::types::{Json, Type};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::flight::{Param, READ_WRITE, Statement, transaction};

/// Makes an organization known; naming it again changes its name.
///
/// # Errors
/// The database's.
pub async fn put_organization(
    client: &Client,
    id: &OrganizationId,
    name: &str,
) -> Result<(), Error> {
    let params: &[Param<'_>] = &[(&id.as_str(), Type::TEXT), (&name, Type::TEXT)];
    client.execute_typed(sql!("put_organization.sql"), params).await.map(|_| ())
}

/// Stores a key's digest; `key` itself is kept nowhere. Returns the key's id;
/// storing the same key again changes nothing and returns the id it has.
///
/// # Errors
/// The database's; an unknown organization is one. The connection is then to be
/// dropped.
pub async fn put_key(
    client: &Client,
    owner: Option<&OrganizationId>,
    key: &str,
    scopes: &[Scope],
    note: &str,
) -> Result<Uuid, Error> {
    let digest = sha256(key);
    let digest = digest.as_slice();
    let owner = owner.map(OrganizationId::as_str);
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&digest, Type::BYTEA),
        (&scopes, Type::TEXT_ARRAY),
        (&note, Type::TEXT),
    ];
    client.batch_execute(READ_WRITE).await?;
    let row = client.query_typed_one(sql!("put_key.sql"), params).await?;
    let (id, created): (Uuid, bool) = (row.try_get("id")?, row.try_get("created")?);
    let after = json!({"organizationId": owner, "scopes": scopes, "note": note});
    let entry = created.then(|| by_owner("key.create", id, Value::Null, after));
    commit_noted(client, entry).await.map(|()| id)
}

/// Revokes a key from now on; false when there is no such live key.
///
/// # Errors
/// The database's; the connection is then to be dropped.
pub async fn revoke_key(client: &Client, id: Uuid) -> Result<bool, Error> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    client.batch_execute(READ_WRITE).await?;
    let revoked = client.execute_typed(sql!("revoke_key.sql"), params).await? > 0;
    let (before, after) = (json!({"revoked": false}), json!({"revoked": true}));
    let entry = revoked.then(|| by_owner("key.revoke", id, before, after));
    commit_noted(client, entry).await.map(|()| revoked)
}

/// The entry of what who has the database did.
fn by_owner(action: &str, key: Uuid, before: Value, after: Value) -> Entry {
    Entry {
        actor: "owner".to_owned(),
        action: action.to_owned(),
        target: key.to_string(),
        outcome: DONE.to_owned(),
        reason: None,
        before,
        after,
        request_id: String::new(),
    }
}

/// Commits what was done with its entry, if anything was.
async fn commit_noted(client: &Client, entry: Option<Entry>) -> Result<(), Error> {
    if let Some(entry) = entry {
        // As the store writes it; a struct of texts and JSON always serializes.
        let entries = [json!(entry).to_string()];
        let append: &[Param<'_>] = &[(&entries.as_slice(), Type::TEXT_ARRAY)];
        client.query_typed(sql!("append_audit.sql"), append).await?;
    }
    client.batch_execute("commit").await
}

/// Replaces an organization's configuration under a new version, in one
/// transaction; the head's row lock puts writers in order.
///
/// # Errors
/// The database's.
pub async fn replace_config(
    client: &Client,
    owner: &OrganizationId,
    entries: &[ConfigEntry],
) -> Result<(), Error> {
    let owner = owner.as_str();
    let head: &[Param<'_>] = &[(&owner, Type::TEXT)];
    let factors: Vec<&str> = entries.iter().map(|entry| entry.factor.as_str()).collect();
    let categories: Vec<&str> = entries.iter().map(|entry| entry.category.as_str()).collect();
    let weights: Vec<i64> = entries.iter().map(|entry| entry.weight.points().e4()).collect();
    let enabled: Vec<bool> = entries.iter().map(|entry| entry.enabled).collect();
    let body: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&factors, Type::TEXT_ARRAY),
        (&categories, Type::TEXT_ARRAY),
        (&weights, Type::INT8_ARRAY),
        (&enabled, Type::BOOL_ARRAY),
    ];
    let head = Statement { sql: sql!("bump_config.sql"), params: head };
    let body = Statement { sql: sql!("replace_config.sql"), params: body };
    let signals = None::<&str>;
    let kept: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&"owner", Type::TEXT), (&signals, Type::TEXT)];
    let kept = Statement { sql: sql!("write_document.sql"), params: kept };
    transaction(client, READ_WRITE, &[head, body, kept]).await.map(|_| ())
}

/// Replaces an organization's types of signal under a new version of its
/// configuration, as [`replace_config`] does its factors.
///
/// # Errors
/// The database's.
pub async fn replace_signals(
    client: &Client,
    owner: &OrganizationId,
    signals: &SignalConfig,
) -> Result<(), Error> {
    let owner = owner.as_str();
    let entries: Value = signals.entries().map(|entry| json!(entry)).collect();
    let entries = entries.to_string();
    let head: &[Param<'_>] = &[(&owner, Type::TEXT)];
    let body: &[Param<'_>] = &[(&owner, Type::TEXT), (&entries, Type::TEXT)];
    let kept: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&"owner", Type::TEXT), (&entries, Type::TEXT)];
    let statements = [
        Statement { sql: sql!("bump_config.sql"), params: head },
        Statement { sql: sql!("replace_signals.sql"), params: body },
        Statement { sql: sql!("write_document.sql"), params: kept },
    ];
    transaction(client, READ_WRITE, &statements).await.map(|_| ())
}

/// Stores contacts' features without asking for their scores.
///
/// # Errors
/// The database's.
pub async fn put_contacts(
    client: &Client,
    owner: &OrganizationId,
    contacts: &[(ContactId, Features)],
) -> Result<(), Error> {
    let names: Vec<&str> = contacts.iter().map(|(name, _)| name.as_str()).collect();
    let features: Vec<Json<&Features>> = contacts.iter().map(|(_, f)| Json(f)).collect();
    let params: &[Param<'_>] = &[
        (&owner.as_str(), Type::TEXT),
        (&names, Type::TEXT_ARRAY),
        (&features, Type::JSONB_ARRAY),
    ];
    client.execute_typed(sql!("put_contacts.sql"), params).await.map(|_| ())
}

/// Makes a database unless it is there. Must not run in a transaction.
///
/// # Errors
/// The database's.
pub async fn ensure_database(client: &Client, name: &str) -> Result<(), Error> {
    let params: &[Param<'_>] = &[(&name, Type::TEXT)];
    let sql = sql!("create_database.sql");
    match client.query_typed_opt(sql, params).await? {
        Some(row) => client.batch_execute(row.try_get(0)?).await,
        None => Ok(()),
    }
}

/// Gives a worker's role a password.
///
/// # Errors
/// The database's.
pub async fn set_role_password(client: &Client, role: &str, password: &str) -> Result<(), Error> {
    let params: &[Param<'_>] = &[(&role, Type::TEXT), (&password, Type::TEXT)];
    let sql = sql!("set_role_password.sql");
    let row = client.query_typed_one(sql, params).await?;
    client.batch_execute(row.try_get(0)?).await
}
