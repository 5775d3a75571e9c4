//! Verifications: what a provider says of a match, right or not, who plans them and who
//! asks at once.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::ProviderMatchId;
use mauntic_domain::jobs::JobType;
use mauntic_domain::scoreboard::{MatchResult, Status};
use mauntic_flows::ports::MatchPlace;
use serde_json::json;

use super::boards::{any_match, any_result, provided, send, tournament};
use crate::engine::failure::Failed;
use crate::engine::world::World;
use crate::provider::{Fixture, Said};
use crate::store::boards::MatchRow;

/// What a provider may say of a match instead of how it ended.
const STATUSES: [Status; 5] =
    [Status::Scheduled, Status::Postponed, Status::Live, Status::Abandoned, Status::Cancelled];

fn row(world: &World, at: &MatchPlace) -> Option<MatchRow> {
    world.ports.store.look(|state| state.boards().matches.get(at).cloned())
}

/// From `since` on the provider says this of a match.
fn told(
    world: &World,
    (at, row): (&MatchPlace, &MatchRow),
    since: DateTime<Utc>,
    said: impl FnOnce(&Fixture) -> Said,
) {
    let key = (at.organization_id.clone(), at.tournament_id);
    let (Some(provider), Ok(id), Some(result)) = (
        provided(&key),
        ProviderMatchId::parse(row.external_id.clone()),
        MatchResult::from_canonical(r#"{"ft":[9,9]}"#),
    ) else {
        return;
    };
    let fixture = Fixture {
        id,
        round: row.round.clone(),
        home: row.home.clone(),
        away: row.away.clone(),
        kickoff: row.stored.kickoff,
        result,
    };
    let said = said(&fixture);
    world.ports.outside.provider().say(&provider, &fixture.id, since, said);
}

/// It is to be played, and then is being played.
pub(super) fn say_known(world: &World, at: &MatchPlace) {
    let Some(row) = row(world, at) else { return };
    for (since, status) in [(world.now(), Status::Scheduled), (row.stored.kickoff, Status::Live)] {
        told(world, (at, &row), since, |of| Said::Json(of.told(status, of.result)));
    }
}

/// It is over.
pub(super) fn say_ended(world: &mut World, at: &MatchPlace, row: &MatchRow, result: MatchResult) {
    world.tell(format_args!("  {} is said to be {}", at.match_id, result.canonical()));
    told(world, (at, row), world.now(), |of| Said::Json(of.told(Status::Ended, result)));
}

/// The provider says something else of a match, or nothing that can be read.
pub(super) fn say(world: &mut World) -> Failed {
    let (key, now) = (tournament(world), world.now());
    let Some((at, row)) = any_match(world, &key, |row| row.stored.kickoff <= now) else {
        return Ok(());
    };
    let later = TimeDelta::seconds(world.between(0, 3_600));
    let status = STATUSES.get(world.rng.below(STATUSES.len())).copied().unwrap_or(Status::Live);
    let choice = world.rng.below(7);
    if choice == 1 && provided(&key).is_some() {
        world.count("fault: provider refuses");
    }
    told(world, (&at, &row), now, |of| match choice {
        0 => Said::Unreachable,
        1 => Said::Refused(404),
        2 => Said::Garbage(b"<html>502</html>".to_vec()),
        // It has ended, and nobody knows how.
        3 => {
            let mut told = of.told(Status::Ended, of.result);
            if let Some(fields) = told.as_object_mut() {
                fields.remove("score");
            }
            Said::Json(told)
        }
        _ => {
            let kickoff = if status.is_to_come() { of.kickoff + later } else { of.kickoff };
            Said::Json(Fixture { kickoff, ..of.clone() }.told(status, of.result))
        }
    });
    Ok(())
}

/// Somebody has matches asked about that are due, as the schedule does.
pub(super) fn plan(world: &mut World) -> Failed {
    send(world, &json!({"type": JobType::ScheduleVerification.name()}));
    Ok(())
}

/// Somebody has a match asked about, whether it is due or not.
pub(super) fn ask(world: &mut World) -> Failed {
    let key = tournament(world);
    if let Some((at, _)) = any_match(world, &key, |_| true) {
        ask_of(world, &at);
    }
    Ok(())
}

/// See [`ask`].
pub(super) fn ask_of(world: &mut World, at: &MatchPlace) {
    let data = json!({"organizationId": at.organization_id, "tournamentId": at.tournament_id,
        "matchId": at.match_id});
    send(world, &json!({"type": JobType::VerifyMatch.name(), "data": data}));
}

/// The last word about every match that has begun, and somebody asks: a second later, for
/// of two answers of one moment the first counts.
pub(in crate::engine) fn say_the_truth(world: &mut World) {
    let now = world.now();
    let begun: Vec<(MatchPlace, MatchRow)> = world.ports.store.look(|state| {
        let rows = state.boards().matches.iter();
        let begun = rows.filter(|(at, row)| {
            row.stored.kickoff <= now
                && provided(&(at.organization_id.clone(), at.tournament_id)).is_some()
        });
        begun.map(|(at, row)| (at.clone(), row.clone())).collect()
    });
    for (at, row) in begun {
        let Some(result) = any_result(&mut world.rng) else { continue };
        say_ended(world, &at, &row, result);
        ask_of(world, &at);
        world.model.said.insert(at, (result, row.stored.result_version));
    }
    world.advance(TimeDelta::seconds(1));
}
