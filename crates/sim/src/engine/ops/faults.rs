//! What goes wrong at the ports.

use chrono::TimeDelta;
use mauntic_flows::ports::PortError;

use crate::engine::failure::Failed;
use crate::engine::world::World;
use crate::faults::{Call, Fault};
use crate::outside::Health;
use crate::store::SCHEMA_VERSION;

/// Calls that faults are armed for: those on which something hangs.
const CALLS: [Call; 57] = [
    Call::Open,
    Call::Claim,
    Call::Claim,
    Call::Claim,
    Call::Claim,
    Call::Claim,
    Call::ClaimAlone,
    Call::ClaimAlone,
    Call::SetBack,
    Call::HandBack,
    Call::PutOff,
    Call::Absolve,
    Call::Release,
    Call::Bury,
    Call::Expire,
    Call::Cancel,
    Call::Replay,
    Call::ScoreInputs,
    Call::RangeInputs,
    Call::PlanRanges,
    Call::SettlementInputs,
    Call::SettlementInputs,
    Call::DueMatches,
    Call::VerificationInputs,
    Call::VerificationInputs,
    Call::NoteVerification,
    Call::Outside,
    Call::Commit,
    Call::Commit,
    Call::Commit,
    Call::Commit,
    Call::Commit,
    Call::TakeDue,
    Call::TakeHeldBack,
    Call::MarkSent,
    Call::TakeEvents,
    Call::MarkEventsSent,
    Call::Schedules,
    Call::WriteJudged,
    Call::Breaker,
    Call::PutBreaker,
    Call::TryRecord,
    Call::PutFeatures,
    Call::Enqueue,
    Call::AdvanceReplays,
    Call::AdvanceReplays,
    Call::ReplayCase,
    Call::OrderReplay,
    Call::EndReplay,
    Call::RetryRun,
    Call::Discard,
    Call::HandIn,
    Call::HandIn,
    Call::OpenRun,
    Call::EndRun,
    Call::Rehearse,
    Call::NoteRefusal,
];

/// The next call of a kind fails in some way; a contended one several times.
pub(super) fn arm(world: &mut World) -> Failed {
    let nth = world.rng.below(CALLS.len());
    let call = CALLS.get(nth).copied().unwrap_or(Call::Commit);
    let kinds = [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::Unsure,
        Fault::Contended,
        Fault::Locked(world.rng.next()),
        Fault::LettersLost,
        Fault::Fail(PortError::Refused { what: "a statement", cause: "XX000".to_owned() }),
    ];
    let fitting: Vec<Fault> = kinds.into_iter().filter(|fault| fault.fits(call)).collect();
    let drawn = world.rng.below(fitting.len());
    if let Some(fault) = fitting.get(drawn) {
        let lasts = matches!(fault, Fault::Contended | Fault::Fail(_));
        let times = if lasts { 1 + world.rng.below(8) } else { 1 };
        world.tell(format_args!("  {} at {call:?}, {times} times", fault.name()));
        for _ in 0..times {
            world.ports.faults.next(Some(call), fault.clone());
        }
    }
    Ok(())
}

/// An effect is committed, and nobody hears of it; or it is not, and nobody
/// hears of that.
pub(super) fn arm_commit_unknown(world: &mut World) -> Failed {
    let fault = if world.rng.chance(700) { Fault::AnswerLost } else { Fault::Unsure };
    world.ports.faults.next(Some(Call::Commit), fault);
    Ok(())
}

/// A send fails, before or after the queue took it.
pub(super) fn arm_send(world: &mut World) -> Failed {
    let fault = if world.rng.chance(500) { Fault::Lost } else { Fault::AnswerLost };
    let call = if world.rng.chance(800) { Call::Send } else { Call::Publish };
    world.ports.faults.next(Some(call), fault);
    Ok(())
}

/// The database cannot be reached for a while.
pub(super) fn database_away(world: &mut World) -> Failed {
    world.count("fault: database away");
    let time = TimeDelta::seconds(world.between(10, 1_800));
    world.away_until = Some(world.now() + time);
    world.ports.faults.stand(Call::Open, Some(Fault::Lost));
    let cause = "the server went away".to_owned();
    world.ports.faults.fail_work(Some(PortError::Unavailable { what: "the database", cause }));
    Ok(())
}

pub(super) fn database_back(world: &mut World) -> Failed {
    end_outage(world);
    Ok(())
}

/// The schema is newer than this build runs on: it claims nothing.
pub(super) fn schema_moves(world: &mut World) -> Failed {
    world.count("fault: schema out of range");
    let time = TimeDelta::seconds(world.between(10, 1_800));
    world.away_until = Some(world.now() + time);
    world.ports.store.set_schema_version(99);
    Ok(())
}

pub(in crate::engine) fn end_outage(world: &mut World) {
    world.away_until = None;
    world.ports.store.set_schema_version(SCHEMA_VERSION);
    world.ports.faults.stand(Call::Open, None);
    world.ports.faults.fail_work(None);
}

/// An organization's configuration cannot be read until its next change.
pub(super) fn spoil_config(world: &mut World) -> Failed {
    let owner = world.owner();
    world.ports.store.spoil_config(&owner);
    world.count("fault: configuration unreadable");
    Ok(())
}

/// The webhook comes or goes.
pub(super) fn dependency(world: &mut World) -> Failed {
    let (health, what) = match world.rng.below(8) {
        0 | 1 => (Health::Down, "fault: dependency down"),
        2 | 3 => (Health::Mute, "fault: dependency's answer lost"),
        4 => (Health::Refusing(422), "fault: dependency refuses"),
        _ => (Health::Up, "dependency up"),
    };
    world.count(what);
    world.set_outside(health);
    Ok(())
}
