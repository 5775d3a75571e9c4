//! The table of jobs. Every write is checked against the schema's constraints,
//! and one that breaks them ends the test with their name: in PostgreSQL it
//! would be an error, and here it is a fault of the protocol.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::jobs::JobState;
use mauntic_domain::trace::TraceContext;
use uuid::Uuid;

use super::rows::JobRow;

/// Organization, type and key; no organization is one owner.
type Key = (Option<String>, String, String);

/// `jobs.job`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs {
    rows: BTreeMap<Uuid, JobRow>,
    indexes: Indexes,
    inserted: u64,
    /// The span that starts the jobs of this transaction.
    starter: Option<TraceContext>,
}

/// Its indexes: of what is to be done, and the unique ones.
#[derive(Debug, Clone, Default)]
struct Indexes {
    live: BTreeSet<Uuid>,
    coalesce: BTreeMap<Key, Uuid>,
    idempotency: BTreeMap<Key, Uuid>,
}

impl Jobs {
    pub(crate) fn get(&self, id: Uuid) -> Option<&JobRow> {
        self.rows.get(&id)
    }

    /// By id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &JobRow> {
        self.rows.values()
    }

    /// Those that are not final, by id: the index `job_live`.
    pub(crate) fn live(&self) -> impl Iterator<Item = &JobRow> {
        self.indexes.live.iter().filter_map(|id| self.rows.get(id))
    }

    /// The one job that has this idempotency key.
    pub(crate) fn holder(&self, owner: Option<&str>, of: &str, key: &str) -> Option<&JobRow> {
        let id = self.indexes.idempotency.get(&index_key(owner, of, key));
        id.and_then(|id| self.rows.get(id))
    }

    /// The one queued job that has this coalesce key.
    pub(crate) fn queued(&self, owner: Option<&str>, of: &str, key: &str) -> Option<Uuid> {
        self.indexes.coalesce.get(&index_key(owner, of, key)).copied()
    }

    /// What is inserted from now on is started by it, unless its row says otherwise.
    pub(crate) fn start_by(&mut self, starter: Option<TraceContext>) {
        self.starter = starter;
    }

    pub(crate) fn insert(&mut self, mut row: JobRow) {
        assert!(!self.rows.contains_key(&row.id), "job_pkey: {}", row.id);
        self.inserted += 1;
        row.seq = self.inserted;
        row.starter = row.starter.or(self.starter);
        check_job(&row);
        self.indexes.add(&row);
        self.rows.insert(row.id, row);
    }

    /// Changes a row; none where there is none.
    pub(crate) fn change(&mut self, id: Uuid, change: impl FnOnce(&mut JobRow)) -> Option<&JobRow> {
        let row = self.rows.get_mut(&id)?;
        let (claim, was_final) = (row.claim, row.state.is_final());
        let (coalesce, idempotency) = (row.coalesce_key.clone(), row.idempotency_key.clone());
        change(row);
        assert!(row.claim >= claim, "job.claim went back: {id}");
        check_job(row);
        let keeps_keys = (&coalesce, &idempotency) == (&row.coalesce_key, &row.idempotency_key);
        if !keeps_keys || was_final != row.state.is_final() {
            self.indexes.remove(row, coalesce.as_deref(), idempotency.as_deref());
            self.indexes.add(row);
        }
        Some(row)
    }

    pub(crate) fn delete(&mut self, id: Uuid) {
        if let Some(row) = self.rows.remove(&id) {
            let (coalesce, idempotency) = (&row.coalesce_key, &row.idempotency_key);
            self.indexes.remove(&row, coalesce.as_deref(), idempotency.as_deref());
        }
    }
}

impl Indexes {
    fn add(&mut self, row: &JobRow) {
        let owner = row.organization_id.as_deref();
        if let Some(key) = &row.coalesce_key {
            let other = self.coalesce.insert(index_key(owner, &row.type_name, key), row.id);
            assert!(other.is_none(), "job_coalesce: {key}");
        }
        if let Some(key) = &row.idempotency_key {
            let other = self.idempotency.insert(index_key(owner, &row.type_name, key), row.id);
            assert!(other.is_none(), "job_idempotency: {key}");
        }
        if !row.state.is_final() {
            self.live.insert(row.id);
        }
    }

    /// Takes a row out that had these keys.
    fn remove(&mut self, row: &JobRow, coalesce: Option<&str>, idempotency: Option<&str>) {
        let owner = row.organization_id.as_deref();
        if let Some(key) = coalesce {
            self.coalesce.remove(&index_key(owner, &row.type_name, key));
        }
        if let Some(key) = idempotency {
            self.idempotency.remove(&index_key(owner, &row.type_name, key));
        }
        self.live.remove(&row.id);
    }
}

fn index_key(owner: Option<&str>, of: &str, key: &str) -> Key {
    (owner.map(str::to_owned), of.to_owned(), key.to_owned())
}

fn check_job(row: &JobRow) {
    let id = row.id;
    let is_of_owner = |owner: &String| {
        row.data.get("organizationId").and_then(serde_json::Value::as_str) == Some(owner.as_str())
    };
    assert!(row.organization_id.as_ref().is_none_or(is_of_owner), "job_owner: {id}");
    let is_held = row.state == JobState::InProgress;
    assert!(is_held == row.lease_until.is_some(), "job_lease: {id}");
    assert!(row.state.is_final() == row.finished_at.is_some(), "job_final: {id}");
    assert!((row.state == JobState::Completed) == row.receipt.is_some(), "job_receipt: {id}");
    let has_both = row.idempotency_key.is_some() && row.coalesce_key.is_some();
    assert!(!has_both, "job_one_key: {id}");
    let counts = [row.failures, row.snoozes, row.resends, row.platform_deaths];
    assert!(counts.iter().all(|count| *count >= 0), "job_check: {id}");
    assert!(row.claim >= 0 && row.coalesced >= 0 && row.failures_max > 0, "job_check: {id}");
    assert!(row.version > 0, "job_version_check: {id}");
    for (text, most) in [
        (&row.idempotency_key, 200),
        (&row.released_key, 200),
        (&row.coalesce_key, 200),
        (&row.request_id, 128),
        (&row.organization_id, 64),
        (&row.snooze_reason, 40),
    ] {
        let fits = |text: &String| (1..=most).contains(&text.chars().count());
        assert!(text.as_ref().is_none_or(fits), "job_check: a text's length, {id}");
    }
    let error = row.last_error.as_ref().map_or(0, |text| text.chars().count());
    assert!(error <= 2_000, "job_last_error_check: {id}");
}
