//! What operators see of jobs, runs, schedules and breakers.

use chrono::TimeDelta;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    BreakerRow, Dependency, GuardStore, JobFilter, JobKey, JobView, Judged, JudgedSchedule,
    NewOccurrence, OperatorStore, Page, RunStart, RunStore, ScheduleRow, ScheduleStore,
    TenantStore,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::NEWEST;
use super::given::{dead, failed, idempotent, raw, scoring};
use crate::subject::{QUEUE, RawJob, Subject, World, organization};

on_both! {
    jobs_are_found_by_what_they_are
    pages_of_jobs_go_on_while_jobs_come
    a_job_shows_all_that_is_known
    runs_are_listed_and_shown
    a_schedule_shows_its_newest_run_and_occurrence
    occurrences_are_listed_newest_first
    every_breaker_is_shown
    a_breaker_is_reset_whatever_its_state
}

async fn found<S: Subject>(world: &World<S>, filter: &JobFilter) -> Vec<Uuid> {
    let page = world.op.jobs(filter, NEWEST).await.unwrap();
    page.items.iter().map(|job| job.id).collect()
}

async fn jobs_are_found_by_what_they_are<S: Subject>(mut world: World<S>) {
    let ada = world.one(idempotent("key")).await;
    world.advance(1).await;
    let given_up = world.dead_letter(idempotent("other")).await;
    world.advance(1).await;
    let (run, planner) = world.open("a-schedule", true).await;
    world.advance(1).await;
    let new = [scoring("org_2", "bob", JobKey::None)];
    let of_other = world.http.enqueue(&organization("org_2"), &new, None).await.unwrap()[0].id;
    world.advance(1).await;
    let elsewhere = RawJob { queue: Queue::OvernightJobs.name(), ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&elsewhere)).await;
    let elsewhere = elsewhere.id;
    let none = JobFilter::default();
    let text = |text: &str| Some(text.to_owned());
    let states = |states: &[JobState]| JobFilter { states: states.to_vec(), ..none.clone() };
    let payload = |payload| JobFilter { payload: Some(payload), ..none.clone() };
    for (filter, expected) in [
        (none.clone(), vec![elsewhere, of_other, planner, given_up, ada]),
        (JobFilter { ids: vec![ada, of_other, Uuid::max()], ..none.clone() }, vec![of_other, ada]),
        (JobFilter { queue: Some(Queue::OvernightJobs), ..none.clone() }, vec![elsewhere]),
        (JobFilter { type_name: text("scoring.BatchRecompute"), ..none.clone() }, vec![planner]),
        (JobFilter { organization_id: text("org_2"), ..none.clone() }, vec![of_other]),
        (states(&[JobState::DeadLettered]), vec![given_up]),
        (states(&[JobState::DeadLettered, JobState::Completed]), vec![given_up]),
        (states(&[JobState::Failed]), vec![]),
        (JobFilter { idempotency_key: text("key"), ..none.clone() }, vec![ada]),
        (JobFilter { idempotency_key: text("other"), ..none.clone() }, vec![given_up]),
        (JobFilter { idempotency_key: text("no"), ..none.clone() }, vec![]),
        (JobFilter { run_id: Some(run), ..none.clone() }, vec![planner]),
        (payload(json!({"contactId": "bob"})), vec![of_other]),
        (payload(json!({"contactId": "nobody"})), vec![]),
        (
            JobFilter {
                organization_id: text("org_1"),
                states: vec![JobState::Queued],
                queue: Some(QUEUE),
                payload: Some(json!({"organizationId": "org_1"})),
                ..none.clone()
            },
            vec![ada],
        ),
    ] {
        assert_eq!(found(&world, &filter).await, expected, "{filter:?}");
    }
}

async fn pages_of_jobs_go_on_while_jobs_come<S: Subject>(mut world: World<S>) {
    let mut stay = Vec::new();
    for _ in 0..7 {
        stay.push(world.one(JobKey::None).await);
    }
    let (mut page, mut listed) = (Page { before: None, limit: 2 }, Vec::new());
    loop {
        let part = world.op.jobs(&JobFilter::default(), page).await.unwrap();
        listed.extend(part.items.iter().map(|job| job.id));
        world.one(JobKey::None).await;
        let Some(next) = part.next else { break };
        page.before = Some(next);
    }
    stay.reverse();
    assert_eq!(listed, stay, "what came meanwhile is before the first page");
    world.dump().await;
}

async fn a_job_shows_all_that_is_known<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    let held = world.hold(id).await;
    world.set_back(&held, failed(30)).await;
    let detail = world.op.job(id).await.unwrap().unwrap();
    let now = world.subject.now();
    let expected = JobView {
        id,
        queue: QUEUE.name().to_owned(),
        type_name: "scoring.CalculateScore".to_owned(),
        version: 1,
        organization_id: Some("org_1".to_owned()),
        run_id: None,
        state: JobState::Failed,
        claim: 1,
        failures: 1,
        failures_max: 3,
        snooze_reason: None,
        idempotency_key: Some("key".to_owned()),
        request_id: Some("request-1".to_owned()),
        replays: 0,
        created_at: now,
        available_at: now + TimeDelta::seconds(30),
        expires_at: now + TimeDelta::days(7),
        lease_until: None,
        finished_at: None,
        last_error: Some("it broke".to_owned()),
    };
    assert_eq!(detail.job, expected);
    assert_eq!(detail.data, json!({"organizationId": "org_1", "contactId": "ada"}));
    let errors: Vec<_> = detail.errors.iter().map(|one| (one.claim, one.error.as_str())).collect();
    assert_eq!(errors, [(1, "it broke")]);
    assert_eq!((detail.receipt, detail.coalesced, detail.scheduled_for), (None, 0, None));
    let listed = world.op.jobs(&JobFilter::default(), NEWEST).await.unwrap();
    assert_eq!(listed.items, [expected]);
    world.advance(30).await;
    let held = world.hold(id).await;
    let leased = world.op.job(id).await.unwrap().unwrap().job.lease_until;
    assert_eq!(leased, Some(world.subject.now() + TimeDelta::seconds(60)));
    world.complete(&[&held]).await;
    let detail = world.op.job(id).await.unwrap().unwrap();
    assert_eq!(detail.receipt, Some(json!({"scored": 1})));
    assert_eq!(detail.job.finished_at, Some(world.subject.now()));
    assert_eq!(world.op.job(Uuid::max()).await.unwrap(), None);
}

async fn runs_are_listed_and_shown<S: Subject>(mut world: World<S>) {
    let mut runs = Vec::new();
    for _ in 0..3 {
        let (run, job) = world.open("a-schedule", true).await;
        let held = world.hold_alone(job).await;
        world.set_back(&held, dead(true)).await;
        runs.push(run);
        world.advance(10).await;
    }
    world.open("another", true).await;
    runs.reverse();
    let mut listed = Vec::new();
    let mut page = Page { before: None, limit: 2 };
    loop {
        let part = world.op.runs("a-schedule", page).await.unwrap();
        listed.extend(part.items.iter().map(|run| run.run.id));
        let Some(next) = part.next else { break };
        page.before = Some(next);
    }
    assert_eq!(listed, runs);
    assert!(world.op.runs("no.such", NEWEST).await.unwrap().items.is_empty());
    let shown = world.op.run_view(runs[0]).await.unwrap().unwrap();
    assert_eq!(Some(shown.run.clone()), world.queue.run(runs[0]).await.unwrap());
    assert_eq!(shown.request_id.as_deref(), Some("request-3"));
    assert_eq!(
        (shown.organization_id, shown.scheduled_for, shown.cancelled_at),
        (None, None, None)
    );
    assert_eq!(world.op.run_view(Uuid::max()).await.unwrap(), None);
}

pub(super) const SCHEDULE: &str = "scoring.batch-recompute";

/// So many minutes are judged: of each, what became of it.
pub(super) async fn judge<S: Subject>(world: &mut World<S>, outcomes: &[Outcome]) -> Vec<Uuid> {
    let from = world.subject.now();
    let mut started = Vec::new();
    let mut occurrences = Vec::new();
    for (ordinal, outcome) in (0..).zip(outcomes) {
        let start = outcome.runs().then(|| RunStart {
            run_id: world.id(),
            job_id: world.id(),
            job_type: JobType::BatchRecompute,
            data: json!({}),
            exclusive: false,
            request_id: "tick".to_owned(),
        });
        started.extend(start.as_ref().map(|start| start.run_id));
        let nominal_at = from + TimeDelta::minutes(ordinal + 1);
        occurrences.push(NewOccurrence { nominal_at, outcome: *outcome, ordinal, start });
    }
    world.advance(60 * i64::try_from(outcomes.len()).unwrap()).await;
    let rows = world.queue.schedules(&[SCHEDULE]).await.unwrap().rows;
    let judged = JudgedSchedule {
        job_key: SCHEDULE.into(),
        cron: "* * * * *".to_owned(),
        judged_from: rows.first().map(ScheduleRow::judged_from),
        judged_until: world.subject.now(),
        ordinal_next: Some(9),
        occurrences,
    };
    let written = world.queue.write_judged(&judged).await.unwrap();
    assert_eq!(written, Judged::Written { started: started.clone() });
    started
}

async fn a_schedule_shows_its_newest_run_and_occurrence<S: Subject>(mut world: World<S>) {
    let fresh = world.op.cron_rows(&[SCHEDULE, "scoring.signal-decay"]).await.unwrap();
    let shown: Vec<_> = fresh
        .iter()
        .map(|row| (row.job_key.as_str(), row.last_run.is_some(), row.open_run))
        .collect();
    assert_eq!(shown, [(SCHEDULE, false, None), ("scoring.signal-decay", false, None)]);
    let paused = Outcome::Skipped(SkipReason::Paused);
    let started = judge(&mut world, &[Outcome::Ran, Outcome::Missed, Outcome::Ran, paused]).await;
    let rows = world.op.cron_rows(&[SCHEDULE]).await.unwrap();
    let last = rows[0].last_run.as_ref().unwrap();
    assert_eq!((last.run.id, last.run.trigger.as_str()), (started[1], "schedule"));
    assert_eq!(last.scheduled_for, Some(world.subject.now() - TimeDelta::minutes(1)));
    assert!(started.contains(&rows[0].open_run.unwrap()));
    let newest = rows[0].last_occurrence.as_ref().unwrap();
    assert_eq!((newest.nominal_at, newest.outcome), (world.subject.now(), paused));
    assert_eq!((newest.run_id, newest.judged_at), (None, world.subject.now()));
    for run in started {
        world.queue.cancel_run(run).await.unwrap();
    }
    assert_eq!(world.op.cron_rows(&[SCHEDULE]).await.unwrap()[0].open_run, None);
    // The one with the lock is the one that is in the way.
    let (locked, _) = world.open(SCHEDULE, true).await;
    world.open(SCHEDULE, false).await;
    assert_eq!(world.op.cron_rows(&[SCHEDULE]).await.unwrap()[0].open_run, Some(locked));
}

async fn occurrences_are_listed_newest_first<S: Subject>(mut world: World<S>) {
    let overlap = Outcome::Skipped(SkipReason::Overlap);
    let outcomes = [Outcome::Missed, Outcome::Ran, Outcome::Late, Outcome::Backfilled, overlap];
    let began = world.subject.now();
    let started = judge(&mut world, &outcomes).await;
    let (mut before, mut listed) = (None, Vec::new());
    loop {
        let part = world.op.occurrences(SCHEDULE, before, 2).await.unwrap();
        before = part.last().map(|one| one.nominal_at);
        if before.is_none() {
            break;
        }
        listed.extend(part);
    }
    let shown: Vec<_> = listed.iter().map(|one| (one.nominal_at, one.outcome)).collect();
    let minute = |n: i64| began + TimeDelta::minutes(n);
    let expected: Vec<_> = (1..).map(minute).zip(outcomes).collect();
    assert_eq!(shown, expected.into_iter().rev().collect::<Vec<_>>());
    let runs: Vec<Uuid> = listed.iter().rev().filter_map(|one| one.run_id).collect();
    assert_eq!(runs, started);
    assert!(world.op.occurrences("no.such", None, 9).await.unwrap().is_empty());
}

async fn every_breaker_is_shown<S: Subject>(world: World<S>) {
    let healthy = |of: Dependency, changed_at| BreakerRow {
        name: of.name().to_owned(),
        breaker: Breaker::Healthy,
        changed_at,
    };
    let mut all = Dependency::ALL.map(|of| healthy(of, None)).to_vec();
    let now = world.subject.now();
    assert_eq!(world.op.breakers().await.unwrap(), (all.clone(), now));
    let open = Breaker::Open { until: now + TimeDelta::seconds(120) };
    world.queue.put_breaker(Dependency::AlertWebhook, 0, open).await.unwrap();
    world.advance(5).await;
    let (rows, later) = world.op.breakers().await.unwrap();
    let webhook = healthy(Dependency::AlertWebhook, Some(now));
    all[0] = BreakerRow { breaker: open, ..webhook };
    assert_eq!(rows, all);
    assert_eq!(later, now + TimeDelta::seconds(5));
}

async fn a_breaker_is_reset_whatever_its_state<S: Subject>(world: World<S>) {
    let webhook = Dependency::AlertWebhook;
    world.op.reset_breaker(webhook).await.unwrap();
    let until = world.subject.now() + TimeDelta::seconds(120);
    for state in [
        Breaker::Failing { failures: 4 },
        Breaker::Open { until },
        Breaker::HalfOpen { successes: 1, probe_until: Some(until) },
        Breaker::Healthy,
    ] {
        let (_, version, _) = world.queue.breaker(webhook).await.unwrap();
        assert!(world.queue.put_breaker(webhook, version, state).await.unwrap());
        world.advance(1).await;
        world.op.reset_breaker(webhook).await.unwrap();
        let (breaker, after, _) = world.queue.breaker(webhook).await.unwrap();
        assert_eq!(breaker, Breaker::Healthy);
        // What was decided on the state before is decided anew.
        assert!(after > version + 1 || state == Breaker::Healthy, "{state:?}");
        let (rows, now) = world.op.breakers().await.unwrap();
        assert!(rows[0].changed_at.is_some_and(|at| at <= now));
    }
}
