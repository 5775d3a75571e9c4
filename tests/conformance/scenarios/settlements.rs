//! Settlements: what they give, that each counts once, and that corrections end as if
//! only the last result had been.

use mauntic_domain::scoreboard::{Rules, Status};
use mauntic_flows::ports::{
    Committed, Effect, EffectStore, JobKey, MatchPlace, PortError, SettlementStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use super::given_boards::{MATCHES, member, result, round};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    a_settlement_gives_what_guesses_earn
    what_counts_already_is_skipped
    from_a_to_b_to_a_ends_as_a
    a_correction_that_is_taken_back_before_it_counts_is_skipped
    guesses_that_came_too_late_earn_nothing
    a_correction_takes_what_was_given_by_another_kickoff_and_round
    a_guess_that_is_gone_gives_its_points_back
    a_match_without_guesses_is_settled
    what_has_changed_meanwhile_is_decided_again
    two_matches_that_were_decided_at_once_both_count
    a_match_that_is_not_there_is_none
    another_organization_keeps_its_board
    whatever_is_settled_in_whatever_order_the_board_is_what_the_results_say
}

async fn a_settlement_gives_what_guesses_earn<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0"), ("cy", "3:0"), ("dan", "1:1")]).await;
    world.end(0, "2:1").await;
    let job = world.settle(0).await;
    assert_eq!(
        world.board().await,
        json!([
            ["ada", 5, 1, 1],
            ["bob", 3, 0, 1],
            ["cy", 2, 0, 1],
            ["dan", 0, 0, 0],
            ["eve", 0, 0, 0]
        ])
    );
    assert_eq!(world.histogram().await, json!([[0, 2], [2, 1], [3, 1], [5, 1]]));
    let settlements = world.settlements().await;
    let hash: String = result("2:1").hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = json!({
        "matchId": MATCHES[0], "resultVersion": 1, "status": "applied", "resultHash": hash,
        "guesses": 4, "members": 3,
        "change": {"points": 10, "exactHits": 1, "rightOutcomes": 3}, "previous": null,
    });
    assert_eq!(settlements.len(), 1);
    assert_eq!(settlements[0]["entry"], entry);
    assert_eq!(settlements[0]["result"], r#"{"ft":[2,1]}"#);
    assert_eq!((&settlements[0]["seq"], &settlements[0]["at"]), (&json!(1), &json!("+0s")));
    let given = world.table("point_entries").await;
    let given: Vec<Value> =
        given.iter().map(|row| json!([row["seq"], row["member_id"], row["points_e4"]])).collect();
    assert_eq!(json!(given), json!([[1, "ada", 50_000], [1, "bob", 30_000], [1, "cy", 20_000]]));
    assert_eq!(world.table("matches").await[0]["settled_version"], 1);
    let tournament = world.table("tournaments").await[0].clone();
    assert_eq!((&tournament["ledger_seq"], &tournament["settled_at"]), (&json!(1), &json!("+0s")));
    let dump = world.dump().await;
    let event = &dump["events"][0];
    assert_eq!(event["type"], "scoreboard.MatchSettled");
    assert_eq!(
        (&event["organization_id"], &event["request_id"]),
        (&json!("org_1"), &json!("request-1"))
    );
    assert_eq!(event["data"]["seq"], 1);
    assert_eq!((&event["data"]["guesses"], &event["data"]["members"]), (&json!(4), &json!(3)));
    assert_eq!(event["job_id"], json!(world.labels.name(job)));
}

async fn what_counts_already_is_skipped<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let board = world.board().await;
    world.settle(0).await;
    assert_eq!(world.board().await, board);
    let entries = world.entries().await;
    assert_eq!(entries, [json!(["applied", 1, null]), json!(["skipped", 1, 1])]);
    assert_eq!(world.table("point_entries").await.len(), 1);
    assert_eq!(world.dump().await["events"].as_array().unwrap().len(), 1, "told once");
}

async fn from_a_to_b_to_a_ends_as_a<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "2:2"), ("cy", "1:0"), ("dan", "0:2")]).await;
    let mut boards = Vec::new();
    for of in ["2:1", "2:2", "2:1"] {
        world.end(0, of).await;
        world.settle(0).await;
        boards.push((world.board().await, world.histogram().await));
    }
    assert_eq!(boards[0].0, boards[2].0);
    assert_eq!(
        boards[1].0,
        json!([
            ["ada", 0, 0, 0],
            ["bob", 5, 1, 1],
            ["cy", 0, 0, 0],
            ["dan", 0, 0, 0],
            ["eve", 0, 0, 0]
        ])
    );
    assert_eq!(boards[2].1, json!([[0, 3], [3, 1], [5, 1]]));
    let entries = world.entries().await;
    let applied = |version: i32, previous: Value| json!(["applied", version, previous]);
    assert_eq!(entries, [applied(1, Value::Null), applied(2, json!(1)), applied(3, json!(2))]);
    assert_eq!(world.table("matches").await[0]["settled_version"], 3);
}

async fn a_correction_that_is_taken_back_before_it_counts_is_skipped<S: BoardSubject>(
    mut world: World<S>,
) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let board = world.board().await;
    for score in ["1:1", "2:1"] {
        world.end(0, score).await;
    }
    world.settle(0).await;
    assert_eq!(world.board().await, board);
    let entries = world.entries().await;
    assert_eq!(entries, [json!(["applied", 1, null]), json!(["skipped", 3, 1])]);
    assert_eq!(world.table("matches").await[0]["settled_version"], 3);
}

async fn guesses_that_came_too_late_earn_nothing<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let kickoff = world.kickoff(0);
    let moment = chrono::TimeDelta::microseconds(1);
    for (member, at) in [("ada", kickoff - moment), ("bob", kickoff), ("cy", kickoff + moment)] {
        world.guess_at(0, member, "2:1", at).await;
    }
    world.end(0, "2:1").await;
    world.settle(0).await;
    assert_eq!(world.points().await, json!([["ada", 5]]));
    assert_eq!(world.settlements().await[0]["entry"]["guesses"], 1);
}

async fn a_correction_takes_what_was_given_by_another_kickoff_and_round<S: BoardSubject>(
    mut world: World<S>,
) {
    let rules = json!({"multipliers": {"Final": 3}});
    world.tournament_of(&serde_json::from_value(rules).unwrap()).await;
    let kickoff = world.kickoff(0);
    world.guess_at(0, "ada", "2:1", kickoff - chrono::TimeDelta::hours(3)).await;
    world.guess_at(0, "bob", "2:1", kickoff - chrono::TimeDelta::minutes(1)).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    assert_eq!(world.points().await, json!([["ada", 5], ["bob", 5]]));
    // It was the final, and began an hour earlier than was known.
    world.rename(0, "Final").await;
    world.move_kickoff(0, kickoff - chrono::TimeDelta::hours(1)).await;
    world.end(0, "3:2").await;
    world.settle(0).await;
    assert_eq!(world.points().await, json!([["ada", 9]]));
    assert_eq!(world.histogram().await, json!([[0, 4], [9, 1]]));
    let change = world.settlements().await[1]["entry"]["change"].clone();
    assert_eq!(change, json!({"points": -1, "exactHits": -2, "rightOutcomes": -1}));
}

async fn a_guess_that_is_gone_gives_its_points_back<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    assert_eq!(world.points().await, json!([["ada", 5], ["bob", 3]]));
    world.subject.lose_guess(&world.place(0), &member("ada")).await;
    world.end(0, "3:1").await;
    world.settle(0).await;
    assert_eq!(world.points().await, json!([["bob", 2]]));
    assert_eq!(world.histogram().await, json!([[0, 4], [2, 1]]));
    let entry = world.settlements().await[1]["entry"].clone();
    assert_eq!((&entry["guesses"], &entry["members"]), (&json!(1), &json!(2)));
}

async fn a_match_without_guesses_is_settled<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.end(0, "0:0").await;
    world.settle(0).await;
    let entry = world.settlements().await[0]["entry"].clone();
    assert_eq!((&entry["guesses"], &entry["members"]), (&json!(0), &json!(0)));
    assert_eq!(entry["change"], json!({"points": 0, "exactHits": 0, "rightOutcomes": 0}));
    assert_eq!(world.table("matches").await[0]["settled_version"], 1);
    assert_eq!(world.histogram().await, json!([[0, 5]]));
}

async fn what_has_changed_meanwhile_is_decided_again<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    // What changes between a decision and its commit.
    for change in 0..5 {
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        let write = world.decided(0, &held).await;
        match change {
            0 => world.change_rules(&Rules { correction_hours: 1, ..Rules::default() }).await,
            1 => world.rename(0, "Final").await,
            2 => world.move_kickoff(0, world.kickoff(0) - chrono::TimeDelta::minutes(1)).await,
            3 => world.end(0, "3:1").await,
            _ => drop(world.settle(0).await),
        }
        let before = world.dump().await;
        let settlements = vec![write];
        let whole = Effect { settlements, ..effect(world.subject.now(), &[&held]) };
        let committed = world.queue.commit(&whole).await;
        assert!(matches!(committed, Err(PortError::Contention { .. })), "{change}: {committed:?}");
        world.reopen().await;
        assert_eq!(world.dump().await, before, "{change}");
        world.settle_held(0, &held).await;
        assert_eq!(world.points().await, json!([["ada", if change == 3 { 2 } else { 5 }]]));
        if change == 3 {
            world.end(0, "2:1").await;
        }
    }
}

async fn two_matches_that_were_decided_at_once_both_count<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let mut decided = Vec::new();
    for at in [0, 1] {
        world.guess(at, &[("ada", "2:1"), ("bob", "1:0")]).await;
        world.end(at, "2:1").await;
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        decided.push((world.decided(at, &held).await, held));
    }
    for (write, held) in decided {
        let settlements = vec![write];
        let whole = Effect { settlements, ..effect(world.subject.now(), &[&held]) };
        let committed = world.queue.commit(&whole).await.unwrap();
        assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
    }
    assert_eq!(world.points().await, json!([["ada", 10], ["bob", 6]]));
    assert_eq!(world.histogram().await, json!([[0, 3], [6, 1], [10, 1]]));
    let entries = world.entries().await;
    assert_eq!(entries, [json!(["applied", 1, null]), json!(["applied", 1, null])]);
}

async fn a_match_that_is_not_there_is_none<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let place = world.place(0);
    let other = Uuid::from_u128(9);
    for none in [
        MatchPlace { match_id: other, ..place.clone() },
        MatchPlace { tournament_id: other, ..place.clone() },
        MatchPlace { organization_id: organization("org_2"), ..place.clone() },
    ] {
        assert_eq!(world.queue.settlement_inputs(&none).await.unwrap(), None, "{none:?}");
    }
    let inputs = world.queue.settlement_inputs(&place).await.unwrap().unwrap();
    assert_eq!((inputs.rules, inputs.rules_version), (Rules::default(), 1));
    assert_eq!((inputs.round, inputs.applied), (round("Matchday 1"), None));
    assert_eq!(inputs.stored.status, Status::Scheduled);
}

async fn another_organization_keeps_its_board<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.same_elsewhere().await;
    let others = |rows: Vec<Value>| -> Vec<Value> {
        rows.into_iter().filter(|row| row["organization_id"] == "org_2").collect()
    };
    let before = [others(world.table("entries").await), others(world.table("histograms").await)];
    assert!(before.iter().all(|rows| !rows.is_empty()));
    world.settle(0).await;
    let after = [others(world.table("entries").await), others(world.table("histograms").await)];
    assert_eq!(before, after);
    assert!(others(world.table("settlements").await).is_empty());
}

async fn whatever_is_settled_in_whatever_order_the_board_is_what_the_results_say<
    S: BoardSubject,
>(
    mut world: World<S>,
) {
    world.tournament().await;
    let scores = ["0:0", "1:0", "2:1", "1:1", "0:2"];
    let mut random = 7_usize;
    let mut next = |below: usize| {
        random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
        random / 65_536 % below
    };
    for at in 0..MATCHES.len() {
        for member in ["ada", "bob", "cy", "dan"] {
            world.guess(at, &[(member, scores[next(scores.len())])]).await;
        }
    }
    for _ in 0..24 {
        let at = next(MATCHES.len());
        if next(3) > 0 {
            world.end(at, scores[next(scores.len())]).await;
        }
        if next(3) > 0 && world.has_ended(at) {
            world.settle(at).await;
        }
    }
    for at in (0..MATCHES.len()).filter(|at| world.has_ended(*at)).collect::<Vec<_>>() {
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        world.settle_held(at, &held).await;
        let row = world.table("matches").await[at].clone();
        assert_eq!(row["settled_version"], row["result_version"], "{row}");
    }
    // The dump has looked at every sum; here what each guess earns, one by one.
    assert_eq!(world.points().await, world.recomputed());
}
