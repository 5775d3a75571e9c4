//! How nights end: with their last chunk, once, and again where more of them is done; what
//! goes on is not repeated, and what nobody ends, the tick does.

use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::overnight::{CHUNKS_OPEN, Lost, NightStatus};
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ByHand, Effect, EffectStore, Handed, Held, JobKey, JobStore,
    KeyStore, LostNight, NightChunk, NightEnd, NightStore, NightTold, NightWrite, OperatorStore,
    PortError, RunStore, Warning, WarningKind,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{dead, effect, new_run, snoozed};
use super::given_nights::{NIGHTS, user};
use crate::portfolio_tables::PortfolioSubject;
use crate::subject::World;

on_both! {
    a_night_that_has_ended_goes_on_with_a_late_chunk
    who_waits_for_chunks_that_are_done_is_due_at_once
    a_night_whose_run_is_over_is_ended_once
    what_a_night_died_of_is_told
    a_step_that_is_done_after_all_goes_on_with_its_night
    of_two_repeats_none_takes_whom_the_other_has_taken
    what_goes_on_is_in_the_way_of_its_repeat
    a_repeat_is_handed_in_once_its_night_has_ended
    a_calculation_took_from_its_claim_to_its_write
    rates_without_any_are_passed_over
    a_night_that_went_wrong_is_seen_by_its_run_and_by_who_looks_after_all
}

const FIRST: Uuid = NIGHTS[0];
const SECOND: Uuid = NIGHTS[1];
const THIRD: Uuid = NIGHTS[2];

impl<S: PortfolioSubject> World<S> {
    /// Writes what was decided on a state that is no more.
    async fn refused(&mut self, write: NightWrite) {
        let job = self.one(JobKey::None).await;
        let held = self.hold(job).await;
        let before = self.dump().await;
        let whole = Effect { nights: vec![write], ..effect(self.subject.now(), &[&held]) };
        let error = self.queue.commit(&whole).await.unwrap_err();
        assert!(matches!(error, PortError::Contention { .. }), "{error}");
        self.reopen().await;
        assert_eq!(self.dump().await, before);
        self.complete(&[&held]).await;
    }

    async fn hold_of_night(&mut self, id: Uuid) -> Held {
        let queue = Queue::OvernightJobs;
        let request = AloneRequest { queue, id, token: self.id(), lease_secs: 60 };
        match self.queue.claim_alone(request).await.unwrap() {
            AloneClaim::Held(held, _) => held,
            other => panic!("not held: {other:?}"),
        }
    }

    async fn status(&self, run_id: Uuid) -> NightStatus {
        self.queue.night(run_id).await.unwrap().unwrap().status
    }

    async fn end_as_lost(&self, run_id: Uuid) -> bool {
        let NightWrite::End(end) = self.ending(run_id, NightStatus::Failed).await else {
            panic!("an end");
        };
        let error_details = json!({"reason": "job_died"});
        let told = NightTold { event_type: "overnight.Told", data: json!({"run": run_id}) };
        let end = NightEnd { error_details, ..end };
        self.queue.end_lost_night(&end, &told).await.unwrap()
    }
}

async fn a_night_that_has_ended_goes_on_with_a_late_chunk<S: PortfolioSubject>(
    mut world: World<S>,
) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["X:A"]).await;
    }
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    let early = world.scoring_of(FIRST, 1).await;
    let end = world.ending(FIRST, NightStatus::Partial).await;
    world.write_night(end.clone()).await;
    // It was read before the end.
    assert!(!early.reopens);
    world.refused(NightWrite::Chunk(early.clone())).await;
    assert_eq!(world.status(FIRST).await, NightStatus::Partial);
    world.write_night(NightWrite::Chunk(NightChunk { reopens: true, ..early.clone() })).await;
    let night = world.queue.night(FIRST).await.unwrap().unwrap();
    assert_eq!((night.status, night.completed_at), (NightStatus::Started, None));
    assert_eq!((night.chunks_done, night.error_details), (2, json!({})));
    // What is ended by what was known before is not.
    world.refused(end).await;
    let end = world.ending(FIRST, NightStatus::Completed).await;
    world.write_night(end.clone()).await;
    // Of two who end it at once one does.
    world.refused(end).await;
    assert_eq!(world.status(FIRST).await, NightStatus::Completed);
    // A repeat of the chunk decides nothing, whatever it was decided on.
    world.write_night(NightWrite::Chunk(early)).await;
    assert_eq!(world.status(FIRST).await, NightStatus::Completed);
}

async fn who_waits_for_chunks_that_are_done_is_due_at_once<S: PortfolioSubject>(
    mut world: World<S>,
) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["X:A"]).await;
    }
    let end = world.night_job(FIRST, JobType::OvernightFinalize).await;
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    let held = world.hold_of_night(end).await;
    assert!(world.set_back(&held, snoozed(120, CHUNKS_OPEN)).await);
    world.expect_job(end, json!({"available_at": "+120s", "wake_at": "+120s"})).await;
    world.advance(120).await;
    // The last chunk is done while it is held, so that it is not woken.
    let held = world.hold_of_night(end).await;
    world.score(FIRST, 1).await;
    world.expect_job(end, json!({"state": "in_progress"})).await;
    assert!(world.set_back(&held, snoozed(120, CHUNKS_OPEN)).await);
    let due = json!({"state": "queued", "available_at": "+0s", "wake_at": "+0s"});
    world.expect_job(end, due).await;
    // What waits for something else waits.
    let held = world.hold_of_night(end).await;
    assert!(world.set_back(&held, snoozed(120, "contention")).await);
    world.expect_job(end, json!({"available_at": "+120s"})).await;
}

async fn a_night_whose_run_is_over_is_ended_once<S: PortfolioSubject>(mut world: World<S>) {
    let job = world.night_job(FIRST, JobType::OvernightScoreUsers).await;
    world.begin(FIRST, FIRST, &[]).await;
    assert_eq!(world.queue.lost_nights(9).await.unwrap(), []);
    assert!(!world.end_as_lost(FIRST).await, "its run goes on");
    world.queue.cancel(&[job]).await.unwrap();
    world.advance(5).await;
    let now = world.subject.now();
    let lost = LostNight { run_id: FIRST, why: Lost::RunOver, died: None, starter: None, now };
    assert_eq!(world.queue.lost_nights(9).await.unwrap(), [lost]);
    assert_eq!(world.queue.lost_nights(0).await.unwrap(), []);
    assert_eq!([world.end_as_lost(FIRST).await, world.end_as_lost(FIRST).await], [true, false]);
    let night = world.queue.night(FIRST).await.unwrap().unwrap();
    assert_eq!((night.status, night.completed_at), (NightStatus::Failed, Some(now)));
    assert!(night.is_lost());
    assert_eq!(world.queue.lost_nights(9).await.unwrap(), []);
    let dump = world.dump().await;
    let told: Vec<&Value> = dump["events"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["request_id"], format!("night-{FIRST}"));
}

async fn what_a_night_died_of_is_told<S: PortfolioSubject>(mut world: World<S>) {
    let job = world.night_job(FIRST, JobType::OvernightFinalize).await;
    world.begin(FIRST, FIRST, &[]).await;
    let held = world.hold_of_night(job).await;
    world.set_back(&held, dead(true)).await;
    let lost = world.queue.lost_nights(9).await.unwrap();
    let [LostNight { why: Lost::JobDied, died: Some((of, Some(_))), .. }] = lost.as_slice() else {
        panic!("{lost:?}");
    };
    assert_eq!(of, JobType::OvernightFinalize.name());
    world.night_job(SECOND, JobType::OvernightFinalize).await;
    world.begin(SECOND, SECOND, &[]).await;
    world.queue.cancel_run(SECOND).await.unwrap();
    let lost = world.queue.lost_nights(9).await.unwrap();
    let why: Vec<_> = lost.iter().map(|of| (of.run_id, of.why)).collect();
    assert_eq!(why, [(FIRST, Lost::JobDied), (SECOND, Lost::RunCancelled)]);
}

async fn a_step_that_is_done_after_all_goes_on_with_its_night<S: PortfolioSubject>(
    mut world: World<S>,
) {
    world.investor(&user("org_1", "ada"), &["X:A"]).await;
    world.begin(FIRST, FIRST, &[]).await;
    assert!(world.end_as_lost(FIRST).await, "a run that is gone was over");
    world.write_night(world.planning(FIRST, 100, 2)).await;
    let night = world.queue.night(FIRST).await.unwrap().unwrap();
    assert_eq!((night.status, night.completed_at), (NightStatus::Started, None));
    assert_eq!(night.error_details, json!({}));
    assert!(!night.is_lost());
}

async fn of_two_repeats_none_takes_whom_the_other_has_taken<S: PortfolioSubject>(
    mut world: World<S>,
) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["X:UNTOLD"]).await;
    }
    world.night_of(FIRST, &[]).await;
    for chunk in 0..2 {
        world.score(FIRST, chunk).await;
    }
    world.begin(SECOND, FIRST, &[]).await;
    world.write_night(world.planning(SECOND, 100, 2)).await;
    let taken = async |world: &mut World<S>, of: Uuid| {
        let users = world.columns("night_users", &["run_id", "user_id"]).await;
        let of_run = |row: &&Value| row[0] == json!(of);
        users.as_array().unwrap().iter().filter(of_run).map(|row| row[1].clone()).collect::<Value>()
    };
    assert_eq!(taken(&mut world, SECOND).await, json!(["ada", "bob", "cy"]));
    // While that goes on there is nobody left, and afterwards who failed again.
    world.begin(THIRD, FIRST, &[]).await;
    world.write_night(world.planning(THIRD, 100, 2)).await;
    assert_eq!(taken(&mut world, THIRD).await, json!([]));
    world.ask(SECOND, &[("UNTOLD", "11")]).await;
    world.score(SECOND, 0).await;
    let end = world.ending(SECOND, NightStatus::Partial).await;
    world.write_night(end).await;
    let fourth = world.id();
    world.begin(fourth, FIRST, &[]).await;
    world.write_night(world.planning(fourth, 100, 2)).await;
    assert_eq!(taken(&mut world, fourth).await, json!(["cy"]));
    // What the other repeat was told is known.
    assert_eq!(world.queue.due_symbols(fourth, None, 9).await.unwrap(), []);
}

async fn what_goes_on_is_in_the_way_of_its_repeat<S: PortfolioSubject>(mut world: World<S>) {
    let in_the_way =
        async |world: &World<S>, of, but| world.queue.night_in_the_way(of, but).await.unwrap();
    assert_eq!(in_the_way(&world, FIRST, THIRD).await, None);
    world.begin(FIRST, FIRST, &[]).await;
    assert_eq!(in_the_way(&world, FIRST, THIRD).await, Some(FIRST));
    let end = world.ending(FIRST, NightStatus::Partial).await;
    world.write_night(end).await;
    assert_eq!(in_the_way(&world, FIRST, THIRD).await, None);
    world.begin(SECOND, FIRST, &[]).await;
    assert_eq!(in_the_way(&world, FIRST, THIRD).await, Some(SECOND));
    assert_eq!(in_the_way(&world, SECOND, THIRD).await, Some(SECOND));
    assert_eq!(in_the_way(&world, FIRST, SECOND).await, None);
}

async fn a_repeat_is_handed_in_once_its_night_has_ended<S: PortfolioSubject>(mut world: World<S>) {
    let repeat = |world: &mut World<S>, key: Option<&str>| {
        let mut run = new_run("overnight.start", world.id(), world.id(), false);
        run.start.job_type = JobType::OvernightStart;
        run.start.data = json!({ "retryOf": FIRST });
        ByHand { run, idempotency_key: key.map(str::to_owned) }
    };
    world.begin(FIRST, FIRST, &[]).await;
    let early = repeat(&mut world, Some("key"));
    let before = world.dump().await;
    let goes_on = Handed::NightGoesOn { night: FIRST };
    assert_eq!(world.op.hand_in(&early).await.unwrap(), goes_on);
    assert_eq!(world.dump().await, before);
    let end = world.ending(FIRST, NightStatus::Partial).await;
    world.write_night(end).await;
    let queued = world.op.hand_in(&early).await.unwrap();
    assert!(matches!(queued, Handed::Queued { .. }), "{queued:?}");
    // It goes on again: who was accepted is told so, by his ids and by his key.
    world.write_night(world.planning(FIRST, 100, 2)).await;
    assert_eq!(world.status(FIRST).await, NightStatus::Started);
    assert_eq!(world.op.hand_in(&early).await.unwrap(), queued);
    let again = repeat(&mut world, Some("key"));
    assert!(matches!(world.op.hand_in(&again).await.unwrap(), Handed::Exists { .. }));
    let other = repeat(&mut world, None);
    assert_eq!(world.op.hand_in(&other).await.unwrap(), goes_on);
}

async fn a_calculation_took_from_its_claim_to_its_write<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A"]).await;
    world.investor(&user("org_1", "bob"), &[]).await;
    world.night_of(FIRST, &[("A", "11")]).await;
    let write = world.scoring_of(FIRST, 0).await;
    world.advance(3).await;
    world.write_night(NightWrite::Chunk(write)).await;
    let bodies = world.columns("calculations", &["seq", "body"]).await;
    let last = bodies.as_array().unwrap().iter().filter(|row| row[0] == 4);
    let took = last.map(|row| {
        let text = row[1].as_str();
        text.map_or(row[1].clone(), |text| serde_json::from_str(text).unwrap())["durationMs"]
            .clone()
    });
    assert_eq!(took.collect::<Value>(), json!([3_000, 3_000]));
}

async fn rates_without_any_are_passed_over<S: PortfolioSubject>(mut world: World<S>) {
    world.begin(FIRST, FIRST, &[]).await;
    let told = world.queue.night_rates(FIRST).await.unwrap();
    world.advance(60).await;
    world.begin_with(SECOND, &json!({"USD": "1"})).await;
    assert_eq!(world.queue.latest_rates(THIRD).await.unwrap(), told);
}

async fn a_night_that_went_wrong_is_seen_by_its_run_and_by_who_looks_after_all<
    S: PortfolioSubject,
>(
    mut world: World<S>,
) {
    let warnings = async |world: &World<S>| world.http.vitals().await.unwrap().warnings.unwrap();
    let outcome = async |world: &World<S>, run| {
        world.op.run_view(run).await.unwrap().map(|view| view.outcome)
    };
    for run in [FIRST, SECOND] {
        world.night_job(run, JobType::OvernightFinalize).await;
        assert_eq!(outcome(&world, run).await, Some(None));
        world.begin(run, run, &[]).await;
        assert_eq!(outcome(&world, run).await, Some(Some(NightStatus::Started)));
        world.advance(60).await;
    }
    assert_eq!(warnings(&world).await, []);
    for (run, status, kind) in [
        (FIRST, NightStatus::Failed, Some((WarningKind::NightFailed, FIRST))),
        (SECOND, NightStatus::Partial, Some((WarningKind::NightPartial, SECOND))),
        (SECOND, NightStatus::Completed, None),
    ] {
        let end = world.ending(run, status).await;
        world.write_night(end).await;
        assert_eq!(outcome(&world, run).await, Some(Some(status)));
        let wanted =
            kind.map(|(kind, id)| Warning { kind, id: Some(id), name: None, count: Some(2) });
        assert_eq!(warnings(&world).await, wanted.into_iter().collect::<Vec<_>>());
    }
}
