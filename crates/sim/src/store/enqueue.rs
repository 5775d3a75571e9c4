//! Enqueuing: jobs of one organization, all or none, each once where it has a
//! key, and never more than the organization may have.

use std::collections::BTreeMap;

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::limits::UNASKED;
use mauntic_flows::ports::{Enqueued, JobKey, NewJob, PortError};

use super::State;
use super::rows::JobRow;

/// The order in which one transaction writes jobs; those without a key are told
/// apart by their place.
type Rank<'a> = (bool, &'static str, Option<&'a str>, usize);

fn rank(place: usize, new: &NewJob) -> Rank<'_> {
    let name = new.job.job_type().name();
    match &new.key {
        JobKey::None => (false, name, None, place),
        JobKey::Coalesce(key) => (false, name, Some(key), 0),
        JobKey::Idempotent(key) => (true, name, Some(key), 0),
    }
}

impl State {
    pub(super) fn enqueue(
        &mut self,
        organization: &OrganizationId,
        asked: &[NewJob],
    ) -> Result<Vec<Enqueued>, PortError> {
        let mut distinct: BTreeMap<Rank<'_>, &NewJob> = BTreeMap::new();
        for (place, new) in asked.iter().enumerate() {
            let first = distinct.entry(rank(place, new)).or_insert(new);
            if matches!(new.key, JobKey::Idempotent(_)) && first.job != new.job {
                return Err(PortError::KeyConflict);
            }
        }
        let mut unfinished = self.unfinished(organization, asked)?;
        if distinct.values().any(|new| self.stands_for_other(organization, new)) {
            return Err(PortError::KeyConflict);
        }
        let mut rows: BTreeMap<Rank<'_>, Enqueued> = BTreeMap::new();
        for (rank, new) in distinct {
            rows.insert(rank, self.put_one(organization, new));
        }
        let mut answers = Vec::with_capacity(asked.len());
        for (place, new) in asked.iter().enumerate() {
            if let Some(row) = rows.get_mut(&rank(place, new)) {
                let mut answer = row.clone();
                row.created = false;
                if answer.created {
                    let count = unfinished.entry(answer.queue).or_default();
                    *count += 1;
                    answer.send_now = *count <= self.limits.dispatched_max;
                }
                answers.push(answer);
            }
        }
        Ok(answers)
    }

    /// Unfinished jobs of the organization on each queue that is asked for; an
    /// error where there would be too many.
    pub(super) fn unfinished(
        &self,
        organization: &OrganizationId,
        asked: &[NewJob],
    ) -> Result<BTreeMap<Queue, i64>, PortError> {
        let mut more: BTreeMap<Queue, i64> = BTreeMap::new();
        for new in asked {
            *more.entry(new.job.job_type().queue()).or_default() += 1;
        }
        let mut unfinished: BTreeMap<Queue, i64> = more.keys().map(|queue| (*queue, 0)).collect();
        let is_unasked = |row: &JobRow| UNASKED.iter().any(|of| of.name() == row.type_name);
        let own = |row: &&JobRow| {
            row.organization_id.as_deref() == Some(organization.as_str()) && !is_unasked(row)
        };
        for row in self.jobs.live().filter(own) {
            let queue = Queue::from_name(&row.queue);
            if let Some(count) = queue.and_then(|queue| unfinished.get_mut(&queue)) {
                *count += 1;
            }
        }
        let unfinished_max = self.limits.unfinished_max;
        let is_full = |(queue, more): (&Queue, &i64)| {
            unfinished.get(queue).is_some_and(|count| count + more > unfinished_max)
        };
        if more.iter().any(is_full) {
            return Err(PortError::Backlog { unfinished_max });
        }
        Ok(unfinished)
    }

    /// Whether the job's idempotency key stands for other content.
    fn stands_for_other(&self, organization: &OrganizationId, new: &NewJob) -> bool {
        let JobKey::Idempotent(key) = &new.key else {
            return false;
        };
        let of = new.job.job_type().name();
        let holder = self.jobs.holder(Some(organization.as_str()), of, key);
        holder.is_some_and(|holder| holder.data != new.job.data())
    }

    /// Writes a job, or joins the one that stands for it.
    fn put_one(&mut self, organization: &OrganizationId, new: &NewJob) -> Enqueued {
        let job_type = new.job.job_type();
        let (owner, of) = (organization.as_str(), job_type.name());
        let standing = match &new.key {
            JobKey::None => None,
            JobKey::Coalesce(key) => {
                let queued = self.jobs.queued(Some(owner), of, key);
                queued.and_then(|id| self.jobs.change(id, |row| row.coalesced += 1))
            }
            JobKey::Idempotent(key) => self.jobs.holder(Some(owner), of, key),
        };
        if let Some(row) = standing {
            return enqueued(row, job_type.queue(), false);
        }
        let mut row = JobRow {
            organization_id: Some(owner.to_owned()),
            request_id: Some(new.request_id.clone()),
            ..JobRow::new(self.new_id(), job_type, new.job.data(), self.now)
        };
        match &new.key {
            JobKey::None => {}
            JobKey::Coalesce(key) => row.coalesce_key = Some(key.clone()),
            JobKey::Idempotent(key) => row.idempotency_key = Some(key.clone()),
        }
        let answer = enqueued(&row, job_type.queue(), true);
        self.jobs.insert(row);
        answer
    }
}

pub(super) fn enqueued(row: &JobRow, queue: Queue, created: bool) -> Enqueued {
    Enqueued {
        id: row.id,
        type_name: row.type_name.clone(),
        queue,
        created,
        state: row.state,
        send_now: false,
        enqueued_at: row.created_at,
    }
}
