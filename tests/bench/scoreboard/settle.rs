//! Settlements through workerd, and beside the smallest transaction by hand.

use std::time::{Duration, Instant};

use mauntic_domain::scoreboard::settlement::{Decision, awards, decide};
use mauntic_domain::scoreboard::{Chain, MatchResult};
use mauntic_flows::ports::{
    Committed, Database, Effect, EffectStore, KeyStore, Ports, SettlementAct, SettlementBasis,
    SettlementStore, SettlementWrite,
};
use mauntic_tests::ports::TestPorts;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::kept::Lines;
use crate::percentile;
use crate::stage::{ORGANIZATION, Size, Stage};

/// In terms of the rival's time (the bound; DESIGN 12).
const BESIDE_PLAIN_MAX: f64 = 1.1;

type Session = <<TestPorts as Ports>::Db as Database>::Session;

/// Writes two lines.
pub(crate) async fn measure(stage: &Stage, size: Size, lines: &mut Lines) {
    let (through_workerd, compared) = stage.matches.split_at(size.through_workerd);
    let session = TestPorts::new(&stage.queue_url).db().open().await.unwrap();
    let [mut of_plain, mut of_ours] = [Vec::new(), Vec::new()];
    for (nth, pair) in compared.chunks_exact(2).enumerate() {
        // The board is a pass older for who comes second, so each does in turn.
        if nth % 2 == 0 {
            of_plain.push(by_hand(stage, pair[0]).await);
        }
        of_ours.push(in_one_session(stage, &session, pair[1]).await);
        if nth % 2 == 1 {
            of_plain.push(by_hand(stage, pair[0]).await);
        }
    }
    drop(session);
    let mut of_worker = Vec::new();
    for match_id in through_workerd {
        let job = stage.job(*match_id).await;
        stage.settle_down().await;
        let started = Instant::now();
        stage.deliver(job);
        of_worker.push(started.elapsed());
    }
    stage.recount().await;

    let [plain, ours] = [&of_plain, &of_ours].map(|all| percentile(all, 50));
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    lines.line(
        &format!("a settlement of {} guesses in the database", size.members),
        &format!(
            "{ours:.2?} beside {plain:.2?} of plain SQL (middle of {} each): {ratio:.2} ×; the \
             board is there with its commit",
            of_ours.len()
        ),
        &format!("at most {BESIDE_PLAIN_MAX:.1} ×"),
        ratio <= BESIDE_PLAIN_MAX,
    );
    let [p50, p95, most] = [50, 95, 100].map(|percent| percentile(&of_worker, percent));
    lines.line(
        &format!("{} settlements of {} guesses, as messages", of_worker.len(), size.members),
        &format!("{p50:.2?} (p50), {p95:.2?} (p95), {most:.2?} (most)"),
        "told",
        true,
    );
}

async fn by_hand(stage: &Stage, match_id: Uuid) -> Duration {
    let weights = Chain::default().weights();
    let (home, away) = (2_i32, 1_i32);
    stage.settle_down().await;
    let started = Instant::now();
    let params: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[
        (&ORGANIZATION, Type::TEXT),
        (&stage.tournament, Type::UUID),
        (&match_id, Type::UUID),
        (&home, Type::INT4),
        (&away, Type::INT4),
        (&weights.points_e4, Type::INT8),
        (&weights.exact_hits, Type::INT8),
        (&weights.right_outcomes, Type::INT8),
    ];
    stage.owner.query_typed(include_str!("plain.sql"), params).await.unwrap();
    started.elapsed()
}

/// The settlement's transaction, as the rival in a session that is open already.
async fn in_one_session(stage: &Stage, session: &Session, match_id: Uuid) -> Duration {
    let place = stage.place(match_id);
    let inputs = session.settlement_inputs(&place).await.unwrap().expect("the match");
    let Decision::Apply { result, replaces: None } = decide(&inputs.stored, 1, inputs.applied)
    else {
        panic!("it is settled");
    };
    assert_eq!(Some(result), MatchResult::from_canonical("{\"ft\":[2,1]}"));
    let awards = awards(&inputs.rules, &inputs.round, result);
    let basis = SettlementBasis {
        rules_version: inputs.rules_version,
        round: inputs.round,
        kickoff: inputs.stored.kickoff,
        result_version: 1,
        applied: None,
    };
    let act = SettlementAct::Apply { awards, weights: inputs.chain.weights() };
    let (job_id, attempt, request_id) = (Uuid::new_v4(), 1, None);
    let write = SettlementWrite { place, basis, result, act, job_id, attempt, request_id };
    let now = session.queue_stats().await.map(|_| chrono::Utc::now()).unwrap();
    let effect = Effect { settlements: vec![write], ..Effect::of(now, Vec::new()) };
    stage.settle_down().await;
    let started = Instant::now();
    let committed = session.commit(&effect).await.unwrap();
    let took = started.elapsed();
    assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
    took
}
