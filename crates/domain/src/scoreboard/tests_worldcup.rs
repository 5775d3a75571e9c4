//! The 2022 World Cup with 500 members: points, tie-breaks and ranks of every kind,
//! against a naive computation by other code over the published results.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::board::rank;
use super::tests::{result, round, time};
use super::*;
use crate::ids::MemberId;

const MEMBERS: u32 = 500;

/// Rounds and results, in the order of kickoff and home team.
fn matches() -> Vec<(Round, MatchResult)> {
    let lines = WORLD_CUP_2022.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [_, of, _, _, full_time, extra_time, penalties] = fields[..] else {
                panic!("{line}");
            };
            let played =
                |score: &str| if score.is_empty() { "-".to_owned() } else { score.to_owned() };
            let text = [full_time, extra_time, penalties].map(played).join(" ");
            (round(of), result(&text))
        })
        .collect()
}

/// The guess of a member about a match, both by number; some do not guess.
fn guess(member: u32, at: u32) -> Option<Score> {
    let home = (member * 7 + at * 3) % 4;
    let away = (member * 5 + at + member * at) % 3;
    let is_made = !(member * 31 + at * 17).is_multiple_of(5);
    is_made.then(|| Score::new(home.into(), away.into()).unwrap())
}

/// A line a member: name, points, exact hits, right outcomes, and the ranks.
fn table(counted: Counted) -> String {
    let rules = json!({"counted": counted, "multipliers": {"Final": 3, "Semi-finals": 1.25}});
    let rules: Rules = serde_json::from_value(rules).unwrap();
    let matches = matches();
    let entrants: Vec<Entrant> = (0..MEMBERS)
        .map(|member| Entrant {
            member: MemberId::parse(format!("m{member:04}")).unwrap(),
            totals: (0..)
                .zip(&matches)
                .filter_map(|(at, (round, result))| {
                    Some(rules.award(round, *result, guess(member, at)?).into())
                })
                .sum(),
            joined_at: time("2022-11-01T00:00:00Z") + TimeDelta::minutes((member % 9).into()),
        })
        .collect();
    let mut ranks: BTreeMap<MemberId, Vec<String>> = BTreeMap::new();
    let mut order = Vec::new();
    for kind in Kind::ALL {
        let ranked = rank(&Chain::default(), kind, entrants.clone());
        order = ranked.iter().map(|(entrant, _)| entrant.clone()).collect();
        for (entrant, rank) in ranked {
            let text = serde_json::to_string(&rank.number()).unwrap();
            ranks.entry(entrant.member).or_default().push(text);
        }
    }
    let line = |Entrant { member, totals, .. }: &Entrant| {
        let Totals { points, exact_hits, right_outcomes } = totals;
        let ranks = ranks[member].join(" ");
        format!("{member} {points} {exact_hits} {right_outcomes} {ranks}\n")
    };
    order.iter().map(line).collect()
}

#[test]
fn the_table_has_the_world_cups_64_matches() {
    let matches = matches();
    assert_eq!(matches.len(), 64);
    let goals = |of: Score| u32::from(of.home()) + u32::from(of.away());
    let scored: u32 = matches.iter().map(|(_, of)| goals(of.counted(Counted::ExtraTime))).sum();
    // As FIFA counts them: 172.
    assert_eq!(scored, 172);
    assert_eq!(matches.iter().filter(|(_, of)| of.extra_time().is_some()).count(), 5);
    assert_eq!(matches.iter().filter(|(_, of)| of.penalties().is_some()).count(), 5);
}

#[test]
fn everybody_stands_where_other_code_has_them() {
    #[rustfmt::skip]
    let expected = [
        (Counted::ExtraTime, "m0136 79.75 4 27 1 1 9 1 98.4",
         "262cae69142dd9c822f2049ff4ae4984657771072a41da684f795aad58d97c24"),
        (Counted::FullTime,  "m0136 81.75 5 27 1 1 9 1 98.4",
         "3bf9a3561efe8565ff16f935b707910ca289c7c652411b27dbfd47af88642490"),
        (Counted::Penalties, "m0164 76.75 5 26 1 1 8 1 98.6",
         "edb6ede41d29de7b10da95191298ee6ba59710456235da539f46e639006bdbef"),
    ];
    for (counted, first, digest) in expected {
        let table = table(counted);
        assert_eq!(table.lines().next(), Some(first), "{counted:?}");
        let found: String =
            Sha256::digest(&table).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, digest, "{counted:?}");
    }
}
