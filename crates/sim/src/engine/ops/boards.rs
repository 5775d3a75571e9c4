//! Tournaments: who joins and guesses, how matches end and end otherwise, and the jobs
//! that settle them. Of one organization results are entered by hand; those of the others
//! have a provider (`verify`).

use chrono::TimeDelta;
use mauntic_domain::ids::{MemberId, ProviderTournamentId};
use mauntic_domain::jobs::message::derived_job_id;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::scoreboard::{Chain, Match, MatchResult, Round, Rules, Score, Status};
use mauntic_flows::consume::Body;
use mauntic_flows::ports::{Host, MatchPlace};
use serde_json::{Value, json};
use uuid::Uuid;

use super::verify;
use crate::engine::failure::Failed;
use crate::engine::model::Fate;
use crate::engine::world::World;
use crate::rng::Rng;
use crate::store::boards::{MatchRow, TournamentKey};
use crate::store::rows::JobRow;

/// Every organization's tournament has this id, and so have its matches: whose they are
/// must tell them apart.
const TOURNAMENT: Uuid = Uuid::from_u128(0x7000_0000);

/// Whose results are entered by hand.
const BY_HAND: &str = "org_c";

/// Most matches of a tournament, and most members: few, so that settlements meet and
/// members are tied.
const MATCHES_MAX: usize = 5;
/// See [`MATCHES_MAX`].
const MEMBERS_MAX: usize = 8;

/// Results, of which a match has one after the other: the first again, after others.
const RESULTS: [&str; 4] = [
    r#"{"ft":[2,1]}"#,
    r#"{"ft":[0,0]}"#,
    r#"{"ft":[1,1],"et":[2,2],"p":[4,2]}"#,
    r#"{"ft":[1,1],"et":[1,2]}"#,
];

pub(super) fn place(key: &TournamentKey, nth: usize) -> MatchPlace {
    let (organization_id, tournament_id) = key.clone();
    let nth = u128::try_from(nth).unwrap_or(0) + 1;
    MatchPlace { organization_id, tournament_id, match_id: Uuid::from_u128(0x7000_0000 + nth) }
}

/// An organization's tournament, which begins with its first use.
#[allow(clippy::expect_used, reason = "by other rules it would be another history")]
pub(super) fn tournament(world: &mut World) -> TournamentKey {
    let key = (world.owner(), TOURNAMENT);
    if world.ports.store.look(|state| state.boards().tournaments.contains_key(&key)) {
        return key;
    }
    let counted = match world.rng.below(3) {
        0 => "fullTime",
        1 => "extraTime",
        _ => "penalties",
    };
    let chain = match world.rng.below(3) {
        0 => json!(["exactHits", "rightOutcomes"]),
        1 => json!(["rightOutcomes"]),
        _ => json!([]),
    };
    let rules = json!({"counted": counted, "multipliers": {"r1": 2, "r2": 1.25, "r3": 0}});
    let rules: Rules = serde_json::from_value(rules).expect("rules as the product has them");
    let chain: Chain = serde_json::from_value(chain).expect("an order as the product has it");
    world.ports.store.put_tournament(key.clone(), rules, chain);
    world.ports.store.provide(&key, provided(&key));
    for nth in 0..2 {
        put_match(world, &key, nth);
    }
    key
}

/// A match that begins within a quarter of an hour.
fn put_match(world: &mut World, key: &TournamentKey, nth: usize) {
    let kickoff = world.now() + TimeDelta::seconds(world.between(0, 900));
    if let Ok(round) = Round::parse(format!("r{nth}")) {
        world.ports.store.put_match(place(key, nth), round, Match::scheduled(kickoff));
        verify::say_known(world, &place(key, nth));
    }
}

/// One of a tournament's matches that is of that kind.
pub(super) fn any_match(
    world: &mut World,
    key: &TournamentKey,
    is_it: impl Fn(&MatchRow) -> bool,
) -> Option<(MatchPlace, MatchRow)> {
    let found: Vec<(MatchPlace, MatchRow)> = world.ports.store.look(|state| {
        let places = (0..MATCHES_MAX).map(|nth| place(key, nth));
        let rows = places.filter_map(|at| Some((at.clone(), state.boards().matches.get(&at)?)));
        rows.filter(|(_, row)| is_it(row)).map(|(at, row)| (at, row.clone())).collect()
    });
    let nth = world.rng.below(found.len());
    found.into_iter().nth(nth)
}

fn member(rng: &mut Rng) -> Option<MemberId> {
    MemberId::parse(format!("m{}", rng.below(MEMBERS_MAX))).ok()
}

pub(super) fn join(world: &mut World) -> Failed {
    let (key, now) = (tournament(world), world.now());
    let Some(member) = member(&mut world.rng) else { return Ok(()) };
    let has_joined = world.ports.store.look(|state| {
        state.boards().members.get(&key).is_some_and(|members| members.contains_key(&member))
    });
    if !has_joined {
        world.ports.store.put_members(&key, &[(member, now)]);
    }
    Ok(())
}

/// Members guess what is still to come; where nothing is, another match is added. A row
/// that came too late is worth nothing.
pub(super) fn guess(world: &mut World) -> Failed {
    let (key, now) = (tournament(world), world.now());
    let open = any_match(world, &key, |row| row.stored.takes_guesses(now));
    let is_late = open.is_none() && world.rng.chance(200);
    let at = if is_late { any_match(world, &key, |_| true) } else { open };
    let Some((at, _)) = at else {
        let many = world.ports.store.look(|state| {
            (0..MATCHES_MAX)
                .filter(|nth| state.boards().matches.contains_key(&place(&key, *nth)))
                .count()
        });
        if many < MATCHES_MAX {
            put_match(world, &key, many);
        }
        return Ok(());
    };
    for _ in 0..=world.rng.below(4) {
        let goals = |rng: &mut Rng| i64::from(rng.next_u32() % 3);
        let score = Score::new(goals(&mut world.rng), goals(&mut world.rng));
        let (Some(member), Ok(score)) = (member(&mut world.rng), score) else { continue };
        let may = world.ports.store.look(|state| {
            let boards = state.boards();
            let has_joined = boards.members.get(&key).is_some_and(|of| of.contains_key(&member));
            let has_guessed = boards.guesses.get(&at).is_some_and(|of| of.contains_key(&member));
            has_joined && !(is_late && has_guessed)
        });
        if may {
            world.ports.store.put_guesses(&at, &[(member, score, now)]);
        }
    }
    Ok(())
}

/// One of [`RESULTS`].
pub(super) fn any_result(rng: &mut Rng) -> Option<MatchResult> {
    RESULTS.get(rng.below(RESULTS.len())).and_then(|text| MatchResult::from_canonical(text))
}

/// A match that has begun ends, or has another result: its provider says so, and somebody
/// asks; or somebody enters it, and with it comes the job that settles it.
pub(super) fn end(world: &mut World) -> Failed {
    let (key, now) = (tournament(world), world.now());
    let Some((at, row)) = any_match(world, &key, |row| row.stored.kickoff <= now) else {
        return Ok(());
    };
    let Some(result) = any_result(&mut world.rng).filter(|of| row.stored.result != Some(*of))
    else {
        return Ok(());
    };
    if provided(&key).is_some() {
        verify::say_ended(world, &at, &row, result);
        if world.rng.chance(700) {
            verify::ask_of(world, &at);
        }
        return Ok(());
    }
    let stored = Match {
        status: Status::Ended,
        result: Some(result),
        result_version: row.stored.result_version + 1,
        ended_at: row.stored.ended_at.or(Some(now)),
        next_check_at: None,
        ..row.stored
    };
    let data = data(&at, stored.result_version);
    if stored.result_version > 1 {
        world.count("fault: result corrected");
    }
    let text = result.canonical();
    let id = world.ports.host.new_id();
    world.tell(format_args!("  {} has {text}, version {}", at.match_id, stored.result_version));
    world.ports.store.put_match(at.clone(), row.round, stored);
    let job = JobRow::new(id, JobType::SettleMatchScore, data, now);
    let organization_id = Some(at.organization_id.to_string());
    world.ports.store.put_job(JobRow { organization_id, ..job });
    world.model.promised.insert(id);
    Ok(())
}

/// What a tournament's provider calls it; none where it has none.
pub(super) fn provided((owner, _): &TournamentKey) -> Option<ProviderTournamentId> {
    let name = ProviderTournamentId::parse(format!("cup-{owner}")).ok();
    name.filter(|_| owner.as_str() != BY_HAND)
}

fn data(at: &MatchPlace, version: i32) -> Value {
    json!({"organizationId": at.organization_id, "tournamentId": at.tournament_id,
        "matchId": at.match_id, "resultVersion": version})
}

/// Somebody asks by hand for a settlement that there was, or is to be.
pub(super) fn again(world: &mut World) -> Failed {
    let key = tournament(world);
    let ended = any_match(world, &key, |row| row.stored.result.is_some());
    let Some((at, row)) = ended else { return Ok(()) };
    let version = row.stored.result_version - i32::from(world.rng.chance(200));
    let data = data(&at, version.max(1));
    send(world, &json!({"type": JobType::SettleMatchScore.name(), "data": data}));
    Ok(())
}

/// Somebody sends this by hand.
pub(super) fn send(world: &mut World, short: &Value) {
    let queue = Queue::ScoreboardJobs;
    let id = world.ports.queues.put(Origin::Jobs(queue), Body::Text(short.to_string()));
    let fate = Fate::Job { id: derived_job_id(queue, &id), key: None };
    world.model.sent.insert((queue, id), fate);
}
