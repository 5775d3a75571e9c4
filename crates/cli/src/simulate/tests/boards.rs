//! What guesses earn, and where members stand.

use super::*;

/// A line of guesses about a match that ended 2:1.
fn guessed(guesses: &[(&str, i64, i64)]) -> Value {
    let of = |(member, home, away): &(&str, i64, i64)| json!({"member": member, "home": home, "away": away});
    let guesses: Vec<Value> = guesses.iter().map(of).collect();
    json!({"result": {"home": 2, "away": 1}, "guesses": guesses})
}

fn with(mut line: Value, field: &str, value: Value) -> Value {
    line[field] = value;
    line
}

#[test]
fn guesses_earn_what_the_rules_say() {
    let guesses =
        [("exact", 2, 1), ("difference", 1, 0), ("winner", 3, 0), ("draw", 1, 1), ("most", 99, 0)];
    let line = guessed(&guesses);
    let by_default = json!({"exact": 5, "difference": 3, "winner": 2, "draw": 0, "most": 2});
    assert_eq!(answered(settle::answer, &line), json!({"points": by_default}));
    for nothing in ["rules", "round"] {
        let line = with(line.clone(), nothing, json!(null));
        assert_eq!(answered(settle::answer, &line), json!({"points": by_default}));
    }
    let rules = json!({"exactScore": 4.5, "outcome": 0, "multipliers": {"Final": 1.25}});
    let line = with(line, "rules", rules);
    let plain = json!({"exact": 4.5, "difference": 3, "winner": 0, "draw": 0, "most": 0});
    let multiplied = json!({"exact": 5.625, "difference": 3.75, "winner": 0, "draw": 0, "most": 0});
    for (round, points) in
        [(json!(null), &plain), (json!("Round 1"), &plain), (json!("Final"), &multiplied)]
    {
        let line = with(line.clone(), "round", round);
        assert_eq!(answered(settle::answer, &line), json!({"points": points}));
    }
    assert_eq!(answered(settle::answer, &guessed(&[])), json!({"points": {}}));
}

#[test]
fn guesses_that_cannot_be_are_refused() {
    let goals = "must be a whole number of goals from 0 to 99";
    let of = |home: Value| {
        with(guessed(&[]), "guesses", json!([{"member": "a", "home": home, "away": 0}]))
    };
    check_refusals(
        settle::answer,
        &[
            (json!({"guesses": []}), "missing field `result`"),
            (json!({"result": {"home": 1, "away": 0}}), "missing field `guesses`"),
            (with(guessed(&[]), "result", json!({"home": 1})), "result: missing field `away`"),
            (
                with(guessed(&[]), "result", json!({"home": 1, "away": 100})),
                &format!("result: away {goals}"),
            ),
            (
                with(guessed(&[]), "result", json!({"home": -1, "away": 0})),
                &format!("result: home {goals}"),
            ),
            (guessed(&[("a", 0, 0), ("b", 0, 100)]), &format!("guesses[1]: away {goals}")),
            (of(json!(-1)), &format!("guesses[0]: home {goals}")),
            (of(json!(i64::MAX)), &format!("guesses[0]: home {goals}")),
            (of(json!(1.5)), "guesses[0].home: invalid type"),
            (of(json!("1")), "guesses[0].home: invalid type"),
            (of(json!(null)), "guesses[0].home: invalid type"),
            (guessed(&[("a b", 0, 0)]), "guesses[0].member: may contain only"),
            (guessed(&[("", 0, 0)]), "guesses[0].member: must not be empty"),
            (guessed(&[("a", 1, 0), ("a", 1, 0)]), "guesses[1].member: has a guess already"),
            (with(guessed(&[]), "rules", json!([])), "rules: must be an object"),
            (with(guessed(&[]), "rules", json!({"exact": 1})), "rules: unknown field `exact`"),
            (with(guessed(&[]), "rules", json!({"outcome": 101})), "must be from 0 to 100"),
            (
                with(guessed(&[]), "rules", json!({"outcome": 0.001})),
                "must have at most 2 decimals",
            ),
            (with(guessed(&[]), "round", json!("")), "round: must have 1 to 64 characters"),
            (with(guessed(&[]), "kickoff", json!("now")), "unknown field `kickoff`"),
        ],
    );
}

#[test]
fn members_are_ranked_by_every_kind() {
    let entries = json!([
        {"member": "d", "points": 2}, {"member": "c", "points": 7}, {"member": "a", "points": 9},
        {"member": "b", "points": 7.0},
    ]);
    for (kind, [a, b, c, d]) in [
        ("dense", [json!(1), json!(2), json!(2), json!(3)]),
        ("competition", [json!(1), json!(2), json!(2), json!(4)]),
        ("modified", [json!(1), json!(3), json!(3), json!(4)]),
        ("ordinal", [json!(1), json!(2), json!(3), json!(4)]),
        ("percentile", [json!(100), json!(33.3), json!(33.3), json!(0)]),
    ] {
        let ranks = answered(rank::answer, &json!({"kind": kind, "entries": entries}));
        assert_eq!(ranks, json!({"ranks": {"a": a, "b": b, "c": c, "d": d}}), "{kind}");
    }
    let nobody = json!({"kind": "dense", "entries": []});
    assert_eq!(answered(rank::answer, &nobody), json!({"ranks": {}}));
}

#[test]
fn the_chain_decides_the_ordinal_rank() {
    let entries = json!([
        {"member": "late", "points": 7, "exactHits": 1, "rightOutcomes": 2, "joinedAt": "2022-11-02T00:00:00Z"},
        {"member": "early", "points": 7, "exactHits": 1, "rightOutcomes": 2, "joinedAt": "2022-11-01T00:00:00Z"},
        {"member": "exact", "points": 7, "exactHits": 2, "rightOutcomes": 2},
        {"member": "right", "points": 7, "exactHits": 1, "rightOutcomes": 4},
    ]);
    for (tie_breaks, order) in [
        (json!(null), ["exact", "right", "early", "late"]),
        (json!(["rightOutcomes", "exactHits"]), ["right", "exact", "early", "late"]),
        (json!(["rightOutcomes"]), ["right", "exact", "early", "late"]),
        (json!([]), ["exact", "right", "early", "late"]),
    ] {
        let line = json!({"kind": "ordinal", "tieBreaks": tie_breaks, "entries": entries});
        let ranks = &answered(rank::answer, &line)["ranks"];
        for (member, place) in order.iter().zip(1..) {
            assert_eq!(ranks[member], json!(place), "{member} by {tie_breaks}");
        }
    }
}

#[test]
fn boards_that_cannot_be_are_refused() {
    let of = |entry: Value| json!({"kind": "dense", "entries": [entry]});
    let entry =
        |field: &str, value: Value| of(with(json!({"member": "a", "points": 1}), field, value));
    check_refusals(
        rank::answer,
        &[
            (json!({"entries": []}), "missing field `kind`"),
            (json!({"kind": "dense"}), "missing field `entries`"),
            (json!({"kind": "best", "entries": []}), "kind: unknown variant `best`"),
            (json!({"kind": "dense", "entries": {}}), "entries: invalid type"),
            (
                json!({"kind": "dense", "entries": [], "tieBreaks": ["goals"]}),
                "tieBreaks[0]: unknown variant",
            ),
            (
                json!({"kind": "dense", "entries": [], "tieBreaks": ["exactHits", "exactHits"]}),
                "tieBreaks: must name each tie-break at most once",
            ),
            (of(json!({"points": 1})), "entries[0]: missing field `member`"),
            (of(json!({"member": "a"})), "entries[0]: missing field `points`"),
            (entry("member", json!("a/b")), "entries[0].member: may contain only"),
            (entry("points", json!("1")), "entries[0].points: invalid type"),
            (entry("points", json!(0.00001)), "entries[0].points: must have at most 4 decimals"),
            (entry("points", json!(1e9)), "entries[0].points: must be between"),
            (entry("exactHits", json!(-1)), "entries[0].exactHits: invalid value"),
            (entry("rightOutcomes", json!(0.5)), "entries[0].rightOutcomes: invalid type"),
            (
                entry("joinedAt", json!("yesterday")),
                "entries[0].joinedAt: must be a time with its zone",
            ),
            (entry("rank", json!(1)), "unknown field `rank`"),
            (
                json!({"kind": "dense", "entries": [{"member": "a", "points": 1}, {"member": "a", "points": 2}]}),
                "entries[1].member: has an entry already",
            ),
        ],
    );
}
