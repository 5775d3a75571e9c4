//! The ledger of deliveries: what was delivered and what became of each claim,
//! one end a function. That the ends add up is looked at with every dump.

use mauntic_domain::jobs::limits::PLATFORM_DEATHS_MAX;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, Committed, Effect, EffectStore, Held,
    JobKey, JobStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{by_hand, chunk, dead, effect, failed, letter, short, snoozed};
use crate::dump::assert_has;
use crate::subject::{QUEUE, Subject, World, claim_request, counted};

on_both! {
    a_delivery_says_what_came
    a_delivery_of_nothing_has_its_row
    what_was_done_already_is_absorbed
    what_is_left_to_its_row_is_neither
    effects_are_counted_by_their_delivery
    a_completed_job_names_its_delivery
    failures_and_deaths_are_failures
    what_is_put_off_or_handed_back_is_put_off
    a_job_claimed_alone_is_taken_too
    who_takes_a_lost_job_over_says_whose_it_was
    who_ends_a_lost_job_says_whose_it_was
    a_released_claim_is_lost_when_it_is_taken_over
    an_attempt_that_lost_its_lease_counts_nothing
    a_job_done_by_another_build_has_no_delivery
}

struct Delivered {
    token: Uuid,
    reply: ClaimReply,
}

async fn deliver<S: Subject>(world: &mut World<S>, request: ClaimRequest) -> Delivered {
    let token = request.token;
    let reply = world.queue.claim(&counted(request)).await.unwrap();
    Delivered { token, reply }
}

async fn jobs<S: Subject>(world: &mut World<S>, ids: &[Uuid]) -> Delivered {
    let request = claim_request(world.id(), ids);
    deliver(world, request).await
}

/// A delivery of messages that are no jobs of these tests, but may be.
async fn another<S: Subject>(world: &mut World<S>) -> Delivered {
    let request = ClaimRequest { messages: 9, ..claim_request(world.id(), &[]) };
    let token = request.token;
    let reply = world.queue.claim(&request).await.unwrap();
    Delivered { token, reply }
}

async fn some<S: Subject>(world: &World<S>, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(world.one(JobKey::None).await);
    }
    ids
}

/// The row of a delivery has these counts, and no others than nothing.
async fn expect<S: Subject>(world: &mut World<S>, token: Uuid, wanted: Value) {
    let dump = world.dump().await;
    let rows = dump["deliveries"].as_array().unwrap();
    let row = rows.iter().find(|row| row["token"] == json!(token)).expect("the delivery's row");
    assert_has(row, &wanted);
    let counts = ["unreadable", "absorbed", "taken", "effects", "failures", "put_off", "lost"];
    for name in counts.into_iter().filter(|name| wanted.get(name).is_none()) {
        assert_eq!(row[name], 0, "{name} of {row:#}");
    }
}

async fn a_delivery_says_what_came<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 2).await;
    let request = ClaimRequest {
        letters: vec![letter("m-8", "malformed"), letter("m-9", "malformed")],
        shorts: by_hand(world.id(), [short("m-7", "ada", None)]).shorts,
        repeated: 3,
        expects_others: false,
        ..claim_request(world.id(), &ids)
    };
    let delivered = deliver(&mut world, request).await;
    assert_eq!(delivered.reply.held.len(), 3);
    let row = json!({"queue": QUEUE.name(), "delivered_at": "+0s", "messages": 8,
        "unreadable": 2, "absorbed": 3, "taken": 3});
    expect(&mut world, delivered.token, row).await;
}

async fn a_delivery_of_nothing_has_its_row<S: Subject>(mut world: World<S>) {
    let missing = world.id();
    let delivered = jobs(&mut world, &[missing]).await;
    expect(&mut world, delivered.token, json!({"messages": 1})).await;
}

async fn what_was_done_already_is_absorbed<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 4).await;
    let first = jobs(&mut world, &ids[..2]).await;
    world.complete(&[&first.reply.held[0]]).await;
    world.set_back(&first.reply.held[1], dead(true)).await;
    world.queue.cancel(&ids[2..3]).await.unwrap();
    let again = jobs(&mut world, &ids).await;
    expect(&mut world, again.token, json!({"messages": 4, "absorbed": 3, "taken": 1})).await;
}

async fn what_is_left_to_its_row_is_neither<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 3).await;
    let first = jobs(&mut world, &ids[..2]).await;
    world.set_back(&first.reply.held[1], failed(100)).await;
    let again = jobs(&mut world, &ids[..2]).await;
    // One is leased, the other is not due.
    expect(&mut world, again.token, json!({"messages": 2})).await;
}

async fn effects_are_counted_by_their_delivery<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 3).await;
    let (one, two) = (jobs(&mut world, &ids[..2]).await, jobs(&mut world, &ids[2..]).await);
    // One effect may be of several deliveries' jobs.
    let held: Vec<&Held> = vec![&one.reply.held[0], &two.reply.held[0]];
    assert_eq!(world.complete(&held).await, Committed::Done { superseded: 0, refill: false });
    expect(&mut world, one.token, json!({"messages": 2, "taken": 2, "effects": 1})).await;
    expect(&mut world, two.token, json!({"messages": 1, "taken": 1, "effects": 1})).await;
    world.complete(&[&one.reply.held[1]]).await;
    expect(&mut world, one.token, json!({"taken": 2, "effects": 2})).await;
}

async fn a_completed_job_names_its_delivery<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 1).await;
    let delivered = jobs(&mut world, &ids).await;
    world.complete(&[&delivered.reply.held[0]]).await;
    world.expect_job(ids[0], json!({"lease_token": delivered.token})).await;
}

async fn failures_and_deaths_are_failures<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 3).await;
    let delivered = jobs(&mut world, &ids).await;
    let held = &delivered.reply.held;
    world.set_back(&held[0], failed(5)).await;
    expect(&mut world, delivered.token, json!({"taken": 3, "failures": 1})).await;
    world.set_back(&held[1], dead(true)).await;
    world.set_back(&held[2], dead(false)).await;
    expect(&mut world, delivered.token, json!({"taken": 3, "failures": 3})).await;
}

async fn what_is_put_off_or_handed_back_is_put_off<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 2).await;
    let delivered = jobs(&mut world, &ids).await;
    let held = &delivered.reply.held;
    world.set_back(&held[0], snoozed(30, "breaker_open")).await;
    expect(&mut world, delivered.token, json!({"taken": 2, "put_off": 1})).await;
    assert!(world.queue.hand_back(&held[1]).await.unwrap());
    assert!(!world.queue.hand_back(&held[1]).await.unwrap());
    expect(&mut world, delivered.token, json!({"taken": 2, "put_off": 2})).await;
}

/// Claims one job alone in that delivery.
async fn alone<S: Subject>(world: &World<S>, token: Uuid, id: Uuid) -> AloneClaim {
    let request = AloneRequest { queue: QUEUE, id, token, lease_secs: 60 };
    world.queue.claim_alone(request).await.unwrap()
}

async fn a_job_claimed_alone_is_taken_too<S: Subject>(mut world: World<S>) {
    let chunk = world.enqueue(&[chunk("org_1", "ada")]).await[0].id;
    let single = world.one(JobKey::None).await;
    let delivered = jobs(&mut world, &[chunk, single]).await;
    expect(&mut world, delivered.token, json!({"messages": 2, "taken": 1})).await;
    let AloneClaim::Held(held, _) = alone(&world, delivered.token, chunk).await else {
        panic!("not held")
    };
    expect(&mut world, delivered.token, json!({"messages": 2, "taken": 2})).await;
    assert_eq!(alone(&world, delivered.token, chunk).await, AloneClaim::NotDue);
    world.complete(&[&held]).await;
    expect(&mut world, delivered.token, json!({"taken": 2, "effects": 1})).await;
}

async fn who_takes_a_lost_job_over_says_whose_it_was<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 2).await;
    let first = jobs(&mut world, &ids).await;
    world.advance(60).await;
    let second = jobs(&mut world, &ids[..1]).await;
    expect(&mut world, second.token, json!({"messages": 1})).await;
    assert!(matches!(alone(&world, second.token, ids[0]).await, AloneClaim::Held(..)));
    expect(&mut world, first.token, json!({"taken": 2, "lost": 1})).await;
    expect(&mut world, second.token, json!({"taken": 1})).await;
    // And again from the second.
    world.advance(60).await;
    let third = another(&mut world).await;
    assert!(matches!(alone(&world, third.token, ids[0]).await, AloneClaim::Held(..)));
    expect(&mut world, second.token, json!({"taken": 1, "lost": 1})).await;
}

async fn who_ends_a_lost_job_says_whose_it_was<S: Subject>(mut world: World<S>) {
    // By the budget.
    let spent = world.one(JobKey::None).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let delivered = another(&mut world).await;
        assert!(matches!(alone(&world, delivered.token, spent).await, AloneClaim::Held(..)));
        tokens.push(delivered.token);
        world.advance(60).await;
    }
    let last = another(&mut world).await;
    assert_eq!(alone(&world, last.token, spent).await, AloneClaim::DeadLettered);
    expect(&mut world, last.token, json!({})).await;
    // By the platform.
    let killed = world.one(JobKey::None).await;
    for nth in 1..=PLATFORM_DEATHS_MAX {
        let delivered = another(&mut world).await;
        assert!(matches!(alone(&world, delivered.token, killed).await, AloneClaim::Held(..)));
        tokens.push(delivered.token);
        if nth < PLATFORM_DEATHS_MAX {
            world.queue.absolve(delivered.token).await.unwrap();
        }
        world.advance(60).await;
        let addresses = vec![(killed, format!("death-{nth}"))];
        let request = ClaimRequest { addresses, ..claim_request(world.id(), &[]) };
        world.queue.bury(&counted(request)).await.unwrap();
    }
    world.expect_job(killed, json!({"state": "dead_lettered"})).await;
    // By its time.
    let late = world.one(JobKey::None).await;
    world.advance(7 * 24 * 3_600 - 30).await;
    let delivered = jobs(&mut world, &[late]).await;
    tokens.push(delivered.token);
    world.advance(60).await;
    world.queue.expire(10).await.unwrap();
    world.expect_job(late, json!({"state": "dead_lettered"})).await;
    for token in tokens {
        expect(&mut world, token, json!({"taken": 1, "lost": 1})).await;
    }
}

async fn a_released_claim_is_lost_when_it_is_taken_over<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 1).await;
    let first = jobs(&mut world, &ids).await;
    assert_eq!(world.queue.release(first.token).await.unwrap(), 1);
    expect(&mut world, first.token, json!({"messages": 1, "taken": 1})).await;
    let second = jobs(&mut world, &ids).await;
    assert!(matches!(alone(&world, second.token, ids[0]).await, AloneClaim::Held(..)));
    expect(&mut world, first.token, json!({"taken": 1, "lost": 1})).await;
}

async fn an_attempt_that_lost_its_lease_counts_nothing<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 1).await;
    let first = jobs(&mut world, &ids).await;
    world.advance(60).await;
    let second = jobs(&mut world, &ids).await;
    let AloneClaim::Held(held, _) = alone(&world, second.token, ids[0]).await else {
        panic!("not held")
    };
    let stale = &first.reply.held[0];
    assert_eq!(world.complete(&[stale]).await, Committed::FenceLost);
    assert!(!world.set_back(stale, failed(1)).await);
    assert!(!world.queue.hand_back(stale).await.unwrap());
    expect(&mut world, first.token, json!({"taken": 1, "lost": 1})).await;
    world.complete(&[&held]).await;
    expect(&mut world, first.token, json!({"taken": 1, "lost": 1})).await;
    expect(&mut world, second.token, json!({"taken": 1, "effects": 1})).await;
}

/// The build before claims without a row, and its claims may be ended by this one.
async fn a_job_done_by_another_build_has_no_delivery<S: Subject>(mut world: World<S>) {
    let ids = some(&world, 2).await;
    // A claim alone writes no row, as theirs.
    let held = world.hold_alone(ids[0]).await;
    let other = world.hold_alone(ids[1]).await;
    let whole: Effect = effect(world.subject.now(), &[&held]);
    assert_eq!(
        world.queue.commit(&whole).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    assert!(world.set_back(&other, failed(1)).await);
    assert!(world.column("deliveries", "token").await.is_empty());
}
