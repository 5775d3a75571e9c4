//! I1 and I2: at most one effect a job, exactly one where it is completed; and
//! nothing is ever forgotten.

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::limits::{EXPIRY, KEEP_MIN, PLATFORM_DEATHS_MAX, RESEND_MAX, WAKE};
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use uuid::Uuid;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::JobRow;

/// Longest time until the relay looks at a row again: a resend, plus one.
const WAKE_MAX: TimeDelta = TimeDelta::minutes(6 * 60 + 15);

const _: () = assert!(WAKE_MAX.num_minutes() > RESEND_MAX.num_minutes());

/// I2, while it runs: each job that is not final has a time at which the tick
/// sees it, within bounds. One whose lease ran out is sent every minute.
pub(super) fn wakes(world: &World) -> Failed {
    let now = world.now();
    let lease = TimeDelta::seconds(i64::from(LEASE_SECS_DEFAULT));
    let is_lost = |row: &&JobRow| match row.lease_until {
        Some(until) => row.wake_at > until.max(now) + WAKE || until > now + lease,
        None => row.wake_at > now.max(row.available_at) + WAKE_MAX,
    };
    let lost = |state: &State| state.live_jobs().find(is_lost).map(described);
    match world.ports.store.look(lost) {
        None => Ok(()),
        Some(row) => fail("I2: every live job is woken in time", format_args!("{row}")),
    }
}

/// I1: an effect was committed exactly where the job is completed, and once.
pub(super) fn effects(world: &World) -> Failed {
    let broken = |state: &State| {
        let log = &state.log().effects;
        let twice = log.iter().find(|(_, claims)| claims.len() > 1);
        let apart = log
            .keys()
            .find(|id| state.job(**id).is_some_and(|row| row.state != JobState::Completed));
        let twice = twice.map(|(id, claims)| format!("{id} under the claims {claims:?}"));
        twice.or_else(|| apart.map(|id| format!("{id} has an effect and is not completed")))
    };
    match world.ports.store.look(broken) {
        None => Ok(()),
        Some(what) => fail("I1: one effect a job, with its completion", format_args!("{what}")),
    }
}

/// At the end: every job is final, a completed one had its effect, and a dead
/// one has a reason that its history explains.
pub(super) fn ended(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for row in state.jobs() {
            let has_effect = state.log().effects.contains_key(&row.id);
            if has_effect != (row.state == JobState::Completed) {
                return fail(
                    "I1: a completed job had its effect, no other had one",
                    format_args!("{}", described(row)),
                );
            }
            if !row.state.is_final() {
                return fail("I2: every job becomes final", format_args!("{}", described(row)));
            }
            spent(row)?;
        }
        for letter in state.letters() {
            let job = letter.job_id.filter(|_| letter.message_id.is_none());
            let open = job.filter(|_| letter.decided_at.is_none());
            if let Some(row) = open.and_then(|id| state.job(id)) {
                died_for(world, row, &letter.reason)?;
            }
        }
        Ok(())
    })
}

/// The budget: what a job spent was its own failure, never a claim or a wait.
fn spent(row: &JobRow) -> Failed {
    let most = match row.state {
        // Its last claim did not fail.
        JobState::Completed => i32::from(row.failures_max).min(row.claim - 1),
        _ => i32::from(row.failures_max).min(row.claim),
    };
    if i32::from(row.failures) > most {
        return fail(
            "a failure is spent by an attempt that failed",
            format_args!("{}", described(row)),
        );
    }
    Ok(())
}

fn died_for(world: &World, row: &JobRow, reason: &str) -> Failed {
    let since = world.model.calm_since.unwrap_or(row.created_at);
    let is_explained = match reason {
        "lease_expired" | "retries_exhausted" => row.failures == row.failures_max,
        "isolate_killed" => row.platform_deaths >= PLATFORM_DEATHS_MAX,
        // Nights go with their time: what is done of one weeks later finds it gone, and so
        // does who repeats one.
        "unknown_night" => {
            row.data.get("retryOf").is_some()
                || row.finished_at.is_some_and(|at| at - row.created_at >= KEEP_MIN)
        }
        "night_running" => row.data.get("retryOf").is_some(),
        "unknown_type" => world.model.foreign.contains(&row.id),
        "refused_outside" => ["fault: dependency refuses", "fault: provider refuses"]
            .iter()
            .any(|fault| world.counts.contains_key(fault)),
        // Or its contact has more signals than one job holds in so small a world.
        "unreadable" => {
            world.counts.contains_key("fault: configuration unreadable") || world.limits.is_some()
        }
        // The simulated time alone let it expire; once nothing goes wrong, a
        // job takes no days.
        "expired" => {
            row.expires_at <= since + TimeDelta::days(2)
                && row.expires_at - row.created_at >= EXPIRY
        }
        _ => false,
    };
    if is_explained && row.state == JobState::DeadLettered {
        return Ok(());
    }
    fail(
        "a dead letter's reason is explained by its job",
        format_args!("{reason}: {}", described(row)),
    )
}

/// Whatever a caller was promised is there.
pub(super) fn promised(world: &World) -> Failed {
    let gone = |state: &State| {
        let mut promised = world.model.promised.iter();
        promised.find(|id| world.model.archive.job(state, **id).is_none()).copied()
    };
    let gone: Option<Uuid> = world.ports.store.look(gone);
    gone.map_or(Ok(()), |id| fail("a job that was answered is there", format_args!("{id}")))
}

/// A row in a few words.
pub(super) fn described(row: &JobRow) -> String {
    format!(
        "{} {} {:?} claim {} failures {}/{} deaths {} snoozes {} ({:?}) created {} wakes {} leased {:?} expires {}: {:?}",
        row.id,
        row.type_name,
        row.state,
        row.claim,
        row.failures,
        row.failures_max,
        row.platform_deaths,
        row.snoozes,
        row.snooze_reason,
        row.created_at,
        row.wake_at,
        row.lease_until,
        row.expires_at,
        row.last_error
    )
}
