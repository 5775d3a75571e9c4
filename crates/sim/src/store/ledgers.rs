//! Ledgers as their verification reads them: member by member, what its statements
//! compare as sets.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::proof::{MemberTotals, SettledRow};
use mauntic_domain::scoreboard::{EntryStatus, Totals, guesses};
use mauntic_flows::ports::{
    Bucket, Closed, Compared, LedgerPage, LedgerStore, MatchPlace, PointsCheck, PortError,
    SettledMatch, Stray, TournamentRef, Which,
};
use uuid::Uuid;

use super::boards::{BoardRow, LedgerRow, MatchRow, TournamentKey};
use super::{MemorySession, State};
use crate::faults::Call;

impl LedgerStore for MemorySession {
    async fn ledger_page(
        &self,
        of: &TournamentRef,
        after: i64,
        limit: i64,
    ) -> Result<Option<LedgerPage>, PortError> {
        self.call(Call::LedgerPage, |state| {
            let key = key(of);
            let Some(tournament) = state.boards.tournaments.get(&key) else { return Ok(None) };
            let links = state.ledger(&key).filter(|row| row.link.seq > after);
            let links = links.take(size(limit)).map(|row| row.link.clone()).collect();
            let weights = tournament.chain.weights();
            Ok(Some(LedgerPage { links, head: tournament.head, weights }))
        })
        .await
    }

    async fn strays(&self, of: &TournamentRef, limit: i64) -> Result<Vec<Stray>, PortError> {
        self.call(Call::Strays, |state| Ok(state.strays(of, limit))).await
    }

    async fn settled_match(
        &self,
        of: &TournamentRef,
        which: Which,
    ) -> Result<Option<SettledMatch>, PortError> {
        self.call(Call::SettledMatch, |state| {
            let is_of = |place: &MatchPlace| {
                place.organization_id == of.organization_id
                    && place.tournament_id == of.tournament_id
            };
            let is_found = |place: &MatchPlace| match which {
                Which::Exactly(match_id) => place.match_id == match_id,
                Which::After(after) => after.is_none_or(|after| place.match_id > after),
            };
            let mut matches = state.boards.matches.iter();
            let found = matches.find(|(place, _)| is_of(place) && is_found(place));
            Ok(found.and_then(|(place, row)| state.settled_match(of, place, row)))
        })
        .await
    }

    async fn compare_points(&self, check: &PointsCheck, limit: i64) -> Result<Compared, PortError> {
        self.call(Call::ComparePoints, |state| Ok(state.compare_points(check, limit))).await
    }

    async fn compare_board(
        &self,
        of: &TournamentRef,
        weights: Weights,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError> {
        let of = key(of);
        self.call(Call::CompareBoard, |state| {
            let joined = state.boards.members.get(&of);
            let joined = joined.into_iter().flat_map(BTreeMap::keys);
            let range = Range::of(joined, after, members);
            Ok(state.compare_board(&of, weights, range, limit))
        })
        .await
    }

    async fn next_league(
        &self,
        of: &TournamentRef,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, PortError> {
        let of = key(of);
        self.call(Call::NextLeague, |state| {
            let mut kept = state.boards.kept.get(&of).into_iter().flatten();
            Ok(kept.find(|league| after.is_none_or(|after| **league > after)).copied())
        })
        .await
    }

    async fn compare_league(
        &self,
        of: &TournamentRef,
        league: Uuid,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError> {
        let of = key(of);
        self.call(Call::CompareLeague, |state| {
            let in_it = state.boards.leagues.get(&(of.clone(), league));
            let range =
                Range::of(in_it.into_iter().flat_map(|row| row.members.keys()), after, members);
            Ok(state.compare_league(&of, league, range, limit))
        })
        .await
    }

    async fn compare_histogram(
        &self,
        of: &TournamentRef,
        board: Uuid,
        limit: i64,
    ) -> Result<Vec<Bucket>, PortError> {
        let of = (of.organization_id.clone(), board);
        self.call(Call::CompareHistogram, |state| {
            let mut buckets: BTreeMap<PointsE4, (i64, i64)> = BTreeMap::new();
            for (points, members) in state.boards.histograms.get(&of).into_iter().flatten() {
                buckets.entry(*points).or_default().0 = *members;
            }
            for row in state.boards.entries.get(&of).into_iter().flat_map(BTreeMap::values) {
                buckets.entry(row.totals.points).or_default().1 += 1;
            }
            let differing = buckets.into_iter().filter(|(_, (stored, counted))| stored != counted);
            let bucket = |(points, (stored, counted))| (Some(points), stored, counted);
            let lines = state.boards.entries.get(&of).map_or(0, BTreeMap::len);
            let lines = i64::try_from(lines).unwrap_or(i64::MAX);
            let members = state.boards.counts.get(&of).map(|counts| counts.members);
            let all = members.filter(|members| *members != lines);
            let all = all.map(|members| (None, members, lines));
            Ok(all.into_iter().chain(differing.map(bucket)).take(size(limit)).collect())
        })
        .await
    }

    async fn closed(&self, of: &TournamentRef) -> Result<Option<(Closed, String)>, PortError> {
        let of = key(of);
        self.call(Call::Closed, |state| {
            let closed = state.boards.tournaments.get(&of).and_then(|row| row.closed.clone());
            Ok(closed.map(|closed| (closed, state.digest(&of))))
        })
        .await
    }
}

pub(super) fn key(of: &TournamentRef) -> TournamentKey {
    (of.organization_id.clone(), of.tournament_id)
}

/// The members of a part.
struct Range {
    from: Bound<MemberId>,
    upto: Option<MemberId>,
}

impl Range {
    /// Behind a member, as far as so many of these go.
    fn of<'a>(
        members: impl Iterator<Item = &'a MemberId>,
        after: Option<&MemberId>,
        most: i64,
    ) -> Self {
        let mut behind = members.filter(|member| after.is_none_or(|after| *member > after));
        let upto = behind.nth(size(most).saturating_sub(1)).cloned();
        Self { from: after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone())), upto }
    }

    fn has(&self, member: &MemberId) -> bool {
        let is_behind = match &self.from {
            Bound::Excluded(after) => member > after,
            Bound::Included(_) | Bound::Unbounded => true,
        };
        is_behind && self.upto.as_ref().is_none_or(|upto| member <= upto)
    }

    /// What came of comparing members in their order.
    fn compared(
        self,
        members: impl IntoIterator<Item = (MemberTotals, bool, bool)>,
        limit: i64,
    ) -> Compared {
        let mut compared = Compared { next: self.upto, ..Compared::default() };
        for (totals, differs, is_late) in members {
            compared.looked += 1;
            compared.unproven += i64::from(differs && is_late);
            if !differs || is_late {
                continue;
            }
            compared.found += 1;
            if compared.found <= limit {
                compared.differences.push(totals);
            }
        }
        compared
    }
}

impl State {
    pub(super) fn ledger(&self, of: &TournamentKey) -> impl Iterator<Item = &LedgerRow> {
        self.boards.ledger.get(of).into_iter().flatten()
    }

    /// What entries of the ledger that count gave, member by member.
    pub(super) fn given_by(
        &self,
        of: &TournamentKey,
        counts: impl Fn(&LedgerRow) -> bool,
    ) -> BTreeMap<MemberId, Totals> {
        let applied: BTreeSet<i64> = self
            .ledger(of)
            .filter(|row| row.entry.status == EntryStatus::Applied && counts(row))
            .map(|row| row.link.seq)
            .collect();
        let mut given: BTreeMap<MemberId, Totals> = BTreeMap::new();
        for ((seq, member), change) in self.boards.points.get(of).into_iter().flatten() {
            if applied.contains(seq) {
                let totals = given.entry(member.clone()).or_default();
                *totals = *totals + *change;
            }
        }
        given
    }

    fn strays(&self, of: &TournamentRef, limit: i64) -> Vec<Stray> {
        let key = key(of);
        let place = |match_id| MatchPlace {
            organization_id: of.organization_id.clone(),
            tournament_id: of.tournament_id,
            match_id,
        };
        let is_lost =
            |row: &&LedgerRow| !self.boards.matches.contains_key(&place(row.entry.match_id));
        let entries = self.ledger(&key).filter(is_lost).map(|row| Stray::Entry(row.link.seq));
        let mut points: BTreeMap<i64, i64> = BTreeMap::new();
        for (seq, _) in self.boards.points.get(&key).into_iter().flat_map(BTreeMap::keys) {
            *points.entry(*seq).or_default() += 1;
        }
        for row in self.ledger(&key).filter(|row| row.entry.status == EntryStatus::Applied) {
            points.remove(&row.link.seq);
        }
        let mut strays: Vec<Stray> = entries.collect();
        strays.extend(points.into_iter().map(|(seq, rows)| Stray::Points(seq, rows)));
        strays.sort_by_key(|stray| match stray {
            Stray::Entry(seq) => (*seq, i64::MAX),
            Stray::Points(seq, rows) => (*seq, *rows),
        });
        strays.truncate(size(limit));
        strays
    }

    fn settled_match(
        &self,
        of: &TournamentRef,
        place: &MatchPlace,
        row: &MatchRow,
    ) -> Option<SettledMatch> {
        let key = key(of);
        let given = self.boards.points.get(&key);
        let settled = |ledger: &LedgerRow| {
            let seq = ledger.link.seq;
            let given = given.into_iter().flatten().filter(|((of, _), _)| *of == seq);
            let given: Vec<Totals> = given.map(|(_, change)| *change).collect();
            SettledRow {
                seq,
                entry: ledger.link.entry.clone(),
                result: ledger.result.canonical(),
                members: i64::try_from(given.len()).unwrap_or(i64::MAX),
                sum: given.into_iter().sum(),
            }
        };
        let rows = self.ledger(&key).filter(|row| row.entry.match_id == place.match_id);
        Some(SettledMatch {
            match_id: place.match_id,
            round: row.round.clone(),
            rules: self.boards.tournaments.get(&key)?.rules.clone(),
            stored: row.stored,
            settled_version: row.settled_version,
            rows: rows.map(settled).collect(),
        })
    }

    fn compare_points(&self, check: &PointsCheck, limit: i64) -> Compared {
        let PointsCheck { place, applied, awards, after, members } = check;
        let key = (place.organization_id.clone(), place.tournament_id);
        let none = BTreeMap::new();
        let guessed = self.boards.guesses.get(place).unwrap_or(&none);
        let kickoff = self.boards.matches.get(place).map(|row| row.stored.kickoff);
        let range = Range::of(guessed.keys(), after.as_ref(), *members);
        let is_of =
            |row: &LedgerRow| row.entry.match_id == place.match_id && row.link.seq <= *applied;
        let given = self.given_by(&key, is_of);
        let names: BTreeSet<&MemberId> =
            guessed.keys().chain(given.keys()).filter(|member| range.has(member)).collect();
        let compared: Vec<_> = names
            .into_iter()
            .map(|member| {
                let guess = guessed.get(member);
                let counts = |at| kickoff.is_some_and(|kickoff| guesses::counts(at, kickoff));
                let is_late = guess.is_some_and(|guess| !counts(guess.stored_at));
                let earned = guess.filter(|_| !is_late).and_then(|guess| awards.get(&guess.score));
                let stored = given.get(member).copied().unwrap_or_default();
                let expected = earned.copied().unwrap_or_default();
                let totals = MemberTotals {
                    member: member.clone(),
                    stored: Some(stored),
                    expected: Some(expected),
                };
                (totals, stored != expected, is_late)
            })
            .collect();
        range.compared(compared, limit)
    }

    fn compare_league(
        &self,
        of: &TournamentKey,
        league: Uuid,
        range: Range,
        limit: i64,
    ) -> Compared {
        let nobody = BTreeMap::new();
        let whole = self.boards.entries.get(of).unwrap_or(&nobody);
        let lines = self.boards.entries.get(&(of.0.clone(), league)).unwrap_or(&nobody);
        let in_it = self.boards.leagues.get(&(of.clone(), league));
        let is_in_it = |member: &MemberId| in_it.is_some_and(|of| of.members.contains_key(member));
        let names: BTreeSet<&MemberId> = in_it
            .into_iter()
            .flat_map(|of| of.members.keys())
            .chain(lines.keys())
            .filter(|member| range.has(member))
            .collect();
        let compared: Vec<_> = names
            .into_iter()
            .map(|member| {
                let expected = whole.get(member).filter(|_| is_in_it(member));
                let stored = lines.get(member);
                let differs = stored != expected || expected.is_none();
                let [stored, expected] = [stored, expected].map(|row| row.map(|row| row.totals));
                (MemberTotals { member: member.clone(), stored, expected }, differs, false)
            })
            .collect();
        range.compared(compared, limit)
    }

    fn compare_board(
        &self,
        of: &TournamentKey,
        weights: Weights,
        range: Range,
        limit: i64,
    ) -> Compared {
        let none = BTreeMap::new();
        let joined = self.boards.members.get(of).unwrap_or(&none);
        let nobody = BTreeMap::new();
        let lines = self.boards.entries.get(of).unwrap_or(&nobody);
        let given = self.given_by(of, |_| true);
        let names: BTreeSet<&MemberId> = joined
            .keys()
            .chain(lines.keys())
            .chain(given.keys())
            .filter(|member| range.has(member))
            .collect();
        let compared: Vec<_> = names
            .into_iter()
            .map(|member| {
                let (joined_at, points) = (joined.get(member), given.get(member));
                let is_expected = joined_at.is_some() || points.is_some();
                let expected = is_expected.then(|| points.copied().unwrap_or_default());
                let line = lines.get(member);
                let is_right = |row: &BoardRow| {
                    expected.is_some_and(|totals| row.standing == weights.standing(totals))
                        && Some(&row.joined_at) == joined_at
                };
                let stored = line.map(|row| row.totals);
                let differs = stored != expected || !line.is_some_and(is_right);
                let member = member.clone();
                (MemberTotals { member, stored, expected }, differs, false)
            })
            .collect();
        range.compared(compared, limit)
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
