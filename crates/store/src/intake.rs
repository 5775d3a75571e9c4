//! Contact events on their way in: one transaction of one flight.

use chrono::{DateTime, Utc};
use futures::future::{join, join3};
use mauntic_domain::analytics::{MONTHS_AHEAD, dropped_before};
use mauntic_domain::contact_events::{ACTIVITY_KEPT, SEEN_KEPT};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNASKED, UNFINISHED_MAX, WAKE};
use mauntic_domain::scoring::signals::SIGNALS_KEPT;
use mauntic_flows::ports::{
    DeadLetter, Enqueued, EventFate, EventStore, EventsRetired, Intake, PortError, TakenIn,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::enqueue::enqueued;
use crate::error::{no_answer, statement_error};
use crate::event_columns::{Activities, Enrichments, Signals, Terms};
use crate::flight::{Param, Statement, tenant_transaction};
use crate::rows::{column, unreadable};

const WHAT: &str = "taking events in";

impl EventStore for Session {
    async fn take_in(
        &self,
        organization: Option<&OrganizationId>,
        intake: &Intake,
    ) -> Result<TakenIn, PortError> {
        if intake.events.is_empty() {
            return Ok(TakenIn::default());
        }
        // A message for one organization is sent by whoever takes it in; for
        // all, by the relay.
        let wake_secs = if organization.is_some() { WAKE.num_seconds() } else { 0 };
        let terms = Terms::of(intake, wake_secs);
        let signals = Signals::of(intake);
        let activities = Activities::of(intake);
        let enrichments = Enrichments::of(intake);
        let asked = signals.events.contact_count();
        let (seen, urgent) = (activities.events.seen(), signals.params(&terms));
        let (capped, active) = (signals.events.params(), activities.params());
        let enriched = enrichments.params();
        let see = match organization {
            Some(_) => sql!("see_events.sql"),
            None => sql!("see_events_of_known.sql"),
        };
        // In the order in which rows are locked.
        let mut statements = vec![Statement { sql: see, params: &seen }];
        if asked > 0 {
            let sql = sql!("take_signals.sql");
            statements.push(Statement { sql, params: &urgent });
            let sql = sql!("cap_signals.sql");
            statements.push(Statement { sql, params: &capped });
        }
        let sql = sql!("insert_activity.sql");
        statements.push(Statement { sql, params: &active });
        if !enrichments.is_empty() {
            let sql = sql!("insert_enrichments.sql");
            statements.push(Statement { sql, params: &enriched });
        }
        match organization {
            Some(owner) => self.take_in_of(owner, asked, statements).await,
            None => {
                let answers = self.write_again(WHAT, &statements).await?;
                taken_in(None, asked, &answers)
            }
        }
    }

    async fn keep_letters(&self, queue: &str, letters: &[DeadLetter]) -> Result<(), PortError> {
        let kept = self.within(self.insert_letters(queue, letters)).await;
        let kept = kept.map_err(no_answer)?;
        kept.map(|_| ()).map_err(|error| statement_error("keeping dead letters", &error))
    }

    async fn retire_events(&self, limit: i64) -> Result<EventsRetired, PortError> {
        let sql = sql!("clock.sql");
        let clock = self.statement("the database's clock", sql, &[]).await?;
        let clock = clock.first().ok_or_else(|| unreadable("the database's clock"))?;
        let now: DateTime<Utc> = column(clock, "now")?;
        let (seen, signals, rest) = (now - SEEN_KEPT, now - SIGNALS_KEPT, now - ACTIVITY_KEPT);
        let before = |at| [(at as _, Type::TIMESTAMPTZ), (&limit as _, Type::INT8)];
        let dropped = dropped_before(now);
        let (seen, signals, rest) = (before(&seen), before(&signals), before(&rest));
        let ended = before(&dropped);
        let ahead = now + MONTHS_AHEAD;
        let months: &[Param<'_>] = &[
            (&(now - SEEN_KEPT), Type::TIMESTAMPTZ),
            (&ahead, Type::TIMESTAMPTZ),
            (&dropped, Type::TIMESTAMPTZ),
        ];
        // Each is a transaction of its own.
        let of_events = join3(
            self.retire_from(sql!("retire_seen.sql"), &seen),
            self.statement("keeping months", sql!("keep_months.sql"), months),
            self.retire_from(sql!("retire_enrichments.sql"), &ended),
        );
        let of_signals = join(
            self.retire_from(sql!("retire_signals.sql"), &signals),
            self.retire_from(sql!("retire_alerts.sql"), &rest),
        );
        let ((seen, months, enrichments), (signals, alerts)) = join(of_events, of_signals).await;
        months?;
        Ok(EventsRetired {
            seen: seen?,
            enrichments: enrichments?,
            signals: signals?,
            alerts: alerts?,
        })
    }
}

impl Session {
    /// Under an organization's row-level security, and within its backlog.
    async fn take_in_of(
        &self,
        organization: &OrganizationId,
        asked: i64,
        mut statements: Vec<Statement<'_>>,
    ) -> Result<TakenIn, PortError> {
        let owner = organization.as_str();
        let (queues, counts) = (vec![JobType::CalculateScore.queue().name()], vec![asked]);
        let unasked = UNASKED.map(JobType::name).to_vec();
        let backlog: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&queues, Type::TEXT_ARRAY),
            (&counts, Type::INT8_ARRAY),
            (&UNFINISHED_MAX, Type::INT8),
            (&unasked, Type::TEXT_ARRAY),
        ];
        if asked == 0 {
            let answers = tenant_transaction(WHAT, self, organization, &statements).await?;
            return taken_in(None, asked, &answers);
        }
        let sql = sql!("backlog.sql");
        statements.insert(0, Statement { sql, params: backlog });
        let mut answers = tenant_transaction(WHAT, self, organization, &statements).await?;
        let backlog = answers.remove(0);
        let unfinished = backlog.first().ok_or_else(|| unreadable("an organization's backlog"))?;
        taken_in(Some(column(unfinished, "unfinished")?), asked, &answers)
    }
}

/// What came of an intake. With the number of an organization's `unfinished`
/// jobs a message is sent for each new one while not too many are out.
fn taken_in(
    unfinished: Option<i64>,
    asked: i64,
    answers: &[Vec<Row>],
) -> Result<TakenIn, PortError> {
    let (seen, rest) =
        answers.split_first().ok_or_else(|| unreadable("the answers of an intake"))?;
    let fates = seen.iter().map(fate).collect::<Result<_, _>>()?;
    let rows = rest.first().filter(|_| asked > 0).map_or(&[][..], Vec::as_slice);
    let signals: i64 = rows.first().map_or(Ok(0), |row| column(row, "signals"))?;
    let jobs = rows.iter().map(|row| enqueued(row, column(row, "created")?));
    let mut jobs = jobs.collect::<Result<Vec<Enqueued>, _>>()?;
    if let Some(mut unfinished) = unfinished {
        for job in jobs.iter_mut().filter(|job| job.created) {
            unfinished += 1;
            job.send_now = unfinished <= DISPATCHED_MAX;
        }
    }
    let is_alert = |job: &&Enqueued| job.type_name == JobType::NotifyAlert.name();
    let alerts = jobs.iter().filter(is_alert).count();
    Ok(TakenIn {
        fates,
        signals: u64::try_from(signals).map_err(|_| unreadable("column signals"))?,
        alerts: u64::try_from(alerts).unwrap_or(u64::MAX),
        jobs,
    })
}

fn fate(row: &Row) -> Result<EventFate, PortError> {
    Ok(match (column(row, "known")?, column(row, "fresh")?) {
        (false, _) => EventFate::UnknownOrganization,
        (true, false) => EventFate::Repeated,
        (true, true) => EventFate::Taken,
    })
}
