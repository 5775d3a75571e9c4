//! Which matches a tournament gets from its provider once a round is over: who plays in
//! the next one is known by then.

use std::collections::BTreeSet;

use super::candidates::is_given_up;
use super::matches::{Match, Status};
use super::provider::{Answer, MATCHES_MAX};
use super::round::Round;

/// A match that a tournament has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What its provider calls it.
    pub external_id: String,
    /// Its round.
    pub round: Round,
    /// What is stored of it.
    pub stored: Match,
}

/// Matches that a tournament lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// In the order of their kickoffs.
    pub matches: Vec<Answer>,
    /// How many more there are than a tournament may have.
    pub left_out: usize,
}

/// Whether the provider is asked for more: every match of the latest round is over, or
/// nobody waits for it any more. The latest round is the one of the latest kickoff, or
/// those where that is one of several. A tournament without a match has no round that is
/// not over.
#[must_use]
pub fn is_round_over(known: &[Known]) -> bool {
    let latest = known.iter().map(|one| one.stored.kickoff).max();
    let is_latest = |one: &&Known| Some(one.stored.kickoff) == latest;
    let rounds: BTreeSet<&Round> = known.iter().filter(is_latest).map(|one| &one.round).collect();
    let is_over = |of: &Match| !of.status.is_open() || is_given_up(of);
    known.iter().filter(|one| rounds.contains(&one.round)).all(|one| is_over(&one.stored))
}

/// The matches of a list that a tournament does not have yet and that are played. All come
/// as ones that nobody asked about: how they stand is a verification's matter.
#[must_use]
pub fn missing(known: &[Known], list: Vec<Answer>) -> Missing {
    let ids: BTreeSet<&str> = known.iter().map(|one| one.external_id.as_str()).collect();
    let is_new = |one: &Answer| !ids.contains(one.id.as_str()) && one.status != Status::Cancelled;
    let mut matches: Vec<Answer> = list.into_iter().filter(is_new).collect();
    matches.sort_by(|a, b| (a.kickoff, &a.id).cmp(&(b.kickoff, &b.id)));
    let room = MATCHES_MAX.saturating_sub(known.len());
    let left_out = matches.len().saturating_sub(room);
    matches.truncate(room);
    Missing { matches, left_out }
}

/// The idempotency key of the job that looks after a tournament at a nominal time.
#[must_use]
pub fn knockout_key(tournament_id: uuid::Uuid, nominal: chrono::DateTime<chrono::Utc>) -> String {
    let nominal = nominal.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    format!("knockout:{tournament_id}:{nominal}")
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::super::tests::{round, time};
    use super::*;
    use crate::ids::ProviderMatchId;

    fn at(day: i64) -> DateTime<Utc> {
        time("2026-07-01T18:00:00Z") + TimeDelta::days(day)
    }

    fn known(id: &str, of: &str, day: i64, status: Status) -> Known {
        let next_check_at = status.is_open().then(|| at(day));
        let stored = Match { status, next_check_at, ..Match::scheduled(at(day)) };
        Known { external_id: id.to_owned(), round: round(of), stored }
    }

    fn told(id: &str, day: i64, status: Status) -> Answer {
        Answer {
            id: ProviderMatchId::parse(id).unwrap(),
            round: round("Quarter-finals"),
            home: "h".to_owned(),
            away: "a".to_owned(),
            kickoff: at(day),
            status,
            result: None,
        }
    }

    #[test]
    fn a_round_is_over_when_all_of_it_is() {
        use Status::{Abandoned, Cancelled, Ended, Live, Postponed, Scheduled, Suspended};
        let of = |rows: &[(&str, i64, Status)]| {
            let known: Vec<Known> =
                rows.iter().map(|(of, day, status)| known("m", of, *day, *status)).collect();
            is_round_over(&known)
        };
        assert!(of(&[]), "nothing is known of it");
        assert!(of(&[("R16", 1, Ended), ("R16", 2, Abandoned), ("R16", 3, Cancelled)]));
        for open in [Scheduled, Postponed, Live, Suspended] {
            assert!(!of(&[("R16", 1, Ended), ("R16", 2, open)]), "{open:?}");
            assert!(!of(&[("R16", 1, open), ("R16", 2, Ended)]), "{open:?}: not only the last");
            assert!(of(&[("Groups", 1, open), ("R16", 2, Ended)]), "{open:?}: a round before");
            assert!(!of(&[("A", 2, open), ("B", 2, Ended)]), "{open:?}: two rounds at once");
            assert!(!of(&[("A", 1, open), ("A", 2, Ended), ("B", 2, Ended)]), "{open:?}");
        }
        let mut lost = known("m", "R16", 2, Suspended);
        lost.stored.next_check_at = None;
        assert!(is_round_over(&[lost]), "nobody asks about it any more");
    }

    #[test]
    fn what_is_not_there_yet_is_missing() {
        let have = [known("m1", "R16", 1, Status::Ended), known("m2", "R16", 2, Status::Ended)];
        let list = vec![
            told("m5", 6, Status::Scheduled),
            told("m2", 2, Status::Ended),
            told("m4", 5, Status::Postponed),
            told("m3", 5, Status::Live),
            told("m6", 4, Status::Cancelled),
        ];
        let Missing { matches, left_out } = missing(&have, list);
        let ids: Vec<&str> = matches.iter().map(|one| one.id.as_str()).collect();
        assert_eq!((ids, left_out), (vec!["m3", "m4", "m5"], 0));
    }

    #[test]
    fn a_tournament_has_so_many_matches_and_no_more() {
        let have: Vec<Known> =
            (0..MATCHES_MAX - 1).map(|n| known(&n.to_string(), "R", 1, Status::Ended)).collect();
        let list = || vec![told("b", 2, Status::Scheduled), told("a", 2, Status::Scheduled)];
        let Missing { matches, left_out } = missing(&have, list());
        assert_eq!((matches.len(), matches[0].id.as_str(), left_out), (1, "a", 1));
        let full: Vec<Known> =
            (0..=MATCHES_MAX).map(|n| known(&n.to_string(), "R", 1, Status::Ended)).collect();
        assert_eq!(missing(&full, list()).left_out, 2);
    }
}
