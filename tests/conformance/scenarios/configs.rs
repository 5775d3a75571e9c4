//! Configurations: made of the state that was seen, published once, and never
//! published without a run that scores by it.

use mauntic_domain::scoring::document::PUBLISH_JOB_KEY;
use mauntic_domain::scoring::{Config, SignalConfig};
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigStore, ConfigToken, EffectStore, JobStore, Opened, OperatorStore,
    PortError, Publication, Repeat, RequestKey, RunStore, Unchanged,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{dead, effect, new_run, spawned};
use crate::dump::none;
use crate::subject::{Subject, World, organization};

on_both! {
    a_configuration_begins_empty
    a_draft_begins_as_what_is_published
    what_was_not_seen_is_not_changed
    a_discarded_draft_leaves_a_higher_revision
    a_publication_is_the_next_version_and_opens_a_run
    what_is_published_replaces_what_was
    a_publication_joins_an_open_run
    organizations_have_locks_of_their_own
    whatever_ends_a_run_that_is_behind_opens_the_next
    a_run_that_is_not_behind_opens_none
    a_run_that_never_planned_opens_none
    what_met_a_run_that_never_planned_is_followed
    a_key_is_answered_once
}

pub(crate) const NOTHING: ConfigToken = ConfigToken { version: 0, revision: 0 };

const fn token(version: i64, revision: i64) -> ConfigToken {
    ConfigToken { version, revision }
}

fn by(key: Option<RequestKey>) -> Act {
    Act {
        actor: "key-1".to_owned(),
        reason: Some("it was wrong".to_owned()),
        request_id: "request-7".to_owned(),
        key,
    }
}

pub(crate) fn factors(weight: f64) -> ConfigPart {
    let entries = json!([
        {"category": "intent", "factor": "demo_request", "weight": weight},
        {"category": "fit", "factor": "vip", "weight": 12.25, "enabled": false},
    ]);
    ConfigPart::Factors(Config::new(serde_json::from_value(entries).unwrap()).unwrap())
}

fn signals(decay_hours: u16) -> ConfigPart {
    let entries = json!([
        {"signalType": "DEMO_REQUEST", "weight": 7.5, "decayHours": decay_hours,
         "decayModel": "step", "tier": "low", "capPerDay": 3},
        {"signalType": "JOB_CHANGE", "enabled": false},
    ]);
    ConfigPart::Signals(SignalConfig::new(serde_json::from_value(entries).unwrap()).unwrap())
}

impl<S: Subject> World<S> {
    pub(crate) async fn save(
        &self,
        seen: ConfigToken,
        part: ConfigPart,
    ) -> Result<ConfigToken, Unchanged> {
        self.http.save_draft(&organization("org_1"), &by(None), seen, &part).await.unwrap()
    }

    async fn discard(&self, seen: ConfigToken) -> Result<ConfigToken, Unchanged> {
        self.http.discard_draft(&organization("org_1"), &by(None), seen).await.unwrap()
    }

    async fn publish(&self, seen: ConfigToken) -> Result<Publication, Unchanged> {
        self.http.publish_config(&organization("org_1"), &by(None), seen).await.unwrap()
    }

    /// Saves a draft over the newest state and publishes it.
    async fn publish_next(&self, weight: f64) -> Publication {
        let state = self.http.config(&organization("org_1")).await.unwrap();
        let token = self.save(state.token, factors(weight)).await.unwrap();
        self.publish(token).await.unwrap()
    }

    /// The planner of a publication is done: its run is pinned, and has two jobs.
    async fn plan(&mut self, planner: Uuid) -> [Uuid; 2] {
        let held = self.hold_alone(planner).await;
        let run_id = held.run_id.expect("a planner's run");
        let plan = self.queue.plan_ranges(None, 10, 10).await.unwrap();
        let ids = [self.id(), self.id()];
        let mut effect = effect(self.subject.now(), &[&held]);
        effect.spawned = ids.iter().map(|id| spawned(*id, Some(run_id))).collect();
        effect.pinned = vec![(run_id, plan.config_epoch)];
        self.queue.commit(&effect).await.unwrap();
        ids
    }
}

async fn a_configuration_begins_empty<S: Subject>(mut world: World<S>) {
    let before = world.dump().await;
    let state = world.http.config(&organization("org_1")).await.unwrap();
    assert_eq!((state.token, state.published.factors.entries().count()), (NOTHING, 0));
    assert!(state.publication.is_none() && state.draft.is_none());
    assert_eq!(world.discard(NOTHING).await, Err(Unchanged::NoDraft));
    assert_eq!(world.publish(NOTHING).await, Err(Unchanged::NoDraft));
    assert_eq!(world.dump().await, before);
}

async fn a_draft_begins_as_what_is_published<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let entries = json!([{"category": "fit", "factor": "vip", "weight": 3}]);
    world.subject.put_config(&owner, serde_json::from_value(entries).unwrap()).await;
    assert_eq!(world.save(token(1, 0), signals(24)).await, Ok(token(1, 1)));
    let state = world.http.config(&owner).await.unwrap();
    let (draft, written) = state.draft.unwrap();
    assert_eq!(draft.factors, state.published.factors);
    assert_eq!((written.by.as_str(), written.at), ("key-1", world.subject.now()));
    assert_eq!(state.publication.unwrap().by, "owner");
    // The other part, over the draft.
    world.advance(10).await;
    assert_eq!(world.save(token(1, 1), factors(5.5)).await, Ok(token(1, 2)));
    let state = world.http.config(&owner).await.unwrap();
    let (draft, written) = state.draft.unwrap();
    assert_eq!(
        (ConfigPart::Factors(draft.factors), written.at),
        (factors(5.5), world.subject.now())
    );
    assert_eq!(ConfigPart::Signals(draft.signals), signals(24));
    let audit = world.dump().await["audit"].clone();
    let entry = json!({"actor": "key-1", "action": "config.draft", "target": "org_1",
        "outcome": "done", "reason": "it was wrong", "requestId": "request-7",
        "before": {"version": 1, "revision": 1}, "after": {"version": 1, "revision": 2}});
    assert_eq!(audit[1]["entry"], entry);
}

async fn what_was_not_seen_is_not_changed<S: Subject>(mut world: World<S>) {
    let first = world.save(NOTHING, factors(1.0)).await.unwrap();
    let current = world.save(first, factors(2.0)).await.unwrap();
    let before = world.dump().await;
    let stale = Unchanged::Stale(current);
    for seen in [NOTHING, first, token(1, 2), token(0, 3), token(-1, 2)] {
        assert_eq!(world.save(seen, factors(3.0)).await, Err(stale), "{seen:?}");
        assert_eq!(world.discard(seen).await, Err(stale), "{seen:?}");
        assert_eq!(world.publish(seen).await, Err(stale), "{seen:?}");
    }
    assert_eq!(world.dump().await, before);
}

async fn a_discarded_draft_leaves_a_higher_revision<S: Subject>(mut world: World<S>) {
    let saved = world.save(NOTHING, factors(1.0)).await.unwrap();
    assert_eq!(world.discard(saved).await, Ok(token(0, 2)));
    let row = json!([{"organization_id": "org_1", "revision": 2, "factors": none(),
        "signals": none(), "updated_by": "key-1", "updated_at": "+0s"}]);
    assert_eq!(world.dump().await["config_drafts"], row);
    assert_eq!(world.discard(token(0, 2)).await, Err(Unchanged::NoDraft));
    // What begins again begins as what is published: nothing.
    assert_eq!(world.save(token(0, 2), signals(24)).await, Ok(token(0, 3)));
    let state = world.http.config(&organization("org_1")).await.unwrap();
    assert_eq!(state.draft.unwrap().0.factors, Config::default());
}

async fn a_publication_is_the_next_version_and_opens_a_run<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let first = world.save(NOTHING, factors(5.5)).await.unwrap();
    let seen = world.save(first, signals(24)).await.unwrap();
    let published = world.publish(seen).await.unwrap();
    let (planner, enqueued_at) = published.planner.unwrap();
    assert_eq!((published.token, enqueued_at), (token(1, 3), world.subject.now()));
    let run = json!({"job_key": PUBLISH_JOB_KEY, "organization_id": "org_1", "trigger": "api",
        "status": "running", "exclusive": true, "jobs_total": 1, "pinned": none(),
        "request_id": "request-7", "started_at": "+0s"});
    world.expect_run(published.run_id, run).await;
    let job = json!({"type": "scoring.BatchRecompute", "organization_id": "org_1",
        "data": {"organizationId": "org_1"}, "state": "queued", "wake_at": "+60s",
        "request_id": "request-7", "failures_max": 3});
    world.expect_job(planner, job).await;
    let dump = world.dump().await;
    let document = &dump["config_documents"][0];
    assert_eq!((&document["version"], &document["epoch"]), (&json!(1), &json!(1)));
    assert_eq!(document["published_by"], "key-1");
    let after = json!({"version": 1, "revision": 3, "opened": true,
        "runId": dump["runs"][0]["id"], "changes": {
            "factors": {"added": 2, "removed": 0, "changed": 0},
            "signals": {"added": 2, "removed": 0, "changed": 0}}});
    let entry = &dump["audit"][2]["entry"];
    assert_eq!((&entry["action"], &entry["after"]), (&json!("config.publish"), &after));
    let state = world.http.config(&owner).await.unwrap();
    assert_eq!((state.token, state.draft), (token(1, 3), None));
    assert_eq!(ConfigPart::Factors(state.published.factors), factors(5.5));
    assert_eq!(ConfigPart::Signals(state.published.signals), signals(24));
}

async fn what_is_published_replaces_what_was<S: Subject>(mut world: World<S>) {
    let first = world.save(NOTHING, factors(5.5)).await.unwrap();
    let seen = world.save(first, signals(24)).await.unwrap();
    let published = world.publish(seen).await.unwrap();
    let fewer = json!([{"category": "engagement", "factor": "vip", "weight": 1}]);
    let fewer = ConfigPart::Factors(Config::new(serde_json::from_value(fewer).unwrap()).unwrap());
    let other = json!([{"signalType": "DEMO_REQUEST"}, {"signalType": "NEW", "weight": 1}]);
    let other = SignalConfig::new(serde_json::from_value(other).unwrap()).unwrap();
    let seen = world.save(published.token, fewer).await.unwrap();
    let seen = world.save(seen, ConfigPart::Signals(other)).await.unwrap();
    assert_eq!(world.publish(seen).await.unwrap().token, token(2, 6));
    let dump = world.dump().await;
    let row = json!([{"organization_id": "org_1", "factor": "vip", "category": "engagement",
        "weight": 10_000, "enabled": true}]);
    assert_eq!(dump["scoring_configs"], row);
    let rows: Vec<&Value> = dump["signal_configs"].as_array().unwrap().iter().collect();
    let shown: Vec<_> = rows.iter().map(|row| (&row["signal_type"], &row["weight"])).collect();
    assert_eq!(shown, [(&json!("DEMO_REQUEST"), &json!(null)), (&json!("NEW"), &json!(10_000))]);
    assert_eq!(
        dump["audit"][5]["entry"]["after"]["changes"],
        json!({
        "factors": {"added": 0, "removed": 1, "changed": 1},
        "signals": {"added": 1, "removed": 1, "changed": 1}})
    );
}

async fn a_publication_joins_an_open_run<S: Subject>(mut world: World<S>) {
    let first = world.publish_next(1.0).await;
    let second = world.publish_next(2.0).await;
    assert_eq!((second.run_id, second.planner), (first.run_id, None));
    assert_eq!(world.column("runs", "status").await, ["running"]);
    // It has not planned yet: it looks at the second.
    let [one, two] = world.plan(first.planner.unwrap().0).await;
    world.queue.cancel(&[one, two]).await.unwrap();
    assert_eq!(world.column("runs", "pinned").await, [2]);
}

async fn organizations_have_locks_of_their_own<S: Subject>(mut world: World<S>) {
    let first = world.publish_next(1.0).await;
    let other = organization("org_2");
    let seen = world.http.save_draft(&other, &by(None), NOTHING, &factors(1.0)).await.unwrap();
    let second = world.http.publish_config(&other, &by(None), seen.unwrap()).await.unwrap();
    assert_ne!(second.unwrap().run_id, first.run_id);
    // Nobody's lock of the same key is another one.
    let (nobodys, _) = world.open(PUBLISH_JOB_KEY, true).await;
    let mut run = new_run(PUBLISH_JOB_KEY, world.id(), world.id(), true);
    let held = |opened| match opened {
        Opened::Held { holder, .. } => holder,
        Opened::Started { .. } => panic!("the lock is taken"),
    };
    assert_eq!(held(world.queue.open_run(&run, "api").await.unwrap()), nobodys);
    run.organization_id = Some("org_1".to_owned());
    assert_eq!(held(world.queue.open_run(&run, "api").await.unwrap()), first.run_id);
    run.organization_id = Some("org_3".to_owned());
    run.start.data = json!({"organizationId": "org_3"});
    assert!(matches!(world.queue.open_run(&run, "api").await.unwrap(), Opened::Started { .. }));
}

/// How the last job of a run ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Done,
    Dead,
    JobCancelled,
    RunCancelled,
    RunEnded,
}

async fn whatever_ends_a_run_that_is_behind_opens_the_next<S: Subject>(mut world: World<S>) {
    let mut publication = world.publish_next(0.0).await;
    for (n, end) in [End::Done, End::Dead, End::JobCancelled, End::RunCancelled, End::RunEnded]
        .into_iter()
        .enumerate()
    {
        let (planner, _) = publication.planner.unwrap_or_else(|| panic!("{end:?}"));
        let [first, last] = world.plan(planner).await;
        let held = world.hold(first).await;
        world.complete(&[&held]).await;
        let weight = f64::from(u8::try_from(n).unwrap() + 1);
        let joined = world.publish_next(weight).await;
        assert_eq!((joined.run_id, joined.planner), (publication.run_id, None), "{end:?}");
        match end {
            End::Done => {
                let held = world.hold(last).await;
                world.complete(&[&held]).await;
            }
            End::Dead => {
                let held = world.hold(last).await;
                assert!(world.set_back(&held, dead(true)).await);
            }
            End::JobCancelled => assert_eq!(world.queue.cancel(&[last]).await.unwrap(), [last]),
            End::RunCancelled => {
                assert_eq!(world.queue.cancel_run(publication.run_id).await.unwrap(), 1);
            }
            End::RunEnded => {
                world.op.end_run(publication.run_id).await.unwrap();
            }
        }
        let runs = world.dump().await["runs"].clone();
        let open: Vec<&Value> =
            runs.as_array().unwrap().iter().filter(|run| run["status"] == "running").collect();
        assert_eq!(open.len(), 1, "{end:?}: {runs:#}");
        let row = json!({"job_key": PUBLISH_JOB_KEY, "organization_id": "org_1", "trigger": "api",
            "exclusive": true, "jobs_total": 1, "pinned": none(), "request_id": "request-7"});
        let run_id = world.labels.id(open[0]["id"].as_str().unwrap());
        world.expect_run(run_id, row).await;
        let jobs = world.dump().await["jobs"].clone();
        let planners = jobs.as_array().unwrap().iter().filter(|job| job["run_id"] == open[0]["id"]);
        let planner = planners.map(|job| job["id"].as_str().unwrap()).next().unwrap();
        let planner = world.labels.id(planner);
        let row = json!({"type": "scoring.BatchRecompute", "state": "queued", "wake_at": "+0s",
            "organization_id": "org_1", "data": {"organizationId": "org_1"}, "failures_max": 3,
            "request_id": "request-7", "version": 1});
        world.expect_job(planner, row).await;
        publication =
            Publication { planner: Some((planner, world.subject.now())), run_id, ..joined };
    }
}

async fn a_run_that_is_not_behind_opens_none<S: Subject>(mut world: World<S>) {
    let published = world.publish_next(1.0).await;
    // Another's publication is no reason.
    let other = organization("org_2");
    world.subject.put_config(&other, Vec::new()).await;
    let [first, last] = world.plan(published.planner.unwrap().0).await;
    world.subject.put_config(&other, Vec::new()).await;
    for id in [first, last] {
        let held = world.hold(id).await;
        world.complete(&[&held]).await;
    }
    assert_eq!(world.column("runs", "status").await, ["completed"]);
}

async fn a_run_that_never_planned_opens_none<S: Subject>(mut world: World<S>) {
    let published = world.publish_next(1.0).await;
    world.op.end_run(published.run_id).await.unwrap();
    assert_eq!(world.column("runs", "status").await, ["cancelled"]);
    // The next publication opens one.
    assert!(world.publish_next(3.0).await.planner.is_some());
}

async fn what_met_a_run_that_never_planned_is_followed<S: Subject>(mut world: World<S>) {
    let published = world.publish_next(1.0).await;
    world.advance(1).await;
    assert!(world.publish_next(2.0).await.planner.is_none());
    world.op.end_run(published.run_id).await.unwrap();
    assert_eq!(world.column("runs", "status").await, ["cancelled", "running"]);
    // That one is for the second alone, and has nothing behind it.
    let sql = world.column("jobs", "state").await;
    assert_eq!(sql, ["cancelled", "queued"]);
}

async fn a_key_is_answered_once<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let key = |fingerprint| RequestKey {
        holder: "key-1".to_owned(),
        key: "publish".to_owned(),
        fingerprint: [fingerprint; 32],
        repeat: Repeat::default(),
    };
    let seen = world.save(NOTHING, factors(1.0)).await.unwrap();
    let stale = world.http.publish_config(&owner, &by(Some(key(1))), NOTHING).await.unwrap();
    assert_eq!(stale, Err(Unchanged::Stale(seen)), "a refusal is no answer to keep");
    let first = world.http.publish_config(&owner, &by(Some(key(1))), seen).await.unwrap();
    let before = world.dump().await;
    let repeat = key(1);
    let again = world.http.publish_config(&owner, &by(Some(repeat.clone())), seen).await.unwrap();
    assert_eq!((again, repeat.repeat.is_told()), (first, true));
    assert_eq!(world.dump().await, before);
    let other = world.http.publish_config(&owner, &by(Some(key(2))), seen).await;
    assert_eq!(other, Err(PortError::KeyConflict));
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}
