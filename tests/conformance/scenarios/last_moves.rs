//! The move into a dead letter stands in five statements: from each of them the
//! same row, one letter, and the run that counts it.

use mauntic_domain::jobs::limits::PLATFORM_DEATHS_MAX;
use mauntic_flows::ports::{AloneClaim, ClaimRequest, JobStore, PutOff};
use serde_json::json;
use uuid::Uuid;

use super::given::{by_hand, dead, short};
use crate::dump::{assert_has, none};
use crate::subject::{QUEUE, Subject, World, claim_request};

on_both! {
    every_way_into_a_dead_letter_is_the_same_move
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ClaimAlone,
    Expire,
    Bury,
    SetBack,
    PutOff,
}

impl Way {
    const ALL: [Self; 5] =
        [Self::ClaimAlone, Self::Expire, Self::Bury, Self::SetBack, Self::PutOff];

    fn reason(self) -> &'static str {
        match self {
            Self::ClaimAlone => "lease_expired",
            Self::Expire => "expired",
            Self::Bury => "isolate_killed",
            Self::SetBack => "permanent",
            Self::PutOff => "unknown_type",
        }
    }

    /// Ends the job's life by a move from under a lease.
    async fn take<S: Subject>(self, world: &mut World<S>, id: Uuid) {
        match self {
            Self::ClaimAlone => {
                for _ in 0..3 {
                    world.hold_alone(id).await;
                    world.advance(60).await;
                }
                assert_eq!(world.alone(id).await, AloneClaim::DeadLettered);
            }
            Self::Expire => {
                world.advance(7 * 24 * 3_600 - 30).await;
                world.hold_alone(id).await;
                world.advance(60).await;
                assert_eq!(world.queue.expire(10).await.unwrap().len(), 1);
            }
            Self::Bury => {
                for nth in 1..=PLATFORM_DEATHS_MAX {
                    world.hold(id).await;
                    world.advance(60).await;
                    let addresses = vec![(id, format!("death-{nth}"))];
                    let request = ClaimRequest { addresses, ..claim_request(world.id(), &[id]) };
                    let died = world.queue.bury(&request).await.unwrap();
                    assert_eq!(died.len(), usize::from(nth == PLATFORM_DEATHS_MAX));
                    if nth < PLATFORM_DEATHS_MAX {
                        world.try_alone(id).await;
                    }
                }
            }
            Self::SetBack => {
                let held = world.hold_alone(id).await;
                assert!(world.set_back(&held, dead(true)).await);
            }
            Self::PutOff => {
                // As often as fits into a day.
                for _ in 0..288 {
                    let moved = world.queue.put_off(QUEUE, &[id]).await.unwrap();
                    assert_eq!(moved, [(id, PutOff::Snoozed)]);
                    world.advance(300).await;
                }
                world.hold_alone(id).await;
                world.advance(60).await;
                let moved = world.queue.put_off(QUEUE, &[id]).await.unwrap();
                assert_eq!(moved, [(id, PutOff::DeadLettered)]);
            }
        }
    }
}

async fn every_way_into_a_dead_letter_is_the_same_move<S: Subject>(mut world: World<S>) {
    for way in Way::ALL {
        let (message, key) = (format!("{way:?}"), format!("key of {way:?}"));
        let wanted = short(&message, "ada", Some(&key));
        let request = by_hand(world.id(), [wanted.clone()]);
        assert!(world.queue.bury(&request).await.unwrap().is_empty(), "the row is written");
        let row = json!({"state": "queued", "idempotency_key": key, "released_key": none()});
        world.expect_job(wanted.id, row).await;

        way.take(&mut world, wanted.id).await;

        let row = json!({"state": "dead_lettered", "finished_at": "+0s", "lease_until": none(),
            "lease_token": none(), "idempotency_key": none(), "released_key": key,
            "coalesce_key": none(), "last_error": "a text", "receipt": none(),
            "run_id": wanted.run_id});
        world.expect_job(wanted.id, row).await;
        let mut letters = world.letters().await;
        letters.retain(|letter| letter["job_id"] == json!(wanted.id));
        let [letter] = letters.as_slice() else { panic!("{way:?}: {letters:?}") };
        let expected = json!({"queue": QUEUE.name(), "message_id": none(),
            "organization_id": "org_1", "type": "scoring.CalculateScore", "body": wanted.data,
            "reason": way.reason(), "detail": "a text", "created_at": "+0s",
            "decided_at": none()});
        assert_has(letter, &expected);
        let run = json!({"status": "failed", "jobs_total": 1, "jobs_done": 0, "jobs_dead": 1,
            "jobs_cancelled": 0, "finished_at": "+0s", "progressed_at": "+0s"});
        world.expect_run(wanted.run_id, run).await;

        // It moves no further, and its key is free.
        let before = world.dump().await;
        assert_eq!(world.alone(wanted.id).await, AloneClaim::NotDue);
        assert_eq!(world.queue.put_off(QUEUE, &[wanted.id]).await.unwrap(), []);
        assert!(world.queue.expire(10).await.unwrap().is_empty());
        assert_eq!(world.dump().await, before, "{way:?}");
        let other = short(&format!("{message} again"), "bob", Some(&key));
        let request = by_hand(world.id(), [other]);
        let reply = world.queue.claim(&request).await.unwrap();
        assert_eq!(reply.held.len(), 1, "{way:?}: {reply:?}");
        world.complete(&[&reply.held[0]]).await;
    }
}
