//! The one door for what jobs write: an effect is one transaction of one flight,
//! fence first, runs last.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::ContactRange;
use mauntic_flows::ports::{
    Committed, ContactKey, Effect, EffectStore, PortError, RangePlan, ScoreInputs, SignalKey,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::{
    commit_error, is_busy, is_fence_lost, is_meanwhile, meanwhile, no_commit_answer,
};
use crate::flight::{Param, READ_WRITE, Statement};
use crate::night_writes::{self, Nights};
use crate::roll_ups::{self, RollUps};
use crate::settlements::{self, Settlements};
use crate::sweeps::{Alerts, Pinned, Signals};
use crate::upkeep::{self, Drifts, Rebuilds};
use crate::verifications::{self, Arrivals, Checks, Verifications};
use crate::writes::{Completed, Events, Notified, Runs, Spawned};
use crate::{Session, inputs, scores, sweeps};

impl EffectStore for Session {
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError> {
        inputs::of_contacts(self, contacts).await
    }

    async fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
        config_epoch: Option<i64>,
    ) -> Result<ScoreInputs, PortError> {
        inputs::of_range(self, organization, range, config_epoch).await
    }

    async fn plan_ranges(
        &self,
        organization: Option<&OrganizationId>,
        contacts: u32,
        ranges: u32,
    ) -> Result<RangePlan, PortError> {
        inputs::plan_ranges(self, organization, contacts, ranges).await
    }

    async fn organizations(
        &self,
        after: Option<&OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, PortError> {
        inputs::organizations(self, after, limit).await
    }

    async fn overdue_alerts(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Uuid>, PortError> {
        sweeps::overdue_alerts(self, now, limit).await
    }

    async fn decayed_signals(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<SignalKey>, PortError> {
        sweeps::decayed_signals(self, now, limit).await
    }

    async fn commit(&self, effect: &Effect) -> Result<Committed, PortError> {
        let columns = Columns::of(effect);
        let params = columns.params();
        let statements = params.statements(effect);
        let written = self.transact(READ_WRITE, &statements);
        let what = "the effect's transaction";
        let written = self.within(written).await.map_err(no_commit_answer(what))?;
        match written {
            Ok(answers) => Ok(Committed::Done {
                superseded: superseded(effect, &answers),
                refill: refill(effect, &answers),
            }),
            Err(error) if is_fence_lost(&error) => Ok(Committed::FenceLost),
            Err(error) if is_busy(&error) => Ok(Committed::Busy),
            Err(error) if !effect.settlements.is_empty() => {
                settlements::rolled_back(self, what, effect, &error).await
            }
            Err(error) if is_meanwhile(&error) => Err(meanwhile(what)),
            Err(error) => Err(commit_error(what, &error)),
        }
    }
}

/// How many scores were not written, of the answers to an effect's statements.
pub(crate) fn superseded(effect: &Effect, answers: &[Vec<Row>]) -> usize {
    let at = usize::from(!effect.jobs.is_empty());
    let answer = answers.get(at).filter(|_| !effect.scores.is_empty());
    let applied: Option<i64> = answer.and_then(|rows| rows.first()?.try_get("applied").ok());
    let applied = applied.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    effect.scores.len().saturating_sub(applied)
}

/// Whether jobs that were held back may go, of the same answers. The effect is committed:
/// an answer that cannot be read is no failure of it, and the tick sends them.
fn refill(effect: &Effect, answers: &[Vec<Row>]) -> bool {
    let answer = answers.first().filter(|_| !effect.jobs.is_empty());
    answer.and_then(|rows| rows.first()?.try_get("refill").ok()).unwrap_or(false)
}

/// An effect, column by column.
pub(crate) struct Columns<'a> {
    completed: Completed,
    scores: scores::Columns<'a>,
    now: DateTime<Utc>,
    spawned: Spawned<'a>,
    spawned_ids: Vec<Uuid>,
    events: Events<'a>,
    notified: Notified<'a>,
    alerts: Alerts<'a>,
    signals: Signals<'a>,
    roll_ups: RollUps,
    settlements: Settlements<'a>,
    rebuilds: Rebuilds<'a>,
    drifts: Drifts<'a>,
    checks: Checks<'a>,
    verifications: Verifications<'a>,
    arrivals: Arrivals<'a>,
    nights: Nights<'a>,
    pinned: Pinned,
    runs: Runs,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(effect: &'a Effect) -> Self {
        Self {
            completed: Completed::of(&effect.jobs),
            scores: scores::Columns::of(&effect.scores),
            now: effect.now,
            spawned: Spawned::of(&effect.spawned),
            spawned_ids: effect.enqueued().map(|job| job.id).collect(),
            events: Events::of(&effect.events),
            notified: Notified::of(&effect.notified),
            alerts: Alerts::of(effect),
            signals: Signals::of(&effect.archived_signals),
            roll_ups: RollUps::of(&effect.roll_ups),
            settlements: Settlements::of(&effect.settlements),
            rebuilds: Rebuilds::of(&effect.rebuilds),
            drifts: Drifts::of(&effect.drifts),
            checks: Checks::of(&effect.checks),
            verifications: Verifications::of(&effect.verifications),
            arrivals: Arrivals::of(&effect.new_matches),
            nights: Nights::of(&effect.nights),
            pinned: Pinned::of(&effect.pinned),
            runs: Runs::of(effect),
        }
    }

    pub(crate) fn params(&self) -> Params<'_> {
        let mut scores = self.scores.params();
        scores.push((&self.now, Type::TIMESTAMPTZ));
        Params {
            completed: self.completed.params(),
            scores,
            spawned: self.spawned.params(),
            spawned_ids: [(&self.spawned_ids, Type::UUID_ARRAY)],
            events: self.events.params(),
            notified: self.notified.params(),
            alerts: self.alerts.params(),
            signals: self.signals.params(),
            roll_ups: self.roll_ups.params(),
            settlements: self.settlements.params(),
            rebuilds: self.rebuilds.params(),
            drifts: self.drifts.params(),
            checks: self.checks.params(),
            verifications: self.verifications.params(),
            arrivals: self.arrivals.params(),
            nights: self.nights.params(),
            pinned: self.pinned.params(),
            runs: self.runs.params(),
            moves_runs: !self.runs.is_empty(),
        }
    }
}

/// The parameters of an effect's statements.
pub(crate) struct Params<'a> {
    completed: [Param<'a>; 6],
    scores: Vec<Param<'a>>,
    spawned: [Param<'a>; 11],
    spawned_ids: [Param<'a>; 1],
    events: [Param<'a>; 5],
    notified: [Param<'a>; 3],
    alerts: [Param<'a>; 2],
    signals: [Param<'a>; 3],
    roll_ups: Vec<roll_ups::Params<'a>>,
    settlements: Vec<settlements::Params<'a>>,
    rebuilds: Vec<upkeep::RebuildParams<'a>>,
    drifts: Vec<[Param<'a>; 5]>,
    checks: [Param<'a>; 15],
    verifications: Vec<verifications::Params<'a>>,
    arrivals: Vec<[Param<'a>; 7]>,
    nights: Vec<night_writes::Params<'a>>,
    pinned: [Param<'a>; 2],
    runs: [Param<'a>; 2],
    moves_runs: bool,
}

impl Params<'_> {
    /// What an effect's transaction is made of. Locks in this order everywhere:
    /// jobs, what they are about, runs.
    pub(crate) fn statements(&self, effect: &Effect) -> Vec<Statement<'_>> {
        let settlements = self.settlements.iter().flat_map(settlements::Params::statements);
        self.with_settlements(effect, settlements)
    }

    /// The same of a rehearsal.
    pub(crate) fn rehearsed(&self, effect: &Effect) -> Vec<Statement<'_>> {
        let settlements = self.settlements.iter().flat_map(settlements::Params::rehearsed);
        self.with_settlements(effect, settlements)
    }

    fn with_settlements<'s>(
        &'s self,
        effect: &Effect,
        settlements: impl Iterator<Item = Statement<'s>>,
    ) -> Vec<Statement<'s>> {
        let in_run = effect.enqueued().any(|job| job.run_id.is_some());
        let fence = statement(sql!("complete_jobs.sql"), &self.completed);
        let upsert = statement(sql!("upsert_scores.sql"), &self.scores);
        let spawn = statement(sql!("insert_spawned.sql"), &self.spawned);
        let tell = statement(sql!("insert_events.sql"), &self.events);
        let notify = statement(sql!("mark_notified.sql"), &self.notified);
        let expire = statement(sql!("expire_alerts.sql"), &self.alerts);
        let archive = statement(sql!("archive_signals.sql"), &self.signals);
        let plan = statement(sql!("plan_checks.sql"), &self.checks);
        let pin = statement(sql!("pin_runs.sql"), &self.pinned);
        let count = statement(sql!("count_runs.sql"), &self.runs);
        let cancel = statement(sql!("cancel_spawned.sql"), &self.spawned_ids);
        let before = [
            (fence, !effect.jobs.is_empty()),
            (upsert, !effect.scores.is_empty()),
            (spawn, !effect.spawned.is_empty()),
            (tell, !effect.events.is_empty()),
            (notify, !effect.notified.is_empty()),
            (expire, !effect.expired_alerts.is_empty()),
            (archive, !effect.archived_signals.is_empty()),
            (plan, !effect.checks.is_empty()),
        ];
        let after = [(pin, !effect.pinned.is_empty()), (count, self.moves_runs), (cancel, in_run)];
        let needed = |(statement, needed): (_, bool)| needed.then_some(statement);
        let roll_ups = self.roll_ups.iter().flat_map(roll_ups::Params::statements);
        let rebuilds = self.rebuilds.iter().flat_map(upkeep::RebuildParams::statements);
        let drifts = self.drifts.iter().map(|params| upkeep::note_drift(params));
        let verifications = self.verifications.iter().flat_map(verifications::Params::statements);
        let arrive = |params| statement(sql!("insert_matches.sql"), params);
        let arrivals = self.arrivals.iter().map(|params| arrive(params.as_slice()));
        let nights = self.nights.iter().flat_map(night_writes::statements);
        let before = before.into_iter().filter_map(needed);
        before
            .chain(roll_ups)
            .chain(settlements)
            .chain(rebuilds)
            .chain(drifts)
            .chain(verifications)
            .chain(arrivals)
            .chain(nights)
            .chain(after.into_iter().filter_map(needed))
            .collect()
    }
}

const fn statement<'a>(sql: &'a str, params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql, params }
}
