//! Publications of one configuration, among themselves and beside the end of the
//! run that scores by the one before: of one state one thing is made, and what was
//! published last is looked at by a run that is open, in every order.

use mauntic_domain::scoring::document::PUBLISH_JOB_KEY;
use mauntic_domain::scoring::{Config, SignalConfig};
use mauntic_flows::ports::{
    Act, Committed, CompletedJob, ConfigPart, ConfigStore, ConfigToken, Database, Effect,
    EffectStore, JobStore, PortError, SetBackJob, Setback, Unchanged,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Role, TestDatabase, connect};
use mauntic_testkit::stepper::{Schedules, SteppingProxy, is_begin};
use mauntic_tests::say::say;
use mauntic_tests::world::organization;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// The organization.
const OWNER: &str = "org_1";
/// The open run of what is published, pinned to it.
const RUN: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
/// Its last job: held, or queued.
const LAST: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002);

/// Statements on which nothing here depends, or that only change rights: they go
/// along with the statement after them.
const PRELUDES: [&str; 4] =
    ["-- set_organization:", "-- replace_config:", "-- replace_signals:", "-- become_operator:"];

/// What one side does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Publishes the draft.
    Publish,
    /// Saves a draft over what is there.
    Save,
    /// Discards the draft.
    Discard,
    /// Completes the run's last job.
    Complete,
    /// Makes it a dead letter.
    Kill,
    /// Cancels it.
    Cancel,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    /// It was done.
    It,
    /// The state was another.
    Stale,
}

/// A database, and two sessions of each role that are led through it.
struct World {
    proxy: SteppingProxy,
    sides: [[Session; 2]; 2],
    owner: Client,
    _database: TestDatabase,
}

fn goes_along(sql: &str) -> bool {
    is_begin(sql) || PRELUDES.iter().any(|prelude| sql.starts_with(prelude))
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let [owner, http, queue] = [Role::Owner, Role::Http, Role::Queue].map(|r| database.url(r));
        let proxy = SteppingProxy::merging(&owner, 2, goes_along).await.unwrap();
        let mut sides = Vec::new();
        for side in 0..2 {
            let session =
                async |url: &str| Tcp::new(&proxy.url(side, url)).unwrap().open().await.unwrap();
            sides.push([session(&http).await, session(&queue).await]);
        }
        let owner = connect(&owner).await.unwrap();
        let sides = sides.try_into().unwrap_or_else(|_| panic!("two sides"));
        Self { proxy, sides, owner, _database: database }
    }

    async fn does(&self, side: usize, does: Does, seen: ConfigToken) -> Result<Did, PortError> {
        let [http, queue] = &self.sides[side];
        let owner = organization(OWNER);
        let act = Act {
            actor: format!("key {side}"),
            reason: None,
            request_id: "r".to_owned(),
            key: None,
        };
        let weights = json!([{"category": "fit", "factor": "vip", "weight": side}]);
        let weights = Config::new(serde_json::from_value(weights).unwrap()).unwrap();
        let changed = |changed: Result<(), Unchanged>| match changed {
            Ok(()) => Ok(Did::It),
            Err(Unchanged::Stale(now)) => {
                assert_ne!(now, seen, "{does:?}");
                Ok(Did::Stale)
            }
            Err(other) => panic!("{does:?}: {other:?}"),
        };
        match does {
            Does::Publish => changed(http.publish_config(&owner, &act, seen).await?.map(drop)),
            Does::Save => {
                let part = ConfigPart::Factors(weights);
                changed(http.save_draft(&owner, &act, seen, &part).await?.map(drop))
            }
            Does::Discard => changed(http.discard_draft(&owner, &act, seen).await?.map(drop)),
            Does::Complete => {
                let (run_id, summary) = (Some(RUN), json!({}));
                let jobs = vec![CompletedJob { id: LAST, claim: 1, run_id, summary }];
                let now = "2026-01-02T03:00:00Z".parse().unwrap();
                let done = queue.commit(&Effect::of(now, jobs)).await?;
                assert_eq!(done, Committed::Done { superseded: 0, refill: false });
                Ok(Did::It)
            }
            Does::Kill => {
                let detail = "it cannot be".to_owned();
                let setback = Setback::Dead { reason: "permanent", detail, failed: true };
                let job = SetBackJob { id: LAST, claim: 1, setback };
                assert_eq!(queue.set_back(&[job]).await?, [LAST]);
                Ok(Did::It)
            }
            Does::Cancel => {
                assert_eq!(queue.cancel(&[LAST]).await?, [LAST]);
                Ok(Did::It)
            }
        }
    }

    /// Walks all orders of two sides that saw the same state; each ends with these
    /// answers, one way or the other, and with what always holds.
    async fn walk(&self, does: [Does; 2], has_draft: bool, answers: &[[Did; 2]]) {
        let script = script(has_draft, does.contains(&Does::Cancel));
        let seen = ConfigToken { version: 1, revision: i64::from(has_draft) };
        let (mut schedules, mut waits) = (Schedules::new(), 0);
        while schedules.begin() {
            self.owner.batch_execute(&script).await.unwrap();
            let sides = [0, 1].map(|side| Box::pin(self.does(side, does[side], seen)));
            let choose = &mut |choices: &[usize]| schedules.choose(choices);
            let (trace, found) = self.proxy.interleave(sides, choose).await;
            let found: Vec<Did> = found.into_iter().map(|did| did.expect("no failure")).collect();
            assert!(answers.iter().any(|of| of[..] == found[..]), "{does:?} {found:?}:\n{trace}");
            let why = self.wrongs(&does, &found).await;
            assert!(why.is_empty(), "{does:?} {found:?}: {why}\n{trace}");
            waits += trace.blocked();
        }
        say(format_args!("{does:?}: all {} orders, {waits} waits", schedules.orders()));
        assert!(schedules.orders() > 1, "nothing overlaps");
    }

    /// What does not hold. A run that is open is enough, whatever it looks at: its
    /// end opens the next where it must.
    async fn wrongs(&self, does: &[Does; 2], found: &[Did]) -> String {
        let changed = |of: Does| {
            let both = does.iter().zip(found);
            i64::try_from(both.filter(|(does, did)| **does == of && **did == Did::It).count())
                .unwrap()
        };
        let published = changed(Does::Publish);
        let audited = published + changed(Does::Save) + changed(Does::Discard);
        let sql = "select concat_ws('; ',
            case when $2::int8 > 0 and (select count(*) from jobs.run r
              where r.job_key = $1 and r.status = 'running' and r.exclusive) <> 1
              then 'what was published has no run' end,
            case when (select count(*) from jobs.run r where r.status = 'running') > 1
              then 'two runs are open' end,
            case when (select max(version) from scoring.config_documents) <> 1 + $2::int8
              or (select version from scoring.config_versions) <> 1 + $2::int8
              then 'the version is another' end,
            case when (select count(*) from jobs.audit) <> $3::int8 then 'the audit is another' end,
            case when exists (select from jobs.run r where r.status = 'running' and r.pinned is null
              and (select count(*) from jobs.job j where j.run_id = r.id and j.state = 'queued') <> 1)
              then 'a run has no planner' end)";
        let row = self.owner.query_one(sql, &[&PUBLISH_JOB_KEY, &published, &audited]).await;
        row.unwrap().get(0)
    }
}

/// One version that is published, with its run, and perhaps a draft.
fn script(has_draft: bool, is_queued: bool) -> String {
    let (state, claim, lease) = if is_queued {
        ("queued", 0, "null")
    } else {
        ("in_progress", 1, "now() + interval '1 h'")
    };
    let draft = if has_draft {
        format!(
            "insert into scoring.config_drafts (organization_id, revision, factors, signals, updated_by)
             values ('{OWNER}', 1, '[]', '[]', 'k');"
        )
    } else {
        String::new()
    };
    format!(
        "delete from jobs.dead_letter; delete from jobs.job; delete from jobs.run;
         delete from jobs.audit;
         update jobs.audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex');
         delete from scoring.config_drafts; delete from scoring.config_versions;
         update scoring.config_epoch set epoch = 1;
         insert into scoring.config_versions (organization_id, version) values ('{OWNER}', 1);
         insert into scoring.config_documents
           (organization_id, version, epoch, factors, signals, published_by)
         values ('{OWNER}', 1, 1, '[]', '[]', 'k');
         {draft}
         insert into jobs.run (id, job_key, organization_id, trigger, exclusive, jobs_total, pinned)
         values ('{RUN}', '{PUBLISH_JOB_KEY}', '{OWNER}', 'api', true, 1, 1);
         insert into jobs.job (id, organization_id, queue, type, data, failures_max, run_id, state,
                               claim, lease_until)
         values ('{LAST}', '{OWNER}', 'mauntic-scoring-events', 'scoring.CalculateScore',
           '{{\"organizationId\": \"{OWNER}\", \"contactId\": \"c\"}}', 3, '{RUN}', '{state}',
           {claim}, {lease});"
    )
}

/// One of the two, whichever came first.
const ONE: [[Did; 2]; 2] = [[Did::It, Did::Stale], [Did::Stale, Did::It]];

/// Both.
const BOTH: [[Did; 2]; 1] = [[Did::It, Did::It]];

#[tokio::test]
async fn of_two_who_saw_the_same_one_has_it() {
    let world = World::new().await;
    let changes = [Does::Publish, Does::Save, Does::Discard];
    for (n, one) in changes.into_iter().enumerate() {
        for two in changes.into_iter().skip(n) {
            world.walk([one, two], true, &ONE).await;
        }
    }
}

/// Nobody has a row to lock.
#[tokio::test]
async fn of_two_first_drafts_one_is_kept() {
    let world = World::new().await;
    world.walk([Does::Save, Does::Save], false, &ONE).await;
    // A version without signals is whole.
    let sql = "select signals::text from scoring.config_drafts";
    let signals: String = world.owner.query_one(sql, &[]).await.unwrap().get(0);
    let signals = SignalConfig::new(serde_json::from_str(&signals).unwrap()).unwrap();
    assert_eq!(signals, SignalConfig::default());
}

#[tokio::test]
async fn what_is_published_beside_the_end_of_a_run_is_never_lost() {
    let world = World::new().await;
    for end in [Does::Complete, Does::Kill, Does::Cancel] {
        world.walk([Does::Publish, end], true, &BOTH).await;
    }
}
