//! The steps of a history. Ids are those of the double; another subject's are
//! found by their names.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::limits::{KEEP_MIN, RUN_IDLE};
use mauntic_domain::notifications::Window;
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{
    AloneRequest, ClaimRequest, Dependency, Effect, EffectStore, GuardStore, Held, JobStore,
    JudgedSchedule, KeyStore, NewJob, NewRun, PortError, RelayStore, RequestKey, RunStore,
    ScheduleStore, SetBackJob, TenantStore,
};
use mauntic_tests::ports::INSTANCE;
use serde_json::{Value, json};
use uuid::Uuid;

use super::deeds::Deed;
use super::replies::Reply;
use super::sights::Sight;
use crate::dump::Labels;
use crate::subject::{QUEUE, RawJob, Subject, World, contact, organization};

/// Longest list that is asked for in one page.
const PAGE: i64 = 10;

/// Rows of a table that retention takes at most: all there are, because which
/// of them go first is not said.
const ALL: i64 = 10_000;

/// A step.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Advance(i64),
    PutJob(RawJob),
    DecideLetters,
    Claim(ClaimRequest),
    Bury(ClaimRequest),
    ClaimAlone(AloneRequest),
    SetBack(Vec<SetBackJob>),
    HandBack(Uuid, i32),
    PutOff(Vec<Uuid>),
    Absolve(Uuid),
    Release(Uuid),
    Expire(i64),
    Cancel(Vec<Uuid>),
    Replay(Uuid),
    Commit(Effect),
    TakeDue(i64),
    TakeHeldBack(&'static str),
    MarkSent(Vec<Uuid>),
    MarkOwnSent(&'static str, Vec<Uuid>),
    TakeEvents(i64),
    MarkEventsSent(Vec<Uuid>),
    Beat(&'static str, u32),
    Retire,
    OpenRun(NewRun),
    Run(Uuid),
    CancelRun(Uuid),
    Recount(i64),
    Schedules(Vec<&'static str>),
    WriteJudged(JudgedSchedule),
    Pause(&'static str, Option<&'static str>),
    PutBreaker(i64, Breaker),
    TryRecord(&'static str, Uuid, Uuid),
    Enqueue(&'static str, Vec<NewJob>, Option<RequestKey>),
    PutFeatures(&'static str, &'static str, Box<Features>, NewJob),
    Score(&'static str, &'static str),
    Leaderboard(&'static str),
    QueueStats,
    PlanRanges(u32, u32),
    AdvanceReplays(i64),
    Act(Deed, Option<&'static str>),
    See(Sight),
}

impl Op {
    /// The same step with the ids of another subject.
    pub(super) fn translated(mut self, from: &mut Labels, to: &Labels) -> Self {
        for id in self.ids() {
            *id = to.id(&from.name(*id));
        }
        self
    }

    /// Every id that a database may have made.
    fn ids(&mut self) -> Vec<&mut Uuid> {
        match self {
            Self::Claim(request) | Self::Bury(request) => {
                request.addresses.iter_mut().map(|(id, _)| id).collect()
            }
            Self::ClaimAlone(request) => vec![&mut request.id],
            Self::SetBack(jobs) => jobs.iter_mut().map(|job| &mut job.id).collect(),
            Self::HandBack(id, _) | Self::Replay(id) => vec![id],
            Self::PutOff(ids)
            | Self::Cancel(ids)
            | Self::MarkSent(ids)
            | Self::MarkOwnSent(_, ids)
            | Self::MarkEventsSent(ids) => ids.iter_mut().collect(),
            Self::Commit(effect) => {
                let jobs = effect.jobs.iter_mut().map(|job| &mut job.id);
                let scores = effect.scores.iter_mut().map(|score| &mut score.job_id);
                let events = effect.events.iter_mut().map(|event| &mut event.job_id);
                jobs.chain(scores).chain(events).collect()
            }
            Self::Act(deed, _) => deed.ids(),
            Self::See(sight) => sight.ids(),
            _ => Vec::new(),
        }
    }

    /// Does the step; after an error on new sessions.
    pub(super) async fn apply<S: Subject>(self, world: &mut World<S>) -> Value {
        let reply = match self {
            Self::Advance(secs) => {
                world.advance(secs).await;
                Ok(json!(null))
            }
            Self::PutJob(job) => {
                world.subject.put_jobs(&[job]).await;
                Ok(json!(null))
            }
            Self::DecideLetters => {
                world.subject.decide_letters().await;
                Ok(json!(null))
            }
            Self::Act(deed, key) => deed.apply(world, key).await,
            Self::See(sight) => sight.apply(world).await,
            op => match op.of_jobs(world).await {
                Done::Reply(reply) => reply,
                Done::NotMine(op) => match op.of_runs(world).await {
                    Done::Reply(reply) => reply,
                    Done::NotMine(op) => op.of_the_rest(world).await,
                },
            },
        };
        match reply {
            Ok(reply) => reply,
            Err(error) => {
                world.reopen().await;
                json!({ "refused": error.code() })
            }
        }
    }

    async fn of_jobs<S: Subject>(self, world: &World<S>) -> Done {
        let store = &world.queue;
        Done::Reply(match self {
            Self::Claim(request) => store.claim(&request).await.map(Reply::value),
            Self::Bury(request) => store.bury(&request).await.map(Reply::value),
            Self::ClaimAlone(request) => store.claim_alone(request).await.map(Reply::value),
            Self::SetBack(jobs) => store.set_back(&jobs).await.map(|ids| json!(ids)),
            Self::HandBack(id, claim) => {
                store.hand_back(&held(id, claim)).await.map(|moved| json!(moved))
            }
            Self::PutOff(ids) => store.put_off(QUEUE, &ids).await.map(Reply::value),
            Self::Absolve(token) => store.absolve(token).await.map(|()| json!(null)),
            Self::Release(token) => store.release(token).await.map(|count| json!(count)),
            Self::Expire(limit) => store.expire(limit).await.map(Reply::value),
            Self::Cancel(ids) => store.cancel(&ids).await.map(|ids| json!(ids)),
            Self::Replay(id) => store.replay(id).await.map(|it| json!(format!("{it:?}"))),
            Self::Commit(effect) => store.commit(&effect).await.map(|it| json!(format!("{it:?}"))),
            Self::TakeHeldBack(owner) => {
                store.take_held_back(QUEUE, &[owner]).await.map(Reply::value)
            }
            Self::TakeDue(limit) => store.take_due(limit).await.map(Reply::value),
            Self::MarkSent(ids) => store.mark_sent(&ids).await.map(|()| json!(null)),
            Self::MarkOwnSent(owner, ids) => {
                let marked = world.http.mark_own_sent(&organization(owner), &ids).await;
                marked.map(|()| json!(null))
            }
            Self::TakeEvents(limit) => store.take_events(limit).await.map(Reply::value),
            Self::MarkEventsSent(ids) => store.mark_events_sent(&ids).await.map(|()| json!(null)),
            op => return Done::NotMine(Box::new(op)),
        })
    }

    async fn of_runs<S: Subject>(self, world: &World<S>) -> Done {
        let store = &world.queue;
        Done::Reply(match self {
            Self::Beat(duty, secs) => store.beat(duty, secs, &INSTANCE).await.map(|()| json!(null)),
            Self::Retire => store.retire(KEEP_MIN, ALL).await.map(|it| json!(format!("{it:?}"))),
            Self::OpenRun(run) => store.open_run(&run, "api").await.map(Reply::value),
            Self::Run(id) => store.run(id).await.map(Reply::value),
            Self::CancelRun(id) => store.cancel_run(id).await.map(|count| json!(count)),
            Self::Recount(limit) => {
                store.recount(RUN_IDLE, limit).await.map(|it| json!(format!("{it:?}")))
            }
            Self::Schedules(keys) => store.schedules(&keys).await.map(Reply::value),
            Self::WriteJudged(judged) => store.write_judged(&judged).await.map(Reply::value),
            Self::Pause(key, note) => store.pause(key, note).await.map(|it| json!(it)),
            Self::AdvanceReplays(secs) => {
                let advanced = store.advance_replays(TimeDelta::seconds(secs), None).await;
                advanced.map(|it| json!([it.released, it.ended]))
            }
            op => return Done::NotMine(Box::new(op)),
        })
    }

    async fn of_the_rest<S: Subject>(self, world: &World<S>) -> Result<Value, PortError> {
        let (queue, http) = (&world.queue, &world.http);
        match self {
            Self::PutBreaker(version, breaker) => {
                let dependency = Dependency::AlertWebhook;
                queue.put_breaker(dependency, version, breaker).await.map(|it| json!(it))
            }
            Self::TryRecord(subject, token, fresh) => {
                let window = Window::hours(1);
                queue.try_record(subject, "signal", window, token, fresh).await.map(Reply::value)
            }
            Self::Enqueue(owner, jobs, key) => {
                http.enqueue(&organization(owner), &jobs, key.as_ref()).await.map(Reply::value)
            }
            Self::PutFeatures(owner, name, features, job) => {
                let (owner, name) = (organization(owner), contact(name));
                let stored = http.put_features(&owner, &name, &features, &job).await;
                stored.map(|it| json!([it.input_version, vec![it.job].value()]))
            }
            Self::Score(owner, name) => {
                http.score(&organization(owner), &contact(name)).await.map(Reply::value)
            }
            Self::Leaderboard(owner) => {
                let lines = http.leaderboard(&organization(owner), None, PAGE).await;
                lines.map(|lines| json!(format!("{lines:?}")))
            }
            Self::QueueStats => http.queue_stats().await.map(|it| json!(format!("{it:?}"))),
            Self::PlanRanges(contacts, ranges) => {
                let planned = queue.plan_ranges(None, contacts, ranges).await;
                planned.map(|it| json!([it.ranges, it.config_epoch]))
            }
            other => panic!("no port does {other:?}"),
        }
    }
}

/// A reply, or the step of another port.
enum Done {
    Reply(Result<Value, PortError>),
    NotMine(Box<Op>),
}

/// All that handing back looks at.
fn held(id: Uuid, claim: i32) -> Held {
    Held {
        id,
        claim,
        type_name: String::new(),
        version: 1,
        data: Value::Null,
        organization_id: None,
        run_id: None,
        scheduled_for: None,
        request_id: None,
        starter: None,
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        failures: 0,
        failures_max: 1,
        snoozes: 0,
        snooze_reason: None,
    }
}
