//! What operators see of cases and of the audit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::audit::{Entry, Link};
use mauntic_flows::ports::{
    AuditFilter, AuditPage, CaseDetail, CaseFilter, CaseGroup, CaseView, Page, Paged,
};
use serde_json::Value;
use uuid::Uuid;

use super::State;
use super::contains::contains;
use super::rows::LetterRow;
use super::views::{is_asked, paged, size};

/// Most cases that a case's lineage tells.
const LINEAGE_MAX: usize = 100;

impl State {
    /// Whether a filter means a case.
    pub(super) fn is_meant(&self, filter: &CaseFilter, letter: &LetterRow) -> bool {
        let run_id = || letter.job_id.and_then(|id| self.jobs.get(id)).and_then(|row| row.run_id);
        is_asked(filter.queue.as_ref(), Some(&letter.queue))
            && is_asked(filter.type_name.as_ref(), letter.type_name.as_ref())
            && is_asked(filter.organization_id.as_ref(), letter.organization_id.as_ref())
            && is_asked(filter.reason.as_ref(), Some(&letter.reason))
            && is_asked(filter.fingerprint.as_ref(), Some(&letter.fingerprint()))
            && (filter.run_id.is_none() || filter.run_id == run_id())
            && filter
                .payload
                .as_ref()
                .is_none_or(|part| payload(letter).is_some_and(|whole| contains(&whole, part)))
    }

    fn newest_first(&self, filter: &CaseFilter, open: bool) -> Vec<&LetterRow> {
        let is_it = |letter: &&LetterRow| {
            letter.decided_at.is_none() == open && self.is_meant(filter, letter)
        };
        let mut letters: Vec<&LetterRow> = self.letters.iter().filter(is_it).collect();
        letters.sort_by_key(|letter| Reverse(letter.id));
        letters
    }

    pub(super) fn case_views(
        &self,
        filter: &CaseFilter,
        open: bool,
        page: Page,
    ) -> Paged<CaseView> {
        let letters = self.newest_first(filter, open);
        paged(page, letters.into_iter().map(case_view), |view| view.id)
    }

    pub(super) fn case_groups(&self, filter: &CaseFilter, limit: i64) -> Vec<CaseGroup> {
        let mut groups: BTreeMap<String, Vec<&LetterRow>> = BTreeMap::new();
        for letter in self.newest_first(filter, true) {
            groups.entry(letter.fingerprint()).or_default().push(letter);
        }
        let group = |(fingerprint, letters): (String, Vec<&LetterRow>)| {
            let newest = letters.first()?;
            let owners: BTreeSet<&String> =
                letters.iter().filter_map(|letter| letter.organization_id.as_ref()).collect();
            let times = || letters.iter().map(|letter| letter.created_at);
            Some(CaseGroup {
                fingerprint,
                type_name: newest.type_name.clone(),
                reason: newest.reason.clone(),
                detail: newest.detail.clone(),
                open: i64::try_from(letters.len()).unwrap_or(i64::MAX),
                organizations: i64::try_from(owners.len()).unwrap_or(i64::MAX),
                first_seen: times().min()?,
                last_seen: times().max()?,
                newest: newest.id,
            })
        };
        let mut groups: Vec<CaseGroup> = groups.into_iter().filter_map(group).collect();
        // They are in the order of their fingerprints.
        groups.sort_by_key(|group| Reverse(group.open));
        groups.truncate(size(limit));
        groups
    }

    pub(super) fn case_detail(&self, id: Uuid) -> Option<CaseDetail> {
        let letter = self.letter(id)?;
        let job_id = letter.job_id.or(letter.replayed_as);
        let is_its = |other: &&LetterRow| {
            let is_of_job = job_id.is_some() && [other.job_id, other.replayed_as].contains(&job_id);
            other.id == id || is_of_job
        };
        let mut lineage: Vec<&LetterRow> = self.letters.iter().filter(is_its).collect();
        lineage.sort_by_key(|letter| letter.id);
        Some(CaseDetail {
            case: case_view(letter),
            body: letter.body.clone(),
            job: job_id.and_then(|id| self.job_detail(id)),
            lineage: lineage.into_iter().take(LINEAGE_MAX).map(case_view).collect(),
        })
    }

    pub(super) fn audit_page(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> AuditPage {
        let is_it = |link: &&Link| {
            let Ok(entry) = serde_json::from_str::<Entry>(&link.entry) else { return false };
            before.is_none_or(|before| link.seq < before)
                && is_asked(filter.actor.as_ref(), Some(&entry.actor))
                && is_asked(filter.action.as_ref(), Some(&entry.action))
                && is_asked(filter.target.as_ref(), Some(&entry.target))
                && is_asked(filter.outcome.as_ref(), Some(&entry.outcome))
        };
        let links = self.audit.iter().rev().filter(is_it).take(size(limit)).cloned().collect();
        AuditPage { links, head: self.audit_head }
    }

    pub(super) fn audit_chain(&self, after: i64, limit: i64) -> AuditPage {
        let links = self.audit.iter().filter(|link| link.seq > after);
        AuditPage { links: links.take(size(limit)).cloned().collect(), head: self.audit_head }
    }
}

/// A body as JSON that the database can hold.
fn payload(letter: &LetterRow) -> Option<Value> {
    serde_json::from_slice(&letter.body).ok().filter(|value| !has_nul(value))
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn case_view(letter: &LetterRow) -> CaseView {
    CaseView {
        id: letter.id,
        queue: letter.queue.clone(),
        type_name: letter.type_name.clone(),
        organization_id: letter.organization_id.clone(),
        job_id: letter.job_id,
        message_id: letter.message_id.clone(),
        reason: letter.reason.clone(),
        detail: letter.detail.clone(),
        fingerprint: letter.fingerprint(),
        created_at: letter.created_at,
        decided_at: letter.decided_at,
        decision: letter.decision.map(str::to_owned),
        decided_by: letter.decided_by.clone(),
        decided_why: letter.decided_why.clone(),
        replay_id: letter.replay_id,
        replayed_as: letter.replayed_as,
    }
}
