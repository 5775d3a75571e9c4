//! One test an end of a claim.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mauntic_flows::ports::{
    AloneClaim, Committed, CompletedJob, DeadLetter, Effect, EffectStore, Held, JobStore,
    SetBackJob, Setback,
};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    alone, change, claimed, counts, empty, ended, jobs, request, session, the_law_holds, time_out,
};

fn effect_of(held: &[&Held], now: DateTime<Utc>) -> Effect {
    let done = |held: &&Held| CompletedJob {
        id: held.id,
        claim: held.claim,
        run_id: held.run_id,
        summary: json!({}),
    };
    let mut jobs: Vec<CompletedJob> = held.iter().map(done).collect();
    jobs.sort_by_key(|job| job.id);
    Effect::of(now, jobs)
}

fn failed() -> Setback {
    Setback::Failed { wait: TimeDelta::zero(), reason: "refused", error: "why".to_owned() }
}

fn dead(failed: bool) -> Setback {
    Setback::Dead { reason: "invalid_data", detail: "at .x".to_owned(), failed }
}

fn snoozed() -> Setback {
    Setback::Snoozed { wait: TimeDelta::zero(), reason: "breaker_open" }
}

async fn errors(world: &World, id: Uuid) -> Value {
    let sql = "select coalesce(jsonb_path_query_array(errors, '$[*].error'), '[]') from jobs.job where id = $1";
    world.owner.query_one(sql, &[&id]).await.unwrap().get(0)
}

#[tokio::test]
async fn each_end_of_a_held_job_is_counted_once() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 6).await;
    let (token, reply) = claimed(&session, &ids).await;
    assert_eq!(counts(&world, token).await, ([6, 0, 0, 6], [0; 4]));
    the_law_holds(&world).await;

    let held: Vec<&Held> = reply.held.iter().collect();
    let effect = effect_of(&held[..1], reply.now);
    assert_eq!(
        session.commit(&effect).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    assert_eq!(ended(&world, token).await, [1, 0, 0, 0]);
    let set_back: Vec<SetBackJob> = [failed(), dead(true), dead(false), snoozed()]
        .into_iter()
        .zip(&held[1..5])
        .map(|(setback, held)| SetBackJob { id: held.id, claim: held.claim, setback })
        .collect();
    // The second time nothing is held any more.
    for moved in [4, 0] {
        assert_eq!(session.set_back(&set_back).await.unwrap().len(), moved);
        assert_eq!(ended(&world, token).await, [1, 3, 1, 0]);
    }
    for handed_back in [true, false] {
        assert_eq!(session.hand_back(held[5]).await.unwrap(), handed_back);
        assert_eq!(ended(&world, token).await, [1, 3, 2, 0]);
    }
    the_law_holds(&world).await;
    let wanted = [json!([]), json!(["why"]), json!(["at .x"]), json!(["at .x"]), json!([])];
    for (held, wanted) in held.iter().zip(wanted) {
        assert_eq!(errors(&world, held.id).await, wanted);
    }
}

#[tokio::test]
async fn what_is_no_claim_is_counted_by_its_kind() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 4).await;
    let (_, reply) = claimed(&session, &ids[..2]).await;
    let held: Vec<&Held> = reply.held.iter().collect();
    session.commit(&effect_of(&held[..1], reply.now)).await.unwrap();
    session.cancel(&ids[2..3]).await.unwrap();
    let letter = DeadLetter {
        message_id: "letter".to_owned(),
        body: b"{".to_vec(),
        reason: "malformed",
        detail: "no JSON".to_owned(),
    };
    // One done, one leased, one cancelled, one to be taken, with a letter, an
    // id without a row, and two messages more about the one that is done.
    let named = [ids.as_slice(), &[Uuid::max()]].concat();
    let mut again = request(&named);
    (again.letters, again.messages, again.repeated) = (vec![letter], 8, 2);
    assert_eq!(session.claim(&again).await.unwrap().held.len(), 1);
    assert_eq!(counts(&world, again.token).await, ([8, 1, 4, 1], [0; 4]));
    the_law_holds(&world).await;
}

#[tokio::test]
async fn an_effect_that_lost_a_lease_counts_nothing() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 2).await;
    let (token, reply) = claimed(&session, &ids).await;
    time_out(&world, &ids[..1]).await;
    let other = empty(&session, 1).await;
    let taken = session.claim_alone(alone(ids[0], other)).await.unwrap();
    assert!(matches!(taken, AloneClaim::Held(..)), "{taken:?}");
    assert_eq!(counts(&world, other).await, ([1, 0, 0, 1], [0; 4]));
    assert_eq!(ended(&world, token).await, [0, 0, 0, 1]);
    let held: Vec<&Held> = reply.held.iter().collect();
    let committed = session.commit(&effect_of(&held, reply.now)).await.unwrap();
    assert_eq!(committed, Committed::FenceLost);
    assert_eq!(ended(&world, token).await, [0, 0, 0, 1]);
    the_law_holds(&world).await;
}

#[tokio::test]
async fn whoever_ends_a_lost_lease_counts_it() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 6).await;
    let (token, _) = claimed(&session, &ids).await;
    let other = empty(&session, 9).await;
    time_out(&world, &ids).await;
    let lost = |count| [0, 0, 0, count];

    change(&world, &ids[..1], "failures = 2, alone = true").await;
    let taken = session.claim_alone(alone(ids[0], other)).await.unwrap();
    assert_eq!(taken, AloneClaim::DeadLettered);
    assert_eq!(ended(&world, token).await, lost(1));

    change(&world, &ids[1..2], "expires_at = clock_timestamp()").await;
    assert_eq!(session.expire(10).await.unwrap().len(), 1);
    assert_eq!(ended(&world, token).await, lost(2));

    // Two deaths leave it under its old lease; the third ends it.
    change(&world, &ids[2..3], "platform_deaths = 1").await;
    for (message, deaths) in [("a", 0), ("b", 1)] {
        let mut dying = request(&ids[2..3]);
        dying.addresses[0].1 = message.to_owned();
        change(&world, &ids[2..3], "death_claim = 0").await;
        assert_eq!(session.bury(&dying).await.unwrap().len(), deaths);
        the_law_holds(&world).await;
    }
    assert_eq!(ended(&world, token).await, lost(3));

    change(&world, &ids[3..5], "version = 99").await;
    change(&world, &ids[3..4], "snooze_reason = 'another_build', snoozes = 288").await;
    assert_eq!(session.put_off(super::QUEUE, &ids[3..5]).await.unwrap().len(), 2);
    assert_eq!(ended(&world, token).await, lost(5));
    the_law_holds(&world).await;

    let taken = session.claim_alone(alone(ids[5], other)).await.unwrap();
    assert!(matches!(taken, AloneClaim::Held(..)), "{taken:?}");
    assert_eq!(ended(&world, token).await, lost(6));
    assert_eq!(counts(&world, other).await, ([9, 0, 0, 1], [0; 4]));
    the_law_holds(&world).await;
    let told = [
        "the lease ran out 3 times while it was done alone",
        "it was not done until",
        "the platform gave its message up 3 times",
    ];
    for (id, told) in ids.iter().zip(told) {
        let errors = errors(&world, *id).await;
        assert!(errors[0].as_str().unwrap().starts_with(told), "{errors}");
    }
}

/// A job that the build before claimed has a token and no delivery.
#[tokio::test]
async fn a_job_of_the_build_before_ends_without_a_delivery() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 5).await;
    let (token, reply) = claimed(&session, &ids).await;
    world.rows("delete from jobs.delivery").await;
    let held: Vec<&Held> = reply.held.iter().collect();
    let effect = effect_of(&held[..1], reply.now);
    assert_eq!(
        session.commit(&effect).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    let job = SetBackJob { id: ids[1], claim: 1, setback: dead(true) };
    assert_eq!(session.set_back(&[job]).await.unwrap(), [ids[1]]);
    assert!(session.hand_back(held[2]).await.unwrap());
    time_out(&world, &ids[3..]).await;
    assert!(matches!(
        session.claim_alone(alone(ids[3], token)).await.unwrap(),
        AloneClaim::Held(..)
    ));
    change(&world, &ids[4..], "expires_at = clock_timestamp()").await;
    assert_eq!(session.expire(10).await.unwrap().len(), 1);
    assert_eq!(world.count("select count(*) from jobs.delivery").await, 0);
}

/// Two deliveries that take each other's jobs over, each counting the other:
/// locked in the order of their tokens, neither waits in a circle.
#[tokio::test]
async fn deliveries_that_take_each_others_jobs_over_never_deadlock() {
    const EACH: usize = 40;
    let world = World::new().await;
    let sessions = [session(&world).await, session(&world).await];
    let ids = jobs(&world, 80).await;
    let (mine, yours) = ids.split_at(EACH);
    let mut tokens = Vec::new();
    for (session, ids) in sessions.iter().zip([mine, yours]) {
        // Room for the other's jobs as well.
        let mut request = request(ids);
        request.messages *= 2;
        assert_eq!(session.claim(&request).await.unwrap().held.len(), EACH);
        tokens.push(request.token);
    }
    time_out(&world, &ids).await;
    let take_over = |n: usize, ids: &[Uuid]| {
        let (session, token, ids) = (&sessions[n], tokens[n], ids.to_vec());
        async move {
            for id in ids {
                let taken = session.claim_alone(alone(id, token)).await.unwrap();
                assert!(matches!(taken, AloneClaim::Held(..)), "{taken:?}");
            }
        }
    };
    join_all([take_over(0, yours), take_over(1, mine)]).await;
    for token in tokens {
        assert_eq!(counts(&world, token).await, ([80, 0, 0, 80], [0, 0, 0, 40]));
    }
    the_law_holds(&world).await;
}
