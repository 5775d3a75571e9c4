//! The suite's first subject: the store's double.

mod domains;
mod roll_ups;
mod signals;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, Features, SignalConfig, SignalConfigEntry,
};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{AlertView, SignalView};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::Faults;
use mauntic_sim::store::rows::{DeliveryRow, EventRow, JobRow, LetterRow, ReplayRecord, RunRecord};
use mauntic_sim::store::signal_rows::{AlertRow, DocumentRow, SignalRow};
use mauntic_sim::store::{MemoryStore, State};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::subject::{CAP_PER_DAY, RawJob, Subject};

/// The store's double, where all goes well.
pub(crate) struct Memory {
    clock: ManualClock,
    pub(crate) store: MemoryStore,
}

impl Subject for Memory {
    type Db = MemoryStore;

    async fn create() -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(clock.clone(), Arc::new(Faults::default()));
        Self { clock, store }
    }

    fn queue(&self) -> MemoryStore {
        self.store.clone()
    }

    fn http(&self) -> MemoryStore {
        self.store.clone()
    }

    fn hasty(&self, lease_secs: u32) -> MemoryStore {
        self.store.clone().with_lease(lease_secs)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.database()
    }

    async fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    async fn put_contact(&self, owner: &OrganizationId, contact: &ContactId, features: Features) {
        self.store.put_contact(owner, contact, features);
    }

    async fn put_config(&self, owner: &OrganizationId, entries: Vec<ConfigEntry>) {
        self.store.put_config(owner, Config::new(entries).expect("a configuration"));
    }

    async fn put_organization(&self, owner: &OrganizationId) {
        self.store.put_organization(owner, "an organization");
    }

    async fn put_signal_config(&self, owner: &OrganizationId, entries: Vec<SignalConfigEntry>) {
        self.store.put_signal_config(owner, SignalConfig::new(entries).expect("a configuration"));
    }

    async fn put_signals(
        &self,
        owner: &OrganizationId,
        contact: &ContactId,
        signals: &[SignalView],
    ) {
        for signal in signals {
            let row = SignalRow {
                signal_type: signal.signal_type.clone(),
                source: signal.source,
                signal: signal.signal,
                priority: signal.priority,
                cap_per_day: CAP_PER_DAY,
                input_version: signal.input_version,
                received_at: signal.received_at,
                counted: signal.counted,
                archived_at: signal.archived_at,
            };
            let contact = (owner.clone(), contact.clone());
            self.store.put_signal(contact, signal.event_id.clone(), row);
        }
    }

    async fn put_alerts(&self, owner: &OrganizationId, alerts: &[AlertView]) {
        for alert in alerts {
            self.store.put_alert(AlertRow {
                id: alert.id,
                contact: (owner.clone(), alert.contact_id.clone()),
                signal_type: alert.signal_type.clone(),
                priority: alert.priority,
                event_id: alert.event_id.clone(),
                opened_at: alert.opened_at,
                due_at: alert.due_at,
                fate: alert.fate.clone(),
            });
        }
    }

    async fn put_jobs(&self, jobs: &[RawJob]) {
        for job in jobs {
            self.store.put_job(JobRow {
                organization_id: job.owner.map(str::to_owned),
                queue: job.queue.to_owned(),
                type_name: job.type_name.to_owned(),
                version: job.version,
                resends: job.resends,
                ..JobRow::new(job.id, JobType::CalculateScore, job.data(), self.now())
            });
        }
    }

    async fn decide_letters(&self) {
        self.store.decide_letters();
    }

    async fn set_schema_version(&self, version: i32) {
        self.store.set_schema_version(version);
    }

    async fn tables(&self) -> Value {
        self.store.look(|state| {
            json!({
                "jobs": state.jobs().map(job).collect::<Vec<_>>(),
                "dead_letters": state.letters().iter().map(letter).collect::<Vec<_>>(),
                "runs": state.runs().map(run).collect::<Vec<_>>(),
                "schedules": schedules(state),
                "occurrences": occurrences(state),
                "notifications": notifications(state),
                "events": state.events().map(event).collect::<Vec<_>>(),
                "scores": scores(state),
                "history": history(state),
                "replays": state.replays().values().map(replay).collect::<Vec<_>>(),
                "deliveries": state.deliveries().iter().map(delivery).collect::<Vec<_>>(),
                "answers": answers(state),
                "audit": audit(state),
                "seen": signals::seen(state),
                "activity": signals::activity(state),
                "enrichments": signals::enrichments(state),
                "event_aggregates": roll_ups::aggregates(state),
                "campaign_daily_stats": roll_ups::campaigns(state),
                "daily_score_distribution": roll_ups::distributions(state),
                "enrichment_metrics": roll_ups::metrics(state),
                "rollup_days": roll_ups::days(state),
                "signals": signals::signals(state),
                "alerts": signals::alerts(state),
                "sending_domains": domains::domains(state),
                "boards": crate::board_tables::tables(state),
                "portfolios": crate::portfolio_tables::tables(state),
                "config_documents": documents(state),
                "config_drafts": drafts(state),
                "scoring_configs": factors(state),
                "signal_configs": signal_types(state),
            })
        })
    }
}

fn job(row: &JobRow) -> Value {
    json!({
        "id": row.id, "organization_id": row.organization_id, "queue": row.queue,
        "type": row.type_name, "version": row.version, "data": row.data,
        "failures_max": row.failures_max, "run_id": row.run_id,
        "scheduled_for": row.scheduled_for, "idempotency_key": row.idempotency_key,
        "released_key": row.released_key, "request_id": row.request_id,
        "traceparent": row.starter.map(TraceContext::traceparent),
        "created_at": row.created_at, "expires_at": row.expires_at,
        "state": row.state.as_str(), "claim": row.claim, "alone": row.alone,
        "failures": row.failures, "snoozes": row.snoozes, "snooze_reason": row.snooze_reason,
        "resends": row.resends, "platform_deaths": row.platform_deaths,
        "death_message": row.death_message, "death_claim": row.death_claim, "coalesced": row.coalesced,
        "coalesce_key": row.coalesce_key, "available_at": row.available_at,
        "wake_at": row.wake_at, "lease_until": row.lease_until, "lease_token": row.lease_token,
        "last_error": row.last_error, "finished_at": row.finished_at, "receipt": row.receipt,
        "replays": row.replays, "errors": (!row.errors.is_empty()).then_some(&row.errors),
    })
}

fn letter(row: &LetterRow) -> Value {
    json!({
        "id": row.id, "queue": row.queue, "message_id": row.message_id, "job_id": row.job_id,
        "organization_id": row.organization_id, "type": row.type_name,
        "body": String::from_utf8_lossy(&row.body), "reason": row.reason, "detail": row.detail,
        "created_at": row.created_at, "decided_at": row.decided_at, "decision": row.decision,
        "decided_by": row.decided_by, "decided_why": row.decided_why,
        "replay_id": row.replay_id, "replayed_as": row.replayed_as,
    })
}

fn run(run: &RunRecord) -> Value {
    json!({
        "id": run.id, "job_key": run.job_key, "organization_id": run.organization_id,
        "trigger": run.trigger, "scheduled_for": run.scheduled_for,
        "request_id": run.request_id, "started_at": run.started_at,
        "exclusive": run.exclusive, "status": run.status.as_str(), "revision": run.revision,
        "jobs_total": run.counts.total, "jobs_done": run.counts.done,
        "jobs_dead": run.counts.dead, "jobs_cancelled": run.counts.cancelled,
        "progressed_at": run.progressed_at, "stalled_at": run.stalled_at,
        "cancelled_at": run.cancelled_at, "finished_at": run.finished_at, "pinned": run.pinned,
    })
}

fn event(event: &EventRow) -> Value {
    json!({
        "id": event.id, "organization_id": event.organization_id, "type": event.event_type,
        "data": event.data, "job_id": event.job_id, "request_id": event.request_id,
        "occurred_at": event.occurred_at, "wake_at": event.wake_at, "sent_at": event.sent_at,
    })
}

fn replay(row: &ReplayRecord) -> Value {
    json!({
        "id": row.id, "filter": row.filter, "case_limit": row.terms.limit,
        "canary": row.terms.canary, "per_second": row.terms.per_second, "actor": row.actor,
        "why": row.why, "request_id": row.request_id, "created_at": row.created_at,
        "status": row.status.as_str(), "after_case": row.after_case, "canaries": row.canaries,
        "paced_until": row.paced_until, "replayed": row.replayed, "refused": row.refused,
        "stopped_by": row.stopped_by, "finished_at": row.finished_at,
    })
}

fn delivery((token, row): (&Uuid, &DeliveryRow)) -> Value {
    json!({
        "token": token, "queue": row.queue, "delivered_at": row.delivered_at,
        "messages": row.messages, "unreadable": row.unreadable, "absorbed": row.absorbed,
        "taken": row.taken, "effects": row.effects, "failures": row.failures,
        "put_off": row.put_off, "lost": row.lost,
    })
}

fn answers(state: &State) -> Vec<Value> {
    let rows = state.answers().iter().map(|((holder, key), row)| {
        let fingerprint: String =
            row.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "holder": holder, "key": key, "organization_id": row.organization_id,
            "fingerprint": fingerprint, "created_at": row.created_at,
        })
    });
    rows.collect()
}

fn audit(state: &State) -> Vec<Value> {
    let (links, _) = state.audit();
    let rows = links.iter().map(|link| {
        let entry: Value = serde_json::from_str(&link.entry).expect("an entry");
        json!({ "seq": link.seq, "at": link.at, "entry": entry })
    });
    rows.collect()
}

fn documents(state: &State) -> Vec<Value> {
    let rows = state.documents().iter().flat_map(|(owner, rows)| {
        rows.iter().map(move |row| {
            let factors = row.factors.as_ref().expect("what this build wrote");
            json!({
                "organization_id": owner, "version": row.version, "epoch": row.epoch,
                "factors": factors.entries().collect::<Vec<_>>(),
                "signals": row.signals.entries().collect::<Vec<_>>(),
                "published_by": row.published_by, "published_at": row.published_at,
            })
        })
    });
    rows.collect()
}

fn drafts(state: &State) -> Vec<Value> {
    let rows = state.drafts().iter().map(|(owner, row)| {
        let document = row.document.as_ref();
        json!({
            "organization_id": owner, "revision": row.revision,
            "factors": document.map(|of| of.factors.entries().collect::<Vec<_>>()),
            "signals": document.map(|of| of.signals.entries().collect::<Vec<_>>()),
            "updated_by": row.updated_by, "updated_at": row.updated_at,
        })
    });
    rows.collect()
}

/// What each organization published last.
fn newest(state: &State) -> impl Iterator<Item = (&OrganizationId, &DocumentRow)> {
    state.documents().iter().filter_map(|(owner, rows)| Some((owner, rows.last()?)))
}

fn factors(state: &State) -> Vec<Value> {
    let rows = newest(state).flat_map(|(owner, row)| {
        let factors = row.factors.as_ref().expect("what this build wrote");
        factors.entries().map(move |entry| {
            json!({
                "organization_id": owner, "factor": entry.factor, "category": entry.category,
                "weight": entry.weight.points().e4(), "enabled": entry.enabled,
            })
        })
    });
    rows.collect()
}

fn signal_types(state: &State) -> Vec<Value> {
    let rows = newest(state).flat_map(|(owner, row)| {
        row.signals.entries().map(move |entry| {
            json!({
                "organization_id": owner, "signal_type": entry.signal_type,
                "weight": entry.weight.map(|weight| weight.points().e4()),
                "decay_hours": entry.decay_hours, "decay_model": entry.decay_model,
                "tier": entry.tier, "enabled": entry.enabled, "cap_per_day": entry.cap_per_day,
            })
        })
    });
    rows.collect()
}

fn schedules(state: &State) -> Vec<Value> {
    let rows = state.schedules().iter().map(|(key, row)| {
        json!({
            "job_key": key, "cron": row.cron, "judged_until": row.judged_until,
            "ordinal_next": row.ordinal_next, "paused": row.paused_at.is_some(),
            "note": row.note, "paused_at": row.paused_at,
        })
    });
    rows.collect()
}

fn occurrences(state: &State) -> Vec<Value> {
    let rows = state.occurrences().iter().map(|((key, nominal_at), row)| {
        json!({
            "job_key": key, "nominal_at": nominal_at, "outcome": row.outcome,
            "reason": row.reason, "ordinal": row.ordinal, "run_id": row.run_id,
            "judged_at": row.judged_at,
        })
    });
    rows.collect()
}

fn notifications(state: &State) -> Vec<Value> {
    let rows = state.notifications().iter().map(|((subject, kind), row)| {
        json!({
            "subject": subject, "kind": kind, "id": row.id, "token": row.token,
            "state": if row.sent_at.is_some() { "sent" } else { "reserved" },
            "lease_until": row.lease_until, "sent_at": row.sent_at,
            "expires_at": row.expires_at,
        })
    });
    rows.collect()
}

fn scores(state: &State) -> Vec<Value> {
    let rows = state.scores().iter().map(|((owner, contact), row)| {
        let points = |category| row.score.category(category).e4();
        json!({
            "organization_id": owner, "contact_id": contact, "total_score": row.total.e4(),
            "grade": row.grade.as_str(), "fit_score": points(Category::Fit),
            "engagement_score": points(Category::Engagement),
            "intent_score": points(Category::Intent),
            "contributions": row.score.contributions(),
            "previous_total": row.previous_total.map(PointsE4::e4),
            "input_version": row.input_version, "config_version": row.config_version,
            "job_id": row.job_id, "digest": row.score.digest(),
            "calculated_at": row.calculated_at,
        })
    });
    rows.collect()
}

fn history(state: &State) -> Vec<Value> {
    let rows = state.history().iter().map(|(((owner, contact), day), row)| {
        let [first, second, third] = row.categories.map(PointsE4::e4);
        json!({
            "organization_id": owner, "contact_id": contact, "day": day,
            "total_score": row.total.e4(), "grade": row.grade.as_str(),
            "categories": [first, second, third], "updated_at": row.updated_at,
        })
    });
    rows.collect()
}
