//! Everything that is held as one JSON value, to be compared with the same
//! value made of PostgreSQL's tables, or with that of another run.
//!
//! What differs between two databases that went through the same is left out
//! or made relative:
//!
//! - An id is the place of its row in the order of insertion: `job:0` is the
//!   job that was written first, `run:0` the first run. An id without a row is
//!   `gone`.
//! - A time is whole seconds from the database's now, rounded to the nearest,
//!   halves up; negative is past. So a comparison bears half a second of drift.
//! - Tokens, and texts for people (`detail`, `last_error`), only say whether
//!   they are there.
//! - A dead letter's body is JSON where it can be read as such, else text.
//! - Rows are in the order of their insertion, or of their key where they have
//!   one of names. Absent columns are `null`.
//! - Points are numbers of ten-thousandths.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::audit::Link;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::points::PointsE4;
use mauntic_domain::portfolio::UserFate;
use mauntic_domain::scoring::Category;
use mauntic_domain::trace::TraceContext;
use mauntic_domain::warmup::Schedule;
use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::{DeliveryRow, EventRow, JobRow, LetterRow, ReplayRecord, RunRecord};
use super::signal_rows::{AlertFate, DocumentRow};
use super::{MemoryStore, State};

impl MemoryStore {
    /// Everything that is held, canonically; the file's comment says how.
    #[must_use]
    pub fn dump(&self) -> Value {
        self.by_hand(|state| Dump::of(state).value())
    }
}

struct Dump<'a> {
    state: &'a State,
    jobs: Vec<&'a JobRow>,
    runs: Vec<&'a RunRecord>,
    names: BTreeMap<Uuid, String>,
}

impl<'a> Dump<'a> {
    fn of(state: &'a State) -> Self {
        let mut jobs: Vec<&JobRow> = state.jobs().collect();
        jobs.sort_by_key(|row| row.seq);
        let mut runs: Vec<&RunRecord> = state.runs().collect();
        runs.sort_by_key(|run| run.seq);
        let job_names = jobs.iter().enumerate().map(|(n, row)| (row.id, format!("job:{n}")));
        let run_names = runs.iter().enumerate().map(|(n, run)| (run.id, format!("run:{n}")));
        let names = job_names.chain(run_names).collect();
        Self { state, jobs, runs, names }
    }

    fn value(&self) -> Value {
        let state = self.state;
        let schedule = |(key, row): (&String, &super::rows::ScheduleRecord)| {
            json!({
                "job_key": key, "cron": row.cron, "judged_until": self.time(row.judged_until),
                "ordinal_next": row.ordinal_next, "note": row.note,
                "paused": row.paused_at.is_some(),
            })
        };
        let occurrence =
            |((key, at), row): (&(String, DateTime<Utc>), &super::rows::OccurrenceRow)| {
                json!({
                    "job_key": key, "nominal_at": self.time(*at), "outcome": row.outcome,
                    "reason": row.reason, "ordinal": row.ordinal, "run_id": self.name(row.run_id),
                })
            };
        let notification =
            |((subject, kind), row): (&(String, String), &super::rows::NotificationRow)| {
                json!({
                    "subject": subject, "kind": kind, "lease_until": self.maybe(row.lease_until),
                    "sent_at": self.maybe(row.sent_at), "expires_at": self.time(row.expires_at),
                })
            };
        json!({
            "jobs": self.jobs.iter().map(|row| self.job(row)).collect::<Vec<_>>(),
            "dead_letters": state.letters.iter().map(|row| self.letter(row)).collect::<Vec<_>>(),
            "runs": self.runs.iter().map(|run| self.run(run)).collect::<Vec<_>>(),
            "schedules": state.schedules.iter().map(schedule).collect::<Vec<_>>(),
            "occurrences": state.occurrences.iter().map(occurrence).collect::<Vec<_>>(),
            "breakers": self.breakers(),
            "notifications": state.notifications.iter().map(notification).collect::<Vec<_>>(),
            "events": state.events().map(|event| self.event(event)).collect::<Vec<_>>(),
            "features": self.features(),
            "scores": self.scores(),
            "history": self.history(),
            "alerts": state.alerts.values()
                .map(|row| json!([row.id, row.contact.1, row.signal_type, row.fate.status()]))
                .collect::<Vec<_>>(),
            "beats": state.beats.values()
                .map(|beat| json!([beat.duty, self.time(beat.at), beat.interval_secs, beat.by.is_some()]))
                .collect::<Vec<_>>(),
            "deliveries": state.deliveries.values().map(|row| self.delivery(row)).collect::<Vec<_>>(),
            "replays": state.replays.values().map(|row| self.replay(row)).collect::<Vec<_>>(),
            "audit": self.audit(),
            "answers": self.answers(),
            "configs": self.configs(),
            "domains": state.domains.iter()
                .map(|(place, row)| json!([place, row.verified_at.is_some(), self.time(row.created_at),
                    row.schedule.as_ref().map(Schedule::steps)]))
                .collect::<Vec<_>>(),
            "seen": state.seen.len(),
            "activity": self.activity(),
            "roll_ups": self.roll_ups(),
            "signals": self.signals(),
            "boards": self.boards(),
            "portfolios": self.portfolios(),
            "alerts": self.alerts(),
        })
    }

    fn job(&self, row: &JobRow) -> Value {
        json!({
            "organization_id": row.organization_id, "queue": row.queue, "type": row.type_name,
            "version": row.version, "data": row.data, "failures_max": row.failures_max,
            "run_id": self.name(row.run_id), "scheduled_for": self.maybe(row.scheduled_for),
            "idempotency_key": row.idempotency_key, "released_key": row.released_key,
            "request_id": row.request_id, "traceparent": row.starter.map(TraceContext::traceparent),
            "created_at": self.time(row.created_at),
            "expires_at": self.time(row.expires_at), "state": row.state.as_str(),
            "claim": row.claim, "alone": row.alone, "failures": row.failures,
            "snoozes": row.snoozes, "snooze_reason": row.snooze_reason, "resends": row.resends,
            "platform_deaths": row.platform_deaths, "death_message": row.death_message,
            "death_claim": row.death_claim,
            "coalesced": row.coalesced, "coalesce_key": row.coalesce_key,
            "available_at": self.time(row.available_at), "wake_at": self.time(row.wake_at),
            "lease_until": self.maybe(row.lease_until), "lease_token": row.lease_token.is_some(),
            "last_error": row.last_error.is_some(), "finished_at": self.maybe(row.finished_at),
            "receipt": row.receipt, "replays": row.replays,
            "errors": row.errors.iter().map(|error| error.claim).collect::<Vec<_>>(),
        })
    }

    fn letter(&self, row: &LetterRow) -> Value {
        let text = String::from_utf8_lossy(&row.body);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        // The body of a message that addresses no row is that address.
        let body =
            if row.message_id.is_some() && row.job_id.is_some() { Value::Null } else { body };
        json!({
            "queue": row.queue, "message_id": row.message_id, "job_id": self.name(row.job_id),
            "organization_id": row.organization_id, "type": row.type_name, "body": body,
            "reason": row.reason, "detail": !row.detail.is_empty(),
            "created_at": self.time(row.created_at), "decided_at": self.maybe(row.decided_at),
            "fingerprint": row.fingerprint(), "decision": row.decision,
            "decided_by": row.decided_by, "decided_why": row.decided_why,
            "replay_id": row.replay_id.is_some(), "replayed_as": self.name(row.replayed_as),
        })
    }

    fn run(&self, run: &RunRecord) -> Value {
        json!({
            "job_key": run.job_key, "organization_id": run.organization_id,
            "trigger": run.trigger, "scheduled_for": self.maybe(run.scheduled_for),
            "request_id": run.request_id, "started_at": self.time(run.started_at),
            "exclusive": run.exclusive, "status": run.status.as_str(), "revision": run.revision,
            "jobs_total": run.counts.total, "jobs_done": run.counts.done,
            "jobs_dead": run.counts.dead, "jobs_cancelled": run.counts.cancelled,
            "progressed_at": self.time(run.progressed_at),
            "stalled_at": self.maybe(run.stalled_at),
            "finished_at": self.maybe(run.finished_at), "pinned": run.pinned,
        })
    }

    fn event(&self, event: &EventRow) -> Value {
        json!({
            "organization_id": event.organization_id, "type": event.event_type,
            "data": event.data, "job_id": self.name(event.job_id),
            "request_id": event.request_id, "occurred_at": self.time(event.occurred_at),
            "wake_at": self.time(event.wake_at), "sent_at": self.maybe(event.sent_at),
        })
    }

    fn delivery(&self, row: &DeliveryRow) -> Value {
        json!({
            "queue": row.queue, "delivered_at": self.time(row.delivered_at),
            "messages": row.messages, "unreadable": row.unreadable, "absorbed": row.absorbed,
            "taken": row.taken, "effects": row.effects, "failures": row.failures,
            "put_off": row.put_off, "lost": row.lost,
        })
    }

    fn replay(&self, row: &ReplayRecord) -> Value {
        let canaries: Vec<_> = row.canaries.iter().map(|id| self.name(Some(*id))).collect();
        json!({
            "filter": row.filter, "case_limit": row.terms.limit, "canary": row.terms.canary,
            "per_second": row.terms.per_second, "actor": row.actor, "why": row.why,
            "request_id": row.request_id, "created_at": self.time(row.created_at),
            "status": row.status.as_str(), "after_case": row.after_case.is_some(),
            "canaries": canaries, "paced_until": self.time(row.paced_until),
            "replayed": row.replayed, "refused": row.refused,
            "stopped_by": self.name(row.stopped_by), "finished_at": self.maybe(row.finished_at),
        })
    }

    /// Without ids in its entries, times and hashes.
    fn audit(&self) -> Vec<Value> {
        let entry = |link: &Link| {
            let entry: Value = serde_json::from_str(&link.entry).unwrap_or(Value::Null);
            json!({"seq": link.seq, "actor": entry.get("actor"), "action": entry.get("action"),
                   "outcome": entry.get("outcome")})
        };
        self.state.audit.iter().map(entry).collect()
    }

    fn answers(&self) -> Vec<Value> {
        let rows = self.state.answers.iter().map(|((holder, key), row)| {
            json!({
                "holder": holder, "key": key, "organization_id": row.organization_id,
                "created_at": self.time(row.created_at),
            })
        });
        rows.collect()
    }

    /// Documents and drafts, by what every change of them moves.
    fn configs(&self) -> Vec<Value> {
        let documents = self.state.documents.iter().flat_map(|(owner, rows)| {
            let row = move |row: &DocumentRow| json!([owner, row.version, row.epoch]);
            rows.iter().map(row)
        });
        let drafts = self.state.drafts.iter();
        let drafts =
            drafts.map(|(owner, row)| json!([owner, row.revision, row.document.is_some()]));
        documents.chain(drafts).collect()
    }

    fn breakers(&self) -> Vec<Value> {
        let breakers = self.state.breakers.iter().map(|(name, (breaker, version, _))| {
            let (failures, successes, until) = match *breaker {
                Breaker::Healthy => (0, 0, None),
                Breaker::Failing { failures } => (failures, 0, None),
                Breaker::Open { until } => (0, 0, Some(until)),
                Breaker::HalfOpen { successes, probe_until } => (0, successes, probe_until),
            };
            json!({
                "name": name, "state": breaker.name(), "failures": failures,
                "successes": successes, "until": self.maybe(until), "version": version,
            })
        });
        breakers.collect()
    }

    fn features(&self) -> Vec<Value> {
        let rows = self.state.features.iter();
        rows.map(|((owner, contact), (_, version))| json!([owner, contact, version])).collect()
    }

    fn scores(&self) -> Vec<Value> {
        let rows = self.state.scores.iter().map(|((owner, contact), row)| {
            let categories = Category::ALL.map(|category| row.score.category(category).e4());
            json!({
                "organization_id": owner, "contact_id": contact, "total_score": row.total.e4(),
                "grade": row.grade, "categories": categories,
                "contributions": row.score.contributions(),
                "previous_total": row.previous_total.map(PointsE4::e4),
                "input_version": row.input_version, "config_version": row.config_version,
                "job_id": self.name(Some(row.job_id)),
                "calculated_at": self.time(row.calculated_at),
            })
        });
        rows.collect()
    }

    fn history(&self) -> Vec<Value> {
        let rows = self.state.history.iter().map(|(((owner, contact), day), row)| {
            let days = (*day - self.state.now.date_naive()).num_days();
            json!({
                "organization_id": owner, "contact_id": contact, "day": days,
                "total_score": row.total.e4(), "grade": row.grade,
                "categories": row.categories.map(PointsE4::e4),
                "updated_at": self.time(row.updated_at),
            })
        });
        rows.collect()
    }

    fn activity(&self) -> Vec<Value> {
        let rows = self.state.activity.iter().map(|((owner, at, id), row)| {
            json!({
                "organization_id": owner, "occurred_at": self.time(*at), "event_id": id,
                "contact_id": row.event.contact_id, "event_type": row.event.kind.type_name(),
                "data": row.event.data,
            })
        });
        rows.collect()
    }

    /// Roll-ups, by what every change of them moves.
    fn roll_ups(&self) -> Value {
        let tables = self.state.roll_ups();
        let aggregates = tables.event_aggregates.iter();
        let aggregates = aggregates
            .map(|((owner, day, name, _), row)| json!([owner, day, name, row.event_count]));
        let campaigns = tables.campaign_daily_stats.iter();
        let campaigns =
            campaigns.map(|((owner, day, name), row)| json!([owner, day, name, row.sent]));
        let spread = tables.daily_score_distribution.iter();
        let spread = spread.map(|((owner, day), row)| json!([owner, day, row.average_e2]));
        let metrics = tables.enrichment_metrics.iter();
        let metrics = metrics.map(|((owner, day), row)| json!([owner, day, row.total]));
        let days = tables.rollup_days.iter();
        let days = days.map(|((name, day), job)| json!([name, day, self.name(Some(*job))]));
        aggregates.chain(campaigns).chain(spread).chain(metrics).chain(days).collect()
    }

    /// Settlements and boards, by what every change of them moves.
    fn boards(&self) -> Vec<Value> {
        let boards = self.state.boards();
        let ledger = boards.ledger.iter().flat_map(|((owner, of), rows)| {
            rows.iter().map(move |row| json!([owner, of, row.link.entry, row.detail.is_some()]))
        });
        let entries = boards.entries.iter().flat_map(|((owner, of), rows)| {
            rows.iter().map(move |(member, row)| json!([owner, of, member, row.totals]))
        });
        let matches = boards.matches.iter().map(|(place, row)| {
            let (of, next) = (&row.stored, row.stored.next_check_at.map(|at| self.time(at)));
            json!([place.match_id, of.status.name(), of.result_version, row.settled_version, next])
        });
        let verified = boards.verifications.values();
        let verified = verified.map(|row| json!([row.match_id, row.reason.name()]));
        ledger.chain(entries).chain(matches).chain(verified).collect()
    }

    /// Nights and scores, by what every change of them moves.
    fn portfolios(&self) -> Vec<Value> {
        let of = self.state.portfolios();
        let held = of.users.iter().map(|(user, row)| {
            let criteria = of.criteria.get(user).map_or(0, BTreeMap::len);
            json!([
                user,
                row.base_currency,
                row.active,
                of.assets.get(user).map(BTreeMap::len),
                criteria
            ])
        });
        let nights = of.nights.values().map(|night| {
            let steps: Vec<&str> = night.steps.iter().map(|done| done.step.name()).collect();
            json!([self.name(Some(night.run_id)), night.status, night.chunks_done, steps])
        });
        let users = of.night_users.iter().map(|((run, user), row)| {
            json!([self.name(Some(*run)), user, row.fate.map(UserFate::name), row.assets_scored])
        });
        let scores = of.scores.iter().map(|((user, asset), row)| {
            json!([user, asset, row.score.to_string(), self.name(Some(row.run_id))])
        });
        let sums = json!([of.prices.len(), of.calculations.len(), of.history.len()]);
        held.chain(nights).chain(users).chain(scores).chain([sums]).collect()
    }

    fn signals(&self) -> Vec<Value> {
        let rows = self.state.signals.iter().map(|(((owner, contact), event), row)| {
            json!({
                "organization_id": owner, "contact_id": contact, "event_id": event,
                "signal_type": row.signal_type, "weight": row.signal.weight,
                "detected_at": self.time(row.signal.detected_at),
                "input_version": row.input_version, "counted": row.counted,
                "archived": row.archived_at.is_some(),
            })
        });
        rows.collect()
    }

    fn alerts(&self) -> Vec<Value> {
        let rows = self.state.alerts.values().map(|row| {
            json!({
                "organization_id": row.contact.0, "contact_id": row.contact.1,
                "signal_type": row.signal_type, "event_id": row.event_id,
                "due_at": self.time(row.due_at), "open": row.fate == AlertFate::Open,
            })
        });
        rows.collect()
    }

    fn name(&self, id: Option<Uuid>) -> Option<&str> {
        id.map(|id| self.names.get(&id).map_or("gone", String::as_str))
    }

    fn time(&self, at: DateTime<Utc>) -> i64 {
        ((at - self.state.now).num_milliseconds() + 500).div_euclid(1_000)
    }

    fn maybe(&self, at: Option<DateTime<Utc>>) -> Option<i64> {
        at.map(|at| self.time(at))
    }
}
