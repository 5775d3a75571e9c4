//! Applies the migrations of `migrations/`, each in its own transaction.

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// A migration as this build carries it.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Name of its file; begins with its number.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../../../migrations/", $name)) }),*]
    };
}

/// Every migration, in order; number n is at index n − 1.
pub const MIGRATIONS: &[Migration] = migrations![
    "0001_rooms_and_roles.sql",
    "0002_jobs.sql",
    "0003_scoring.sql",
    "0004_auth.sql",
    "0005_protocol.sql",
    "0006_operations.sql",
    "0007_signals.sql",
    "0008_publications.sql",
    "0009_warmup.sql",
    "0010_analytics.sql",
    "0011_enrichment_sums.sql",
    "0012_scoreboard.sql",
    "0013_tournaments.sql",
    "0014_league_boards.sql",
    "0015_portfolio.sql",
    "0016_nights.sql",
    "0017_looking.sql",
];

/// Oldest server that has what we use (uuidv7, RETURNING old).
const SERVER_VERSION_MIN: i32 = 180_000;

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The server is too old.
    #[error("PostgreSQL {found} is too old; version 18 or newer is needed")]
    ServerTooOld {
        /// What it calls itself.
        found: String,
    },
    /// A migration was changed after it was applied.
    #[error(
        "migration {name} was changed after it was applied; restore its text and add a new one"
    )]
    Changed {
        /// The migration.
        name: String,
    },
    /// The database knows migrations this build does not.
    #[error(
        "the database is at migration {found}, newer than this build's {known}; use the newer build"
    )]
    Newer {
        /// The database's newest.
        found: i32,
        /// This build's newest.
        known: usize,
    },
    /// The database refused.
    #[error("migration {name} failed: {cause}")]
    Failed {
        /// The migration, or the step before.
        name: &'static str,
        /// The server's words.
        cause: String,
    },
}

/// Applies what is missing; returns the names of what was applied.
///
/// # Errors
/// See [`MigrateError`]; migrations before the failing one stay applied.
pub async fn run(client: &Client) -> Result<Vec<&'static str>, MigrateError> {
    let failed = |name| move |error: tokio_postgres::Error| failure(name, &error);
    check_server(client).await?;
    // Two migrations at once: the second waits here. Session-level, so that it
    // outlives each migration's own transaction; the connection's end frees it.
    let lock = "select pg_advisory_lock(hashtext('mauntic.migrate'))";
    client.batch_execute(lock).await.map_err(failed("the lock"))?;
    let applied = applied(client).await?;
    let mut done = Vec::new();
    for (migration, number) in MIGRATIONS.iter().zip(1_i32..) {
        let digest = Sha256::digest(migration.sql.as_bytes()).to_vec();
        match applied.iter().find(|(known, _)| *known == number) {
            Some((_, recorded)) if *recorded == digest => continue,
            Some(_) => {
                return Err(MigrateError::Changed { name: migration.name.to_owned() });
            }
            None => {}
        }
        apply(client, migration, number, &digest).await.map_err(failed(migration.name))?;
        done.push(migration.name);
    }
    let newest = applied.iter().map(|(number, _)| *number).max().unwrap_or(0);
    if usize::try_from(newest).is_ok_and(|newest| newest > MIGRATIONS.len()) {
        return Err(MigrateError::Newer { found: newest, known: MIGRATIONS.len() });
    }
    let unlock = "select pg_advisory_unlock(hashtext('mauntic.migrate'))";
    client.batch_execute(unlock).await.map_err(failed("the lock"))?;
    Ok(done)
}

async fn check_server(client: &Client) -> Result<(), MigrateError> {
    let sql =
        "select current_setting('server_version_num')::int4, current_setting('server_version')";
    let row = client.query_typed_one(sql, &[]).await.map_err(|e| failure("the version", &e))?;
    if row.get::<_, i32>(0) < SERVER_VERSION_MIN {
        return Err(MigrateError::ServerTooOld { found: row.get(1) });
    }
    Ok(())
}

async fn applied(client: &Client) -> Result<Vec<(i32, Vec<u8>)>, MigrateError> {
    let failed = |error| failure("the ledger", &error);
    let exists = "select to_regclass('jobs.schema_migration') is not null";
    let row = client.query_typed_one(exists, &[]).await.map_err(failed)?;
    if !row.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let sql = "select number, sha256 from jobs.schema_migration order by number";
    let rows = client.query_typed(sql, &[]).await.map_err(failed)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn apply(
    client: &Client,
    migration: &Migration,
    number: i32,
    digest: &[u8],
) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("begin").await?;
    let body = async {
        client.batch_execute(migration.sql).await?;
        let sql = "insert into jobs.schema_migration (number, name, sha256) values ($1, $2, $3)";
        let params: &[crate::flight::Param<'_>] =
            &[(&number, Type::INT4), (&migration.name, Type::TEXT), (&digest, Type::BYTEA)];
        client.execute_typed(sql, params).await
    };
    match body.await {
        Ok(_) => client.batch_execute("commit").await,
        Err(error) => {
            client.batch_execute("rollback").await?;
            Err(error)
        }
    }
}

fn failure(name: &'static str, error: &tokio_postgres::Error) -> MigrateError {
    let cause = error.as_db_error().map_or_else(
        || error.to_string(),
        |db| format!("{} (SQLSTATE {})", db.message(), db.code().code()),
    );
    MigrateError::Failed { name, cause }
}
