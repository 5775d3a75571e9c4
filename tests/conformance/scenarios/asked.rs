//! What operators ask for, as the cases ask it.

use mauntic_domain::audit::{Entry, Link};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{Contacts, RecomputeChunk};
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{
    Act, AuditFilter, ByHand, CaseFilter, CaseReplay, CaseReplayed, CaseView, ClaimRequest, JobKey,
    JobStore, OperatorStore, Page, Repeat, ReplayOrder, ReplayRow, RequestKey, TenantStore,
};
use uuid::Uuid;

use super::given::{dead, letter, new_run, scoring};
use crate::subject::{Subject, World, act, claim_request, contact, counted, organization};

/// The whole of a short list.
pub(crate) const NEWEST: Page = Page { before: None, limit: 100 };

/// An act whose request has this key and is about this.
pub(crate) fn keyed(key: &str, about: u8) -> Act {
    let key = RequestKey {
        holder: "bootstrap".to_owned(),
        key: key.to_owned(),
        fingerprint: [about; 32],
        repeat: Repeat::default(),
    };
    Act { key: Some(key), ..act() }
}

/// The scoring of a contact, as content.
pub(crate) fn content(owner: &str, name: &str) -> Job {
    scoring(owner, name, JobKey::None).job
}

/// The scoring of a list, as content.
pub(crate) fn list(owner: &str, name: &str) -> Job {
    Job::RecomputeChunk(RecomputeChunk {
        organization_id: Some(organization(owner)),
        contacts: Contacts::Ids(vec![contact(name)]),
        context: None,
        config_epoch: None,
    })
}

/// A job asked for by hand.
pub(crate) fn by_hand(ids: (Uuid, Uuid), name: &str, key: Option<&str>) -> ByHand {
    let job = content("org_1", name);
    let mut run = new_run(job.job_type().name(), ids.0, ids.1, false);
    run.organization_id = Some("org_1".to_owned());
    run.start.job_type = job.job_type();
    run.start.data = job.data();
    ByHand { run, idempotency_key: key.map(str::to_owned) }
}

/// As many as there are, a thousand a second, without canaries.
pub(crate) const ALL: Terms = Terms { limit: 100, canary: 0, per_second: 1_000 };

impl<S: Subject> World<S> {
    /// Dead letters' jobs of `org_1`, oldest first.
    pub(crate) async fn dead_letters(&mut self, count: usize) -> Vec<Uuid> {
        let mut jobs = Vec::new();
        for _ in 0..count {
            jobs.push(self.dead_letter(JobKey::None).await);
        }
        jobs
    }

    /// Makes a job of this organization a dead letter.
    pub(crate) async fn dead_letter_of(&mut self, owner: &str, name: &str) -> Uuid {
        let new = scoring(owner, name, JobKey::None);
        let enqueued = self.http.enqueue(&organization(owner), &[new], None).await;
        let id = enqueued.expect("enqueued")[0].id;
        let held = self.hold(id).await;
        assert!(self.set_back(&held, dead(true)).await);
        id
    }

    /// A case without a job: what this message was is not known.
    pub(crate) async fn unreadable(&mut self, message: &str) -> Uuid {
        let letters = vec![letter(message, "malformed")];
        let request = ClaimRequest { letters, ..claim_request(self.id(), &[]) };
        self.queue.claim(&counted(request)).await.expect("a claim");
        self.open_cases().await[0].id
    }

    /// Open cases, newest first.
    pub(crate) async fn open_cases(&self) -> Vec<CaseView> {
        let page = self.op.cases(&CaseFilter::default(), true, NEWEST).await.expect("the cases");
        assert_eq!(page.next, None, "a short list");
        page.items
    }

    /// The open case of a job.
    pub(crate) async fn case_of(&self, job: Uuid) -> Uuid {
        let cases = self.open_cases().await;
        cases.iter().find(|case| case.job_id == Some(job)).expect("an open case").id
    }

    /// Replays a case.
    pub(crate) async fn replay(&mut self, id: Uuid, content: Option<Job>) -> CaseReplayed {
        let fresh_id = self.id();
        let replay = CaseReplay { id, content, fresh_id, idempotency_key: None };
        self.op.replay_case(&replay).await.expect("asked")
    }

    /// Orders a replay of all cases of this filter.
    pub(crate) async fn order(&mut self, filter: CaseFilter, terms: Terms) -> ReplayRow {
        let order = ReplayOrder { id: self.id(), filter, terms };
        self.op.order_replay(&order).await.expect("ordered")
    }

    /// A replay as it is now.
    pub(crate) async fn replay_row(&self, id: Uuid) -> ReplayRow {
        self.op.replay_row(id).await.expect("read").expect("the replay's row")
    }

    /// The audit, oldest first.
    pub(crate) async fn audit(&self) -> Vec<Entry> {
        let page = self.op.audit(&AuditFilter::default(), None, 1_000).await.expect("the audit");
        page.links.iter().rev().map(entry).collect()
    }
}

/// What a row of the audit says.
pub(crate) fn entry(link: &Link) -> Entry {
    serde_json::from_str(&link.entry).expect("an entry")
}

/// Action, target and outcome of an entry.
pub(crate) fn outline(entry: &Entry) -> [&str; 3] {
    [&entry.action, &entry.target, &entry.outcome]
}
