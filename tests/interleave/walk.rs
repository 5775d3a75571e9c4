//! Leads two operations through every order of their statements, and checks each
//! order: it ends as one after the other would have, in its rows and in its
//! answers; nobody has failed; and what must hold always holds.

use std::collections::BTreeSet;

use mauntic_flows::ports::{Act as PortsAct, Database, OperatorStore};
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Role, TestDatabase, connect};
use mauntic_testkit::stepper::{Schedules, SteppingProxy, is_begin};
use mauntic_testkit::wait;
use tokio_postgres::Client;

use crate::act::{Act, Actor, Answer, Form};
use crate::scene::Scene;
use crate::state::{Look, named};
use crate::twins::Twin;

/// Statements that only read what no answer depends on, or what is read again
/// by the statement after them: they go along with it, in one step.
const PRELUDES: [&str; 9] = [
    "begin; set local role",
    "-- set_organization:",
    "-- backlog:",
    "-- look:",
    "-- clock:",
    "-- read_configs:",
    "-- open_replays:",
    "-- look_at_canaries:",
    "-- still_open:",
];

/// A run's lock, as a row shows it.
const LOCKS: [&str; 2] = ["\"exclusive\": true, ", "\"exclusive\": false, "];

/// Whether a run is being cancelled, as a row shows it.
const CANCELS: [&str; 2] = [", \"is_being_cancelled\": true", ", \"is_being_cancelled\": false"];

/// Who holds a job, as a row shows it.
const HOLDERS: [&str; 2] = ["\"lease_token\": \"side 0\", ", "\"lease_token\": \"side 1\", "];

/// Sessions of the proxy: the two operations, and the gate.
const SESSIONS: usize = 3;

/// What one side does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// An operation of the store.
    Act(Act),
    /// A broken one.
    Twin(Twin),
}

impl Does {
    fn is_claim(&self) -> bool {
        match self {
            Self::Act(act) => act.form == Form::Claim,
            Self::Twin(twin) => matches!(twin, Twin::UnsortedClaim(_)),
        }
    }

    fn is_cancel(&self) -> bool {
        matches!(self, Self::Act(act) if act.form == Form::CancelRun)
    }

    fn is_of_operators(&self) -> bool {
        let forms = [Form::Slice, Form::ReplayCase, Form::RetryRun];
        matches!(self, Self::Act(act) if forms.contains(&act.form))
    }

    async fn perform(&self, actor: &Actor) -> Result<Answer, String> {
        match self {
            Self::Act(act) => act.perform(actor).await.map_err(|error| error.to_string()),
            Self::Twin(twin) => twin.perform(&actor.owner).await.map_err(|error| {
                error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
            }),
        }
    }

    async fn again(&self, actor: &Actor, answer: Answer) -> Result<Answer, String> {
        match self {
            Self::Act(act) => act.again(actor, answer).await.map_err(|error| error.to_string()),
            Self::Twin(_) => Ok(answer),
        }
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Orders walked, which are all there are.
    pub(crate) orders: usize,
    /// Steps that waited for a lock.
    pub(crate) waits: usize,
    /// Orders that ended wrong, with why.
    pub(crate) bad: Vec<String>,
}

/// How an order ended.
type End = (Vec<String>, [Answer; 2]);

/// What is walked.
struct Course<'a> {
    script: String,
    does: &'a [Does; 2],
    gate: Option<&'a str>,
}

/// A database, and sessions that are led through it.
#[derive(Debug)]
pub(crate) struct World {
    proxy: SteppingProxy,
    actors: [Actor; 2],
    gate: Client,
    direct: Actor,
    look: Look,
    owner: Client,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let [owner, http, queue] = [Role::Owner, Role::Http, Role::Queue].map(|r| database.url(r));
        let proxy = SteppingProxy::merging(&owner, SESSIONS, goes_along).await.unwrap();
        let urls = |session| [&owner, &http, &queue].map(|url| proxy.url(session, url));
        let actors = [actor(&urls(0)).await, actor(&urls(1)).await];
        let gate = connect(&urls(2)[0]).await.unwrap();
        let direct = actor(&[owner.clone(), http, queue]).await;
        let owner = connect(&owner).await.unwrap();
        let look = Look::new(&owner).await;
        Self { proxy, actors, gate, direct, look, owner, _database: database }
    }

    /// Walks all orders. The gate holds what its statement locks for a while, so
    /// that statements which are a transaction of their own overlap as well.
    pub(crate) async fn walk(&self, scene: &Scene, does: &[Does; 2], gate: Option<&str>) -> Walked {
        let course = Course { script: scene.script(), does, gate };
        let serial = [self.serial(&course, [0, 1]).await, self.serial(&course, [1, 0]).await];
        let mut walked = Walked::default();
        let mut schedules = Schedules::new();
        while schedules.begin() {
            self.owner.batch_execute(&course.script).await.unwrap();
            let sides = if gate.is_some() { SESSIONS } else { 2 };
            let operations = (0..sides).map(|side| Box::pin(self.side(side, &course)));
            let choose = &mut |choices: &[usize]| schedules.choose(choices);
            let (trace, answers) = self.proxy.interleave(operations, choose).await;
            walked.orders += 1;
            walked.waits += trace.blocked();
            if let Err(why) = self.check(&course, answers, &serial).await {
                walked.bad.push(format!("{why}\nin this order:\n{trace}"));
            }
        }
        walked
    }

    async fn side(&self, side: usize, course: &Course<'_>) -> Result<Answer, String> {
        let Some(does) = course.does.get(side) else {
            let lock = course.gate.unwrap_or_default();
            for statement in ["begin", lock, "commit"] {
                self.gate.batch_execute(statement).await.map_err(|error| error.to_string())?;
            }
            return Ok(Answer::default());
        };
        does.perform(&self.actors[side]).await
    }

    /// How it ends without any concurrency.
    async fn serial(&self, course: &Course<'_>, order: [usize; 2]) -> End {
        let does = course.does;
        self.owner.batch_execute(&course.script).await.unwrap();
        let mut answers = [Answer::default(), Answer::default()];
        for side in order {
            let answer = does[side].perform(&self.direct).await;
            answers[side] = quiet(answer.unwrap_or_else(|error| panic!("{does:?}: {error}")));
        }
        let faults = self.look.faults(&self.owner).await;
        assert!(faults.is_empty(), "{does:?} one after the other: {faults:#?}");
        self.end(course, answers).await
    }

    /// What there is now. Two claims share a batch: who has which job is chance,
    /// so only that each is held once is looked at.
    ///
    /// A cancel may look at a job while it is dead, and count when it is queued
    /// again. The run was not over in between and keeps its lock, which it would
    /// have lost: behind a gate, where that happens, nobody looks at the lock. What
    /// an operator queues again in more than one statement a cancel may find dead
    /// as well: then the run was being cancelled all along, and the job is done.
    async fn end(&self, course: &Course<'_>, answers: [Answer; 2]) -> End {
        let mut rows = self.look.rows(&self.owner).await;
        let [mut one, mut two] = answers;
        let mut left_out: Vec<&str> = Vec::new();
        let is_cancelled_amid = course.does.iter().any(Does::is_of_operators)
            && course.does.iter().any(Does::is_cancel);
        if course.gate.is_some() || is_cancelled_amid {
            left_out.extend(LOCKS);
        }
        if is_cancelled_amid {
            left_out.extend(CANCELS);
        }
        if course.does.iter().all(Does::is_claim) {
            left_out.extend(HOLDERS);
            one.held.append(&mut two.held);
        }
        for row in &mut rows {
            *row = left_out.iter().fold(row.clone(), |row, part| row.replace(part, ""));
        }
        rows.sort();
        (rows, [one, two])
    }

    async fn check(
        &self,
        course: &Course<'_>,
        answers: Vec<Result<Answer, String>>,
        serial: &[End; 2],
    ) -> Result<(), String> {
        let answers: Vec<Answer> = answers.into_iter().collect::<Result<_, _>>()?;
        let mut quieted = [Answer::default(), Answer::default()];
        for ((does, answer), quieted) in course.does.iter().zip(answers).zip(&mut quieted) {
            let answer = does.again(&self.direct, answer).await?;
            if let Some(read) = answer.read
                && self.look.is_signal_lost(&self.owner, read).await
            {
                return Err(format!("features after version {read} wait for a job in vain"));
            }
            *quieted = quiet(answer);
        }
        let faults = self.look.faults(&self.owner).await;
        if !faults.is_empty() {
            return Err(faults.join("\n"));
        }
        let end = self.end(course, quieted).await;
        if serial.contains(&end) {
            return Ok(());
        }
        let differences: String = serial.iter().map(|one| differences(one, &end)).collect();
        Err(format!("it ends as no serial order does:{differences}"))
    }

    /// Ends the sessions.
    ///
    /// # Panics
    /// When there was a deadlock, even one that an operation got over by itself.
    pub(crate) async fn close(self) {
        let Self { proxy, actors, gate, direct, look: _, owner, _database } = self;
        drop((actors, gate, direct, proxy));
        // What a backend counted is known when it has ended.
        let others = "select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()";
        wait::until_async("the sessions' end", 30, || async {
            (owner.query_one(others, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
        })
        .await;
        let sql = "select deadlocks from pg_stat_database where datname = current_database()";
        let deadlocks: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(deadlocks, 0, "somebody deadlocked");
    }
}

fn goes_along(sql: &str) -> bool {
    is_begin(sql) || PRELUDES.iter().any(|prelude| sql.starts_with(prelude))
}

async fn actor(urls: &[String; 3]) -> Actor {
    let [owner, http, queue] = urls;
    let mut op = Tcp::new(http).unwrap().open().await.unwrap();
    op.operate(PortsAct {
        actor: "an operator".to_owned(),
        reason: None,
        request_id: "r".to_owned(),
        key: None,
    });
    Actor {
        op,
        http: Tcp::new(http).unwrap().open().await.unwrap(),
        queue: Tcp::new(queue).unwrap().open().await.unwrap(),
        owner: connect(owner).await.unwrap(),
    }
}

/// An answer by itself: what came back has been answered.
fn quiet(answer: Answer) -> Answer {
    Answer { held: answer.held, said: named(&answer.said), ..Answer::default() }
}

/// What is there and what should be, in lines.
fn differences(serial: &End, end: &End) -> String {
    let lines = |end: &End| -> BTreeSet<String> {
        let answers = end.1.iter().enumerate();
        let answers = answers.map(|(side, answer)| {
            let held: Vec<String> =
                answer.held.iter().map(|(id, claim)| named(&format!("{id} {claim}"))).collect();
            format!("answer {side}: {} {held:?}", answer.said)
        });
        end.0.iter().cloned().chain(answers).collect()
    };
    let (there, here) = (lines(serial), lines(end));
    let missing = there.difference(&here).map(|line| format!("\n  - {line}"));
    let surplus = here.difference(&there).map(|line| format!("\n  + {line}"));
    format!("\n from a serial one:{}", missing.chain(surplus).collect::<String>())
}
