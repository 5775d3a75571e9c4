//! The proof of what became of deliveries, for whoever has the database: sums
//! of the ledger beside the receipts that the jobs themselves carry.

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

use crate::flight::Param;

/// Most deliveries that are named which do not add up.
pub const WRONGS_MAX: i64 = 100;

/// Sums over the deliveries of a time. Counts are of messages up to `taken`, and
/// of claims from there on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Batches.
    pub deliveries: i64,
    /// Messages in them.
    pub messages: i64,
    /// Messages that are no job's: dead letters.
    pub unreadable: i64,
    /// Messages whose job was final, or that were repeated within the batch.
    pub absorbed: i64,
    /// Jobs claimed.
    pub taken: i64,
    /// Claims that ended in an effect.
    pub effects: i64,
    /// Claims that ended in a failure or a dead letter.
    pub failures: i64,
    /// Claims that were put off or handed back.
    pub put_off: i64,
    /// Claims whose lease ran out and whose job somebody else moved since.
    pub lost: i64,
    /// Claims that hold a lease now.
    pub in_flight: i64,
    /// Completed jobs that name one of these deliveries.
    pub receipts: i64,
    /// Deliveries of which a claim is not accounted for. The build before counts
    /// nothing, so that there may be some while two builds run.
    pub unaccounted: i64,
    /// Deliveries whose effects are not their receipts.
    pub conflicts: i64,
}

impl Sums {
    /// Messages that were left to their rows: leased, locked, not due, joined to
    /// another job, or another build's.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.messages - self.unreadable - self.absorbed - self.taken
    }

    /// Whether every claim is accounted for, and every effect has its receipt.
    #[must_use]
    pub const fn balances(&self) -> bool {
        self.unaccounted == 0
            && self.conflicts == 0
            && self.effects == self.receipts
            && self.left() >= 0
            && self.taken
                == self.effects + self.failures + self.put_off + self.lost + self.in_flight
    }
}

/// A delivery that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The invocation.
    pub token: Uuid,
    /// Production name of its queue.
    pub queue: String,
    /// When it was claimed.
    pub delivered_at: DateTime<Utc>,
    /// Jobs claimed.
    pub taken: i64,
    /// Claims accounted for: effects, failures, put off, lost, in flight.
    pub accounted: i64,
    /// Claims that ended in an effect.
    pub effects: i64,
    /// Completed jobs that name it.
    pub receipts: i64,
}

/// Sums up the deliveries from `from` on and before `to`, in one snapshot. Not
/// older ones than jobs are kept: their receipts are gone with the jobs.
///
/// # Errors
/// The database's.
pub async fn sums(client: &Client, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Sums, Error> {
    let params: &[Param<'_>] = &[(&from, Type::TIMESTAMPTZ), (&to, Type::TIMESTAMPTZ)];
    let row = client.query_typed_one(sql!("ledger_sums.sql"), params).await?;
    Ok(Sums {
        deliveries: row.try_get("deliveries")?,
        messages: row.try_get("messages")?,
        unreadable: row.try_get("unreadable")?,
        absorbed: row.try_get("absorbed")?,
        taken: row.try_get("taken")?,
        effects: row.try_get("effects")?,
        failures: row.try_get("failures")?,
        put_off: row.try_get("put_off")?,
        lost: row.try_get("lost")?,
        in_flight: row.try_get("in_flight")?,
        receipts: row.try_get("receipts")?,
        unaccounted: row.try_get("unaccounted")?,
        conflicts: row.try_get("conflicts")?,
    })
}

/// The first [`WRONGS_MAX`] deliveries of that time that do not add up, oldest
/// first.
///
/// # Errors
/// The database's.
pub async fn wrongs(
    client: &Client,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Wrong>, Error> {
    let params: &[Param<'_>] =
        &[(&from, Type::TIMESTAMPTZ), (&to, Type::TIMESTAMPTZ), (&WRONGS_MAX, Type::INT8)];
    let rows = client.query_typed(sql!("ledger_wrongs.sql"), params).await?;
    rows.iter().map(wrong).collect()
}

fn wrong(row: &Row) -> Result<Wrong, Error> {
    let count = |name| row.try_get::<_, i32>(name).map(i64::from);
    let accounted = count("effects")? + count("failures")? + count("put_off")? + count("lost")?;
    Ok(Wrong {
        token: row.try_get("token")?,
        queue: row.try_get("queue")?,
        delivered_at: row.try_get("delivered_at")?,
        taken: count("taken")?,
        accounted: accounted + row.try_get::<_, i64>("in_flight")?,
        effects: count("effects")?,
        receipts: row.try_get("receipts")?,
    })
}
