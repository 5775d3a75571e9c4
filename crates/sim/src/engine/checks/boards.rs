//! I7 and I8: a board is the fold of its ledger and what the guesses earn by the results
//! that count; ranks of every kind are the naive ones.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use mauntic_domain::ids::MemberId;
use mauntic_domain::jobs::{Job, JobState, JobType};
use mauntic_domain::scoreboard::fold::{Row, drift};
use mauntic_domain::scoreboard::ranks::{Kind, Percentile, Rank};
use mauntic_domain::scoreboard::{
    Board, EntryStatus, Histogram, Status, TieBreak, Totals, fold, guesses,
};
use mauntic_flows::ports::{
    BoardKey, BoardLine, BoardPlace, BoardStore, Database, MATCH_SETTLED, MatchPlace, PortError,
};

use super::jobs::described;
use crate::engine::drive::finish;
use crate::engine::failure::{Failed, Failure, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::boards::{BoardRow, LedgerRow, TournamentKey, TournamentRow};
use crate::store::rows::JobRow;

/// Lines of a page: fewer than most boards have.
const PAGE: i64 = 3;

/// Every board, with its histogram and its order.
pub(super) fn add_up(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let all = state.boards().tournaments.iter();
        all.clone().try_for_each(|(key, row)| adds_up(state, key, row))
    })
}

fn ledger<'a>(state: &'a State, key: &TournamentKey) -> &'a [LedgerRow] {
    state.boards().ledger.get(key).map_or(&[], Vec::as_slice)
}

fn adds_up(state: &State, key: &TournamentKey, tournament: &TournamentRow) -> Failed {
    let boards = state.boards();
    let points = boards.points.get(key);
    let row = |row: &LedgerRow| {
        let seq = row.link.seq;
        let given = points.into_iter().flatten().filter(|((of, _), _)| *of == seq);
        let points = given.map(|((_, member), totals)| (member.clone(), *totals)).collect();
        Row { seq, entry: row.entry.clone(), points }
    };
    let rows: Vec<Row> = ledger(state, key).iter().map(row).collect();
    let folded = match fold(&rows) {
        Ok(folded) => folded,
        Err(error) => return fail("I7: a ledger adds up", format_args!("{key:?}: {error}")),
    };
    let entries = || boards.entries.get(key).into_iter().flatten();
    let board: Board = entries().map(|(member, row)| (member.clone(), row.totals)).collect();
    let drifted = drift(&board, &folded);
    if !drifted.is_empty() {
        let detail = format_args!("{key:?}: {drifted:?}");
        return fail("I7: a board is the fold of its ledger", detail);
    }
    let drifted = drift(&board, &earned(state, key, tournament));
    if !drifted.is_empty() {
        let detail = format_args!("{key:?}: {drifted:?}");
        return fail("I7: a board is what the guesses earn", detail);
    }
    let members = boards.members.get(key).map_or(0, BTreeMap::len);
    let counted = boards.counts.get(key).map_or(0, |counts| counts.members);
    if members != board.len() || usize::try_from(counted) != Ok(members) {
        let detail = format_args!("{key:?}: {members}, counted {counted}, not {}", board.len());
        return fail("I7: everybody is on the board", detail);
    }
    let stands = |(_, row): &(_, &BoardRow)| row.standing != tournament.chain.standing(row.totals);
    if let Some((member, row)) = entries().find(stands) {
        let detail = format_args!("{key:?}: {member} {row:?}");
        return fail("I7: a standing is what its numbers weigh", detail);
    }
    let stored = boards.histograms.get(key).into_iter().flatten();
    let stored: BTreeMap<_, _> = stored.filter(|(_, members)| **members != 0).collect();
    let counted = Histogram::of(board.values().map(|totals| totals.points));
    let is_same = stored.len() == counted.buckets().count()
        && counted.buckets().all(|(points, members)| {
            stored.get(&points).copied() == i64::try_from(members).ok().as_ref()
        });
    if !is_same {
        let detail = format_args!("{key:?}: {stored:?}, not {counted:?}");
        return fail("I7: a histogram counts its board", detail);
    }
    Ok(())
}

/// What the guesses earn by the results that count.
fn earned(state: &State, key: &TournamentKey, tournament: &TournamentRow) -> Board {
    let boards = state.boards();
    let mut board = Board::new();
    let of = boards
        .matches
        .iter()
        .filter(|(at, _)| (&at.organization_id, at.tournament_id) == (&key.0, key.1));
    for (at, row) in of {
        let counts = |entry: &&LedgerRow| {
            entry.entry.status == EntryStatus::Applied && entry.entry.match_id == at.match_id
        };
        let Some(settled) = ledger(state, key).iter().rfind(counts) else { continue };
        for (member, guess) in boards.guesses.get(at).into_iter().flatten() {
            if guesses::counts(guess.stored_at, row.stored.kickoff) {
                let award = tournament.rules.award(&row.round, settled.result, guess.score);
                let totals: &mut Totals = board.entry(member.clone()).or_default();
                *totals = *totals + award.into();
            }
        }
    }
    board
}

/// A job that is done has left its match settled, or a newer job to do it; and every
/// settlement that counts was told once.
pub(super) fn settled(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for row in state.jobs().filter(|row| row.type_name == JobType::SettleMatchScore.name()) {
            let Ok(Job::SettleMatchScore(data)) =
                Job::parse(&row.type_name, row.version, &row.data)
            else {
                return fail("a settlement's job can be read", format_args!("{}", described(row)));
            };
            let of = |(at, _): &(&MatchPlace, _)| {
                at.organization_id == data.organization_id && at.match_id == data.match_id
            };
            let Some((_, found)) = state.boards().matches.iter().find(of) else { continue };
            let is_current = found.stored.result_version == data.result_version;
            let is_behind = found.settled_version != data.result_version;
            if row.state == JobState::Completed && is_current && is_behind {
                let detail = format_args!("{}: {found:?}", described(row));
                return fail("a settlement that is done counts", detail);
            }
        }
        let events = world.model.archive.all_events(state);
        let told = events.iter().filter(|(event, _)| event.event_type == MATCH_SETTLED).count();
        let rows = state.boards().ledger.values().flatten();
        let applied = rows.filter(|row| row.entry.status == EntryStatus::Applied).count();
        if told != applied {
            let detail = format_args!("{applied} settlements, {told} events");
            return fail("every settlement that counts is told once", detail);
        }
        Ok(())
    })
}

/// Whether the job that settles a version of a match's result was cancelled.
fn was_cancelled(state: &State, at: &MatchPlace, version: i32) -> bool {
    let is_it = |row: &JobRow| match Job::parse(&row.type_name, row.version, &row.data) {
        Ok(Job::SettleMatchScore(data)) => {
            (&data.organization_id, data.match_id, data.result_version)
                == (&at.organization_id, at.match_id, version)
        }
        _ => false,
    };
    state.jobs().any(|row| row.state == JobState::Cancelled && is_it(row))
}

/// What the provider said last is the result, and counts where it is another than before.
pub(super) fn verified(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for (at, (result, before)) in &world.model.said {
            let Some(row) = state.boards().matches.get(at) else {
                return fail("a match stays", format_args!("{at:?}"));
            };
            if row.stored.result != Some(*result) || row.stored.status != Status::Ended {
                let detail = format_args!("{at:?}: {row:?}, not {result:?}");
                return fail("the provider's last word is the result", detail);
            }
            let version = row.stored.result_version;
            // People are to settle more guesses than one transaction takes, and what they have
            // cancelled themselves.
            let is_theirs = || world.limits.is_some() || was_cancelled(state, at, version);
            if version > *before && row.settled_version != version && !is_theirs() {
                let detail = format_args!("{at:?}: {row:?}");
                return fail("the provider's last word counts", detail);
            }
        }
        Ok(())
    })
}

/// A member's name with what decides its place.
type Standing = (String, Totals, Vec<i64>);

/// Ranks of every kind on every page.
pub(super) fn ranked(world: &World) -> Failed {
    let keys: Vec<TournamentKey> =
        world.ports.store.look(|state| state.boards().tournaments.keys().cloned().collect());
    for key in keys {
        let order = world.ports.store.look(|state| order(state, &key));
        for kind in Kind::ALL {
            let found = pages(world, &key, kind)?;
            let expected: Vec<(String, Rank)> =
                (0..order.len()).map(|at| naive(&order, at, kind)).collect();
            if found != expected {
                let detail = format_args!("{key:?} {kind:?}: {found:?}, not {expected:?}");
                return fail("I8: ranks are the naive ones on every page", detail);
            }
        }
    }
    Ok(())
}

fn pages(
    world: &World,
    (owner, id): &TournamentKey,
    kind: Kind,
) -> Result<Vec<(String, Rank)>, Box<Failure>> {
    let (mut found, mut after): (Vec<(String, Rank)>, Option<BoardPlace>) = (Vec::new(), None);
    let board = BoardKey { tournament: *id, league: None };
    let session = shown(finish(world.ports.store.open()))?;
    loop {
        let page = session.board_page(owner, board, kind, after.as_ref(), PAGE);
        let page = shown(finish(page))?;
        let Some(board) = page.filter(|board| !board.slice.lines.is_empty()) else {
            return Ok(found);
        };
        let ranked = board.slice.ranked(kind);
        found.extend(ranked.map(|(line, rank)| (line.entrant.member.to_string(), rank)));
        after = board.slice.lines.last().map(BoardLine::at);
    }
}

fn shown<T>(answer: Result<T, PortError>) -> Result<T, Box<Failure>> {
    answer.or_else(|error| fail("a board is shown", format_args!("{error}")))
}

/// The members in their order, number by number.
fn order(state: &State, key: &TournamentKey) -> Vec<Standing> {
    let boards = state.boards();
    let chain: Vec<TieBreak> =
        boards.tournaments.get(key).map(|row| row.chain.clone().into()).unwrap_or_default();
    let standing = |(member, row): (&MemberId, &BoardRow)| {
        let counts = chain.iter().map(|by| match by {
            TieBreak::ExactHits => -row.totals.exact_hits,
            TieBreak::RightOutcomes => -row.totals.right_outcomes,
        });
        let joined = row.joined_at.timestamp_micros();
        let numbers = [-row.totals.points.e4()].into_iter().chain(counts).chain([joined]);
        (member.to_string(), row.totals, numbers.collect())
    };
    let mut order: Vec<Standing> =
        boards.entries.get(key).into_iter().flatten().map(standing).collect();
    order.sort_by(|a, b| (&a.2, &a.0).cmp(&(&b.2, &b.0)));
    order
}

fn naive(order: &[Standing], at: usize, kind: Kind) -> (String, Rank) {
    let number = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    let Some((member, own, _)) = order.get(at) else { return (String::new(), Rank::Place(0)) };
    let count = |is: Ordering| {
        order.iter().filter(|(_, totals, _)| totals.points.cmp(&own.points) == is).count()
    };
    let (above, tied) = (count(Ordering::Greater), count(Ordering::Equal));
    let rank = match kind {
        Kind::Dense => {
            let above = order.iter().map(|(_, totals, _)| totals.points);
            let mut above: Vec<_> = above.filter(|points| *points > own.points).collect();
            above.dedup();
            Rank::Place(number(above.len() + 1))
        }
        Kind::Competition => Rank::Place(number(above + 1)),
        Kind::Modified => Rank::Place(number(above + tied)),
        Kind::Ordinal => Rank::Place(number(at + 1)),
        Kind::Percentile => {
            let (fewer, others) = (order.len() - above - tied, order.len() - 1);
            Rank::Percentile(Percentile::share(number(fewer), number(others)))
        }
    };
    (member.clone(), rank)
}
