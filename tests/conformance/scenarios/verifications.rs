//! Verifications: which matches are asked about, that one question of a plan is asked once,
//! and that an answer is written by what it was judged by.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::ProviderTournamentId;
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::scoreboard::candidates::{CHECKED_FOR, verify_key};
use mauntic_domain::scoreboard::messages::{SettleMatchScore, VerifyMatch};
use mauntic_domain::scoreboard::settlement::settlement_key;
use mauntic_domain::scoreboard::{Match, Reason, Rules, Status};
use mauntic_flows::ports::{
    CheckPlan, Effect, EffectStore, Held, JobKey, JobStore, MatchPlace, PortError, RelayStore,
    Retired, SpawnedJob, VerificationNote, VerificationStore, VerificationWrite, VerifiedRow,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use super::given_boards::{MATCHES, TOURNAMENT, key, result, round};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    what_is_due_comes_by_its_likely_end
    only_tournaments_with_a_provider_are_asked_about
    of_a_closed_tournament_nobody_is_asked
    a_plan_asks_once
    what_was_planned_or_verified_since_is_left_out
    a_key_that_stands_is_no_second_job
    an_answer_is_written_with_what_came_of_it
    an_answer_that_changes_nothing_is_noted
    what_has_changed_meanwhile_is_asked_again
    a_result_is_settled_by_one_job
    an_attempt_is_noted_once
    notes_go_with_their_time
}

pub(crate) fn provider() -> ProviderTournamentId {
    ProviderTournamentId::parse("cup").expect("a name")
}

impl<S: BoardSubject> World<S> {
    /// A tournament with a provider; its matches began two hours ago.
    pub(crate) async fn provided(&mut self) {
        self.tournament().await;
        self.subject.put_provider(&key("org_1"), Some(&provider())).await;
    }

    async fn stored(&self, at: usize) -> Match {
        let inputs = self.queue.verification_inputs(&self.place(at)).await.expect("read");
        inputs.expect("a match").stored
    }

    async fn put(&self, at: usize, stored: &Match) {
        self.subject.put_match(&self.place(at), &round("Matchday 1"), stored).await;
    }

    /// What a plan decides about a match, in the run of its job.
    async fn check(&mut self, at: usize, held: &Held, nominal: DateTime<Utc>) -> CheckPlan {
        let MatchPlace { organization_id, tournament_id, match_id } = self.place(at);
        let stored = self.stored(at).await;
        let next_check_at = Some(self.subject.now() + CHECKED_FOR);
        let data = VerifyMatch { organization_id, tournament_id, match_id, next_check_at };
        let job = SpawnedJob {
            id: self.id(),
            job: Job::VerifyMatch(data),
            idempotency_key: Some(verify_key(tournament_id, match_id, nominal)),
            run_id: held.run_id,
            request_id: Some("request-1".to_owned()),
            starter: None,
        };
        CheckPlan { place: self.place(at), due_at: stored.next_check_at, next_check_at, job }
    }

    /// A planner's job that is held, and its run.
    async fn planner(&mut self, name: &'static str) -> (Uuid, Held) {
        let (run, id) = self.open(name, true).await;
        (run, self.hold_alone(id).await)
    }

    async fn write_plan(&mut self, held: &Held, checks: Vec<CheckPlan>) {
        let whole = Effect { checks, ..effect(self.subject.now(), &[held]) };
        self.queue.commit(&whole).await.expect("committed");
    }

    fn note(&self, at: usize, held: &Held, reason: Reason, version: i32) -> VerificationNote {
        VerificationNote {
            place: self.place(at),
            job_id: held.id,
            attempt: held.claim,
            fetched_at: self.subject.now(),
            reason,
            result_version: version,
        }
    }

    /// What a verification that sees the end of a match decides.
    async fn ended(&mut self, at: usize, held: &Held) -> Effect {
        let (was, now) = (self.stored(at).await, self.subject.now());
        let becomes = Match {
            status: Status::Ended,
            result: Some(result("2:1")),
            result_version: was.result_version + 1,
            last_checked_at: Some(now),
            ended_at: Some(now),
            next_check_at: Some(now + TimeDelta::minutes(15)),
            ..was
        };
        let note = self.note(at, held, Reason::Ended, becomes.result_version);
        let row = Some(VerifiedRow { rules_version: 1, was, becomes });
        let MatchPlace { organization_id, tournament_id, match_id } = self.place(at);
        let result_version = becomes.result_version;
        let data = SettleMatchScore { organization_id, tournament_id, match_id, result_version };
        let settlement = SpawnedJob {
            id: self.id(),
            job: Job::SettleMatchScore(data),
            idempotency_key: Some(settlement_key(match_id, result_version)),
            run_id: held.run_id,
            request_id: None,
            starter: None,
        };
        let verifications = vec![VerificationWrite { row, note }];
        Effect { verifications, spawned: vec![settlement], ..effect(now, &[held]) }
    }

    /// Jobs of a type: their keys.
    async fn keys(&mut self, of: &str) -> Vec<Value> {
        let dump = self.dump().await;
        let jobs = dump["jobs"].as_array().expect("a table").iter();
        jobs.filter(|job| job["type"] == of).map(|job| job["idempotency_key"].clone()).collect()
    }
}

const VERIFY: &str = "scoreboard.verify-match";
const SETTLE: &str = "scoreboard.settle-match-score";

async fn what_is_due_comes_by_its_likely_end<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let now = world.subject.now();
    let began = |minutes| Match::scheduled(now - TimeDelta::minutes(minutes));
    // Of two that are as near the one that began earlier, and of two that began together
    // the one whose place is first.
    world.put(0, &began(110)).await;
    world.put(1, &began(120)).await;
    world.put(2, &began(110)).await;
    world.same_elsewhere().await;
    world.subject.put_provider(&key("org_2"), Some(&provider())).await;
    let elsewhere = MatchPlace { organization_id: organization("org_2"), ..world.place(0) };
    world.subject.put_match(&elsewhere, &round("Final"), &began(115)).await;
    let read = world.queue.due_matches(now, 9).await.unwrap();
    let places: Vec<&MatchPlace> = read.iter().map(|due| &due.place).collect();
    assert_eq!(places, [&elsewhere, &world.place(1), &world.place(0), &world.place(2)]);
    assert_eq!(read[1].stored, began(120));
    assert_eq!(read[1].correction, TimeDelta::hours(48));
    assert_eq!(world.queue.due_matches(now, 2).await.unwrap(), read[..2]);
    let later = Match { next_check_at: Some(now + TimeDelta::microseconds(1)), ..began(120) };
    world.put(1, &later).await;
    world.put(0, &Match { next_check_at: None, ..began(110) }).await;
    let read = world.queue.due_matches(now, 9).await.unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].place, world.place(2));
}

async fn only_tournaments_with_a_provider_are_asked_about<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let now = world.subject.now();
    assert_eq!(world.queue.due_matches(now, 9).await.unwrap(), []);
    let inputs = world.queue.verification_inputs(&world.place(0)).await.unwrap().unwrap();
    assert_eq!(inputs.tournament, None);
    world.subject.put_provider(&key("org_1"), Some(&provider())).await;
    assert_eq!(world.queue.due_matches(now, 9).await.unwrap().len(), 3);
    let inputs = world.queue.verification_inputs(&world.place(0)).await.unwrap().unwrap();
    assert_eq!(inputs.tournament, Some(provider()));
    assert_eq!(inputs.external_id.as_str(), MATCHES[0].to_string());
    assert_eq!((inputs.policy, inputs.rules_version), (Rules::default().policy(), 1));
    assert_eq!(inputs.now, now);
    let nobody = MatchPlace { match_id: Uuid::from_u128(9), ..world.place(0) };
    assert_eq!(world.queue.verification_inputs(&nobody).await.unwrap(), None);
    world.subject.put_provider(&key("org_1"), None).await;
    assert_eq!(world.queue.due_matches(now, 9).await.unwrap(), []);
}

async fn of_a_closed_tournament_nobody_is_asked<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let whole = world.ended(0, &held).await;
    world.subject.close_tournament(&key("org_1")).await;
    let now = world.subject.now();
    assert_eq!(world.queue.due_matches(now, 9).await.unwrap(), []);
    assert_eq!(world.queue.provided_tournaments(None, 9).await.unwrap(), []);
    let inputs = world.queue.verification_inputs(&world.place(0)).await.unwrap().unwrap();
    assert_eq!(inputs.tournament, None);
    // What was decided before changes nothing any more.
    let before = world.dump().await;
    let committed = world.queue.commit(&whole).await;
    assert!(matches!(committed, Err(PortError::Contention { .. })), "{committed:?}");
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn a_plan_asks_once<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let nominal = world.subject.now();
    let (run, held) = world.planner("first").await;
    let checks = vec![world.check(0, &held, nominal).await, world.check(1, &held, nominal).await];
    let jobs: Vec<Uuid> = checks.iter().map(|check| check.job.id).collect();
    world.write_plan(&held, checks).await;
    let id = MATCHES[0];
    let row = json!({"state": "queued", "type": VERIFY, "organization_id": "org_1",
        "run_id": run, "wake_at": "+0s", "available_at": "+0s", "request_id": "request-1",
        "failures_max": 3, "version": 1,
        "idempotency_key": verify_key(TOURNAMENT, id, nominal)});
    world.expect_job(jobs[0], row).await;
    world.expect_run(run, json!({"status": "running", "jobs_total": 3, "jobs_done": 1})).await;
    assert_eq!(world.table("matches").await[0]["next_check_at"], "+240s");
    assert_eq!(world.table("matches").await[2]["next_check_at"], "-7200s");
    let due = world.queue.due_matches(world.subject.now(), 9).await.unwrap();
    assert_eq!(due.len(), 1, "the others wait");
    world.advance(240).await;
    assert_eq!(world.queue.due_matches(world.subject.now(), 9).await.unwrap().len(), 3);
}

async fn what_was_planned_or_verified_since_is_left_out<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let now = world.subject.now();
    let (_, one) = world.planner("one").await;
    let (run, other) = world.planner("other").await;
    let first = vec![world.check(0, &one, now).await];
    let second = vec![
        world.check(0, &other, now + TimeDelta::minutes(1)).await,
        world.check(1, &other, now + TimeDelta::minutes(1)).await,
    ];
    world.write_plan(&one, first).await;
    world.write_plan(&other, second).await;
    assert_eq!(world.keys(VERIFY).await.len(), 2, "one a match");
    // Its run counts the job that there is, and is over with it.
    world.expect_run(run, json!({"status": "running", "jobs_total": 2, "jobs_done": 1})).await;
}

async fn a_key_that_stands_is_no_second_job<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let nominal = world.subject.now();
    let (_, one) = world.planner("one").await;
    let first = vec![world.check(0, &one, nominal).await];
    world.write_plan(&one, first).await;
    world.advance(300).await;
    let (run, other) = world.planner("other").await;
    let check = world.check(0, &other, nominal).await;
    let late = Effect {
        checks: vec![check.clone()],
        spawned: vec![SpawnedJob { id: world.id(), ..check.job }],
        ..effect(world.subject.now(), &[&other])
    };
    world.queue.commit(&late).await.unwrap();
    assert_eq!(world.keys(VERIFY).await.len(), 1);
    world.expect_run(run, json!({"status": "completed", "jobs_total": 1, "jobs_done": 1})).await;
    assert_eq!(world.table("matches").await[0]["next_check_at"], "+240s");
    // A job that was cancelled stands for nothing.
    let dump = world.dump().await;
    let rows = dump["jobs"].as_array().unwrap();
    let stands = rows.iter().find(|job| job["type"] == VERIFY).unwrap()["id"].clone();
    let stands = world.labels.id(stands.as_str().unwrap());
    world.queue.cancel(&[stands]).await.unwrap();
    world.advance(300).await;
    let (run, third) = world.planner("third").await;
    let check = world.check(0, &third, nominal).await;
    world.write_plan(&third, vec![check]).await;
    world.expect_run(run, json!({"status": "running", "jobs_total": 2})).await;
}

async fn an_answer_is_written_with_what_came_of_it<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let whole = world.ended(0, &held).await;
    world.queue.commit(&whole).await.unwrap();
    let row = world.table("matches").await[0].clone();
    crate::dump::assert_has(
        &row,
        &json!({"status": "ended", "result": r#"{"ft":[2,1]}"#, "result_version": 1,
            "settled_version": 0, "last_checked_at": "+0s", "ended_at": "+0s",
            "next_check_at": "+900s"}),
    );
    let noted = json!([{"job_id": job, "attempt": 1, "organization_id": "org_1",
        "match_id": MATCHES[0], "fetched_at": "+0s", "outcome": "settled", "reason": "ended",
        "result_version": 1}]);
    let noted = world.labels.canonical(world.subject.now(), noted);
    assert_eq!(json!(world.table("verifications").await), noted);
    assert_eq!(world.keys(SETTLE).await, [json!(settlement_key(MATCHES[0], 1))]);
}

async fn an_answer_that_changes_nothing_is_noted<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let before = world.table("matches").await;
    let note = world.note(1, &held, Reason::Stale, 0);
    let verifications = vec![VerificationWrite { row: None, note }];
    let whole = Effect { verifications, ..effect(world.subject.now(), &[&held]) };
    world.queue.commit(&whole).await.unwrap();
    assert_eq!(world.table("matches").await, before);
    let noted = world.table("verifications").await;
    assert_eq!((noted.len(), &noted[0]["outcome"]), (1, &json!("noop")));
}

async fn what_has_changed_meanwhile_is_asked_again<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let moment = TimeDelta::microseconds(1);
    for change in 0..6 {
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        let whole = world.ended(0, &held).await;
        let stored = world.stored(0).await;
        let now = world.subject.now();
        let changed = match change {
            0 => Match { status: Status::Live, ..stored },
            1 => Match { kickoff: stored.kickoff - moment, ..stored },
            2 => Match { last_checked_at: Some(now), ..stored },
            3 => Match { last_checked_at: None, ..stored },
            4 => Match {
                status: Status::Ended,
                result: Some(result("1:1")),
                result_version: 1,
                ended_at: Some(now),
                ..stored
            },
            _ => stored,
        };
        world.put(0, &changed).await;
        if change == 5 {
            world.change_rules(&Rules { correction_hours: 1, ..Rules::default() }).await;
        }
        let before = world.dump().await;
        let committed = world.queue.commit(&whole).await;
        assert!(matches!(committed, Err(PortError::Contention { .. })), "{change}: {committed:?}");
        world.reopen().await;
        assert_eq!(world.dump().await, before, "{change}");
    }
}

async fn a_result_is_settled_by_one_job<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let before = world.stored(0).await;
    for _ in 0..2 {
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        let whole = world.ended(0, &held).await;
        world.queue.commit(&whole).await.unwrap();
        // As no statement of ours does: the version comes again.
        world.put(0, &before).await;
    }
    assert_eq!(world.keys(SETTLE).await, [json!(settlement_key(MATCHES[0], 1))]);
    assert_eq!(world.table("verifications").await.len(), 2);
}

async fn an_attempt_is_noted_once<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let note = world.note(0, &held, Reason::Unreachable, 0);
    for _ in 0..2 {
        world.queue.note_verification(&note).await.unwrap();
    }
    let again = VerificationNote { reason: Reason::Refused, attempt: 2, ..note };
    world.queue.note_verification(&again).await.unwrap();
    let noted = world.table("verifications").await;
    let noted: Vec<Value> =
        noted.iter().map(|row| json!([row["attempt"], row["outcome"], row["reason"]])).collect();
    assert_eq!(noted, [json!([1, "retry", "unreachable"]), json!([2, "retry", "refused"])]);
}

async fn notes_go_with_their_time<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let note = world.note(0, &held, Reason::NotEnded, 0);
    for attempt in 1..=3 {
        world.queue.note_verification(&VerificationNote { attempt, ..note.clone() }).await.unwrap();
        world.advance(1).await;
    }
    world.subject.advance(KEEP_MIN - TimeDelta::seconds(3)).await;
    let gone = |verifications| Retired { verifications, ..Retired::default() };
    // Its deliveries go as well.
    let retire = async |world: &World<S>, limit| {
        let gone = world.queue.retire(KEEP_MIN, limit).await.unwrap();
        Retired { deliveries: 0, ..gone }
    };
    assert_eq!(retire(&world, 9).await, gone(0));
    world.advance(3).await;
    assert_eq!(retire(&world, 2).await, gone(2));
    assert_eq!(world.table("verifications").await[0]["attempt"], 3);
    assert_eq!(retire(&world, 2).await, gone(1));
}
