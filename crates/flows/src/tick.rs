//! The tick: its duties, every minute or as often as a deployment says, each with
//! a heartbeat of its own. One that fails leaves the others alone, and its missing
//! beat tells.

use chrono::TimeDelta;
use mauntic_domain::contact_events::EVENTS_RETIRED_MAX;
use mauntic_domain::jobs::limits::{KEEP_MIN, RECOUNT_RUNS_MAX, RETIRED_MAX, RUN_IDLE};
use mauntic_domain::schedules::{Effective, SettingsError};

use crate::cron::judge_all;
use crate::jobs::overnight_end::end_lost;
use crate::ports::{
    Database, Died, EventStore, Host, Instance, JobStore, PortError, Ports, RelayStore, RunStore,
    Transition,
};
use crate::relay::{send_due, send_events};

/// Most jobs past their expiry that one tick makes dead letters.
pub const EXPIRED_MAX: i64 = 1_000;

/// A duty of the tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Recounts runs without progress.
    StuckRuns,
    /// Ends jobs past their expiry.
    Expiry,
    /// Ends nights whose runs are over; after the duties that end runs.
    Nights,
    /// Gives every nominal time its row, and starts runs.
    Occurrences,
    /// Goes on with replays of many dead letters, as far as their pace allows
    /// until the next tick.
    Replays,
    /// Sends messages of jobs that wait; after the duties that make some.
    Relay,
    /// Sends events.
    Events,
    /// Deletes what is old.
    Retention,
}

impl Duty {
    /// Every duty, in the order in which they are done.
    pub const ALL: [Self; 8] = [
        Self::StuckRuns,
        Self::Expiry,
        Self::Nights,
        Self::Occurrences,
        Self::Replays,
        Self::Relay,
        Self::Events,
        Self::Retention,
    ];

    /// Name in the heartbeat.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StuckRuns => "stuck_runs",
            Self::Expiry => "expiry",
            Self::Nights => "nights",
            Self::Occurrences => "occurrences",
            Self::Replays => "replays",
            Self::Relay => "relay",
            Self::Events => "events",
            Self::Retention => "retention",
        }
    }
}

/// What a deployment says about the tick.
#[derive(Debug, Clone)]
pub struct TickSettings {
    /// The schedules it judges, or what is wrong with the variables that say
    /// so: nothing is judged then, and the missing beat tells.
    pub schedules: Result<Vec<Effective>, SettingsError>,
    /// How long final rows are kept; never less than [`KEEP_MIN`].
    pub keep: TimeDelta,
    /// Longest time until the next tick, in seconds: the beats say so, and are
    /// late only by that.
    pub interval_secs: u32,
    /// Who does the duties.
    pub instance: Instance,
}

/// What became of each duty: how many things it did.
pub type TickReport = Vec<(Duty, Result<u64, PortError>)>;

/// Does every duty.
///
/// I/O: see the duties' own; each may be repeated, and is.
pub async fn tick<P: Ports>(ports: &P, settings: &TickSettings) -> TickReport {
    let mut report = Vec::with_capacity(Duty::ALL.len());
    for duty in Duty::ALL {
        report.push((duty, perform(ports, settings, duty).await));
    }
    report
}

async fn perform<P: Ports>(
    ports: &P,
    settings: &TickSettings,
    duty: Duty,
) -> Result<u64, PortError> {
    let session = ports.db().open().await?;
    let done = match duty {
        Duty::StuckRuns => {
            let found = session.recount(RUN_IDLE, RECOUNT_RUNS_MAX).await?;
            found.finalized + found.stalled
        }
        Duty::Expiry => {
            let died = session.expire(EXPIRED_MAX).await?;
            died.iter().for_each(|died| observe_death(ports, died));
            count(died.len())
        }
        Duty::Nights => end_lost(ports, &session).await?,
        Duty::Occurrences => {
            let schedules = settings.schedules.as_ref().map_err(|error| PortError::Unreadable {
                what: "a setting of the schedules",
                place: error.to_string(),
            })?;
            let report = judge_all(ports, schedules, None).await?;
            if let Some(error) = report.error {
                return Err(error);
            }
            count(report.judged)
        }
        Duty::Replays => {
            let window = TimeDelta::seconds(i64::from(settings.interval_secs));
            session.advance_replays(window, None).await?.released
        }
        Duty::Relay => count(send_due(ports, &session).await?),
        Duty::Events => count(send_events(ports, &session).await?),
        Duty::Retention => {
            let gone = session.retire(settings.keep.max(KEEP_MIN), RETIRED_MAX).await?;
            let of_events = session.retire_events(EVENTS_RETIRED_MAX).await?;
            of_events.total() + gone.total()
        }
    };
    session.beat(duty.name(), settings.interval_secs, &settings.instance).await?;
    Ok(done)
}

/// Says that a job died outside of its own attempt.
pub(crate) fn observe_death<P: Ports>(ports: &P, died: &Died) {
    ports.host().observe(&Transition {
        event: "job.dead_lettered",
        queue: died.queue.clone(),
        job_type: died.type_name.clone(),
        job_id: died.id,
        execution_id: died.run_id,
        request_id: died.request_id.clone(),
        attempt: died.claim,
        duration_ms: 0,
        outcome: "dead_lettered",
        reason: Some(died.reason.to_owned()),
    });
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
