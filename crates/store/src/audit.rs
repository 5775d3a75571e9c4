//! The audit: what operators did, and what was refused them. The database alone
//! chains its entries; here they are made and read.

use mauntic_domain::audit::{DONE, ENTRIES_AN_HOUR_MAX, Entry, Link, REFUSALS_AN_HOUR_MAX, Walk};
use mauntic_flows::ports::{Act, AuditFilter, AuditPage, PortError};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};
use crate::session::kept;

/// Longest target of an entry: a path's last parts, for a refusal.
const TARGET_CHARS_MAX: usize = 300;

/// Longest action and code of an entry.
const NAME_CHARS_MAX: usize = 60;

/// What was done, for its entry.
pub(crate) struct Noted {
    /// Such as `cron.run`.
    pub(crate) action: &'static str,
    /// A key, an id or a name.
    pub(crate) target: String,
    /// How it was before; null where nothing was.
    pub(crate) before: Value,
    /// How it is now.
    pub(crate) after: Value,
}

/// The entries of what an act has done.
pub(crate) fn entries(act: &Act, noted: &[Noted]) -> Result<Vec<String>, PortError> {
    let entry = |noted: &Noted| {
        let mut entry = entry(act, noted.action, &noted.target, DONE);
        entry.before = noted.before.clone();
        entry.after = noted.after.clone();
        text(&entry)
    };
    noted.iter().map(entry).collect()
}

fn entry(act: &Act, action: &str, target: &str, outcome: &str) -> Entry {
    Entry {
        actor: act.actor.clone(),
        action: kept(action, NAME_CHARS_MAX),
        target: kept(target, TARGET_CHARS_MAX),
        outcome: kept(outcome, NAME_CHARS_MAX),
        reason: act.reason.clone(),
        before: Value::Null,
        after: Value::Null,
        request_id: act.request_id.clone(),
    }
}

/// An entry as it is hashed.
pub(crate) fn text(entry: &Entry) -> Result<String, PortError> {
    let refused = |error: serde_json::Error| PortError::Refused {
        what: "writing the audit",
        cause: error.to_string(),
    };
    serde_json::to_string(entry).map_err(refused)
}

/// Entries as a column.
pub(crate) struct Columns<'a> {
    entries: &'a [String],
}

impl<'a> Columns<'a> {
    pub(crate) const fn of(entries: &'a [String]) -> Self {
        Self { entries }
    }

    pub(crate) const fn params(&self) -> [Param<'_>; 1] {
        [(&self.entries, Type::TEXT_ARRAY)]
    }
}

/// Writes entries; the last statement of a transaction.
pub(crate) const fn append<'a>(params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql: sql!("append_audit.sql"), params }
}

/// An entry for a call that was refused, in a transaction of its own, unless the
/// last hour has as many as the audit takes. Whether it was written.
pub(crate) async fn note_refusal(
    session: &Session,
    action: &str,
    target: &str,
    code: &str,
) -> Result<bool, PortError> {
    let what = "writing a refusal";
    let act = session.act().ok_or_else(|| PortError::Refused {
        what,
        cause: "the session acts for nobody".to_owned(),
    })?;
    let entry = text(&entry(act, action, target, code))?;
    let holder: &[Param<'_>] = &[(&act.actor, Type::TEXT)];
    let params: &[Param<'_>] = &[
        (&act.actor, Type::TEXT),
        (&entry, Type::TEXT),
        (&REFUSALS_AN_HOUR_MAX, Type::INT8),
        (&ENTRIES_AN_HOUR_MAX, Type::INT8),
    ];
    let lock = Statement { sql: sql!("lock_refusals.sql"), params: holder };
    let append = Statement { sql: sql!("append_refusal.sql"), params };
    let answers = session.write(what, &[lock, append]).await?;
    Ok(answers.last().is_some_and(|written| !written.is_empty()))
}

pub(crate) async fn audit(
    session: &Session,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<AuditPage, PortError> {
    let params: &[Param<'_>] = &[
        (&filter.actor, Type::TEXT),
        (&filter.action, Type::TEXT),
        (&filter.target, Type::TEXT),
        (&filter.outcome, Type::TEXT),
        (&before, Type::INT8),
        (&limit, Type::INT8),
    ];
    let sql = sql!("read_audit.sql");
    page(&session.statement("reading the audit", sql, params).await?)
}

pub(crate) async fn audit_chain(
    session: &Session,
    after: i64,
    limit: i64,
) -> Result<AuditPage, PortError> {
    let params: &[Param<'_>] = &[(&after, Type::INT8), (&limit, Type::INT8)];
    let sql = sql!("read_chain.sql");
    page(&session.statement("reading the audit's chain", sql, params).await?)
}

fn page(rows: &[Row]) -> Result<AuditPage, PortError> {
    let first = rows.first().ok_or_else(|| unreadable("the audit's end"))?;
    let head = Walk { seq: column(first, "head_seq")?, hash: hash(first, "head_hash")? };
    let links = rows.iter().map(link).collect::<Result<Vec<_>, _>>()?;
    Ok(AuditPage { links: links.into_iter().flatten().collect(), head })
}

/// None where the audit has no such entry.
fn link(row: &Row) -> Result<Option<Link>, PortError> {
    let Some(seq) = column(row, "seq")? else {
        return Ok(None);
    };
    let (at, entry) = (column(row, "at")?, column(row, "entry")?);
    Ok(Some(Link { seq, at, entry, hash: hash(row, "hash")? }))
}

fn hash(row: &Row, name: &str) -> Result<[u8; 32], PortError> {
    let bytes: &[u8] = column(row, name)?;
    bytes.try_into().map_err(|_| unreadable(&format!("column {name}")))
}
