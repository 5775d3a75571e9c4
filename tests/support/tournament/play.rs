//! From the first kickoff to the last settlement: matches are played and told of by the
//! clock, and schedules, jobs and messages do the rest, as they are deployed. The tick
//! comes in the three hours after each kickoff, and after the last of them when a match
//! is asked about for a correction. Everything on the way may be lost, doubled, killed or
//! come in another order.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::Poll;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{join_all, poll_fn};
use mauntic_domain::ids::ProviderMatchId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::schedules::{Effective, Settings, TICK_INTERVAL_SECS};
use mauntic_domain::scoreboard::Rules;
use mauntic_domain::scoreboard::candidates::CORRECTION_CHECKS;
use mauntic_flows::consume::{Body, Report, consume};
use mauntic_flows::cron;
use mauntic_flows::ports::{Database, Host, Ports, SettlementStore};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::queue::{Batch, Mishaps};
use mauntic_sim::rng::Rng;
use serde_json::json;

use super::stage::{Stage, TOURNAMENT, owner, place, provided};
use super::table::{differences, shown};
use super::told::{self, end};
use super::{Member, Tournament};
use crate::oracle::final_table;
use crate::ports::INSTANCE;
use crate::say::say;

/// How long after a kickoff the tick comes.
const WINDOW: TimeDelta = TimeDelta::hours(3);

/// How far around the time of a correction's check it comes: a match may have been seen
/// ended too early, or as late as its three hours are long.
const AROUND_CHECK: TimeDelta = TimeDelta::minutes(70);

/// What happens to messages by itself, of a thousand.
const MISHAPS: Mishaps =
    Mishaps { lost: 50, doubled: 100, late: 100, reordered: 300, late_max_secs: 200 };

/// Of a thousand times that something is done, how often it is killed, and how often
/// something goes wrong on the way.
const KILLED: u32 = 200;
const TROUBLED: u32 = 250;

/// Most port calls, or waits for the database, that one lives that is killed.
const LIVES_MAX: usize = 12;

/// Most messages of a delivery; the platform's own.
const BATCH_MAX: usize = 100;

/// Most deliveries at one time beside one for each message that waits; more are a message
/// that comes back without end.
const DELIVERIES_MAX: usize = 1_000;

/// Most minutes after the end until everything is done: a job's last retries.
const DRAIN_MINUTES: i64 = 6 * 60;

/// A tournament that is being played.
#[derive(Debug)]
pub struct Play<'a, S> {
    stage: &'a S,
    tournament: &'a Tournament,
    /// In the order in which they join.
    members: Vec<Member>,
    entered: usize,
    /// Matches whose guesses are stored.
    guessed: usize,
    /// Matches of which the provider has said its last word.
    over: Vec<bool>,
    schedules: Vec<Effective>,
    rules: Rules,
    pace: TimeDelta,
    rng: Rng,
    is_calm: bool,
    /// How often things happened.
    counts: BTreeMap<&'static str, usize>,
}

impl<'a, S: Stage> Play<'a, S> {
    /// One with so many members, by these rules, with a tick every so often.
    pub fn new(
        stage: &'a S,
        tournament: &'a Tournament,
        (members, rules): (usize, &Rules),
        pace: TimeDelta,
        seed: u64,
    ) -> Self {
        let mut members = tournament.members(members);
        members.sort_by_key(|of| of.joined_at);
        Self {
            stage,
            tournament,
            members,
            entered: 0,
            guessed: 0,
            over: vec![false; tournament.matches.len()],
            schedules: schedules(),
            rules: rules.clone(),
            pace,
            rng: Rng::new(seed),
            is_calm: false,
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str, many: usize) {
        *self.counts.entry(what).or_default() += many;
    }

    fn now(&self) -> DateTime<Utc> {
        self.stage.ports().clock.now()
    }

    /// Plays it to its end, holds the final table against the one of other code, and has
    /// all that was ever sent come again.
    ///
    /// # Panics
    /// Where they differ, or where what comes again changes something.
    pub async fn through(&mut self) {
        self.whole().await;
        let members = self.members.len();
        let expected = final_table(&self.tournament.file, members, &self.rules);
        assert_eq!(expected.len(), members);
        assert_eq!(differences(&expected, &shown(self.stage.http()).await), [""; 0]);
        let before = self.stage.boards().await;
        self.replay().await;
        assert_eq!(self.stage.boards().await, before, "what comes again changes nothing");
        assert_eq!(differences(&expected, &shown(self.stage.http()).await), [""; 0]);
        let matches = self.tournament.matches.len();
        say(format_args!("{matches} matches, {members} members: {:?}", self.counts));
    }

    /// Plays it to its end.
    async fn whole(&mut self) {
        let queues = &self.stage.ports().queues;
        queues.set_mishaps(MISHAPS);
        queues.set_listeners(true);
        queues.keep_sent();
        self.stage.put_tournament(&self.rules).await;
        for of in &self.tournament.matches {
            self.stage.put_match(of).await;
        }
        for at in self.times() {
            self.stage.move_to(at).await;
            self.enter(at).await;
            self.guess(at).await;
            self.minute().await;
        }
        self.drain().await;
        assert_eq!(self.stage.given_up().await, 0, "no settlement is given up");
        assert_eq!(self.stage.open_matches().await, 0, "every match is final");
    }

    /// When the tick comes.
    fn times(&self) -> BTreeSet<DateTime<Utc>> {
        let mut times = BTreeSet::new();
        let mut add = |from: DateTime<Utc>, until: DateTime<Utc>| {
            let mut at = from;
            while at < until {
                times.insert(at);
                at += self.pace;
            }
        };
        let mut last = DateTime::UNIX_EPOCH;
        for of in &self.tournament.matches {
            last = of.kickoff + WINDOW;
            add(of.kickoff, last);
        }
        // Before it the next kickoff brings the tick, however late the check is by then.
        for of in &self.tournament.matches {
            for at in CORRECTION_CHECKS.map(|check| end(of) + check) {
                if at + AROUND_CHECK > last {
                    add(at - AROUND_CHECK, at + AROUND_CHECK);
                }
            }
        }
        times
    }

    /// Who has joined by now is on the board.
    async fn enter(&mut self, now: DateTime<Utc>) {
        let joined = self.members.partition_point(|of| of.joined_at <= now);
        if joined > self.entered {
            self.stage.put_members(&self.members[self.entered..joined]).await;
            self.entered = joined;
        }
    }

    /// Of matches that begin now the guesses are stored as they came, and after the
    /// kickoff those that come too late.
    async fn guess(&mut self, now: DateTime<Utc>) {
        while let Some(of) = self.tournament.matches.get(self.guessed)
            && of.kickoff <= now
        {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for member in &self.members {
                let Some(guess) = member.guess(of) else { continue };
                let before = |hours| of.kickoff - TimeDelta::hours(hours);
                let at = if guess.is_late { of.kickoff } else { before(1) };
                first.extend(guess.first.map(|score| (member.name.clone(), score, before(2))));
                second.push((member.name.clone(), guess.score, at));
            }
            self.stage.put_guesses(of, &first).await;
            self.stage.put_guesses(of, &second).await;
            self.guessed += 1;
        }
    }

    async fn minute(&mut self) {
        self.tell();
        self.tick().await;
        self.deliver().await;
    }

    /// The provider says what there is to say by now.
    fn tell(&mut self) {
        let now = self.now();
        let provider = &self.stage.ports().outside;
        for (of, is_over) in self.tournament.matches.iter().zip(&mut self.over) {
            if of.kickoff <= now && !*is_over {
                *is_over = told::is_over(of, now);
                let id = ProviderMatchId::parse(of.id.to_string()).expect("a name");
                provider.provider().say(&provided(), &id, of.kickoff, told::told(of, now));
            }
        }
    }

    /// The tick; sometimes it is killed.
    async fn tick(&mut self) {
        let ports = self.stage.ports();
        self.trouble();
        let settings = TickSettings {
            schedules: Ok(self.schedules.clone()),
            keep: TimeDelta::days(30),
            interval_secs: TICK_INTERVAL_SECS,
            instance: INSTANCE,
        };
        let life = self.life();
        let ticked = within(life, tick(ports, &settings)).await;
        self.stage.calm();
        self.count("ticks", 1);
        self.count("ticks killed", usize::from(ticked.is_none()));
    }

    /// Something may go wrong now.
    fn trouble(&mut self) {
        if !self.is_calm && self.rng.chance(TROUBLED) {
            self.stage.trouble(&mut self.rng);
            self.count("troubles", 1);
        }
    }

    /// How many port calls something lives that is killed.
    fn life(&mut self) -> Option<usize> {
        let is_killed = !self.is_calm && self.rng.chance(KILLED);
        is_killed.then(|| self.rng.below(LIVES_MAX))
    }

    /// Delivers what may be delivered now, two batches at a time.
    async fn deliver(&mut self) {
        let queues = &self.stage.ports().queues;
        let deliveries = DELIVERIES_MAX + queues.len(Origin::Jobs(Queue::ScoreboardJobs));
        for _ in 0..deliveries {
            let mut batches = Vec::new();
            for origin in [Origin::Jobs, Origin::DeadLetters] {
                for _ in 0..2 {
                    // What comes again at the end comes in whole batches.
                    let most = if self.is_calm { BATCH_MAX } else { 1 + self.rng.below(20) };
                    batches.extend(queues.pull(origin(Queue::ScoreboardJobs), most));
                }
            }
            if batches.is_empty() {
                return;
            }
            self.trouble();
            let lives: Vec<_> = batches.iter().map(|_| self.life()).collect();
            let work = batches.into_iter().zip(lives);
            let work = work.map(|(batch, life)| deliver_one(self.stage, batch, life));
            let reports = join_all(work).await;
            self.stage.calm();
            for report in reports {
                let Some(report) = report else {
                    self.count("consumers killed", 1);
                    continue;
                };
                self.count("completed", report.completed);
                self.count("absorbed", report.absorbed);
                self.count("snoozed", report.snoozed);
                self.count("failed", report.failed);
                self.count("came back", report.retried);
                self.count("dead letters", report.dead_lettered);
            }
        }
        panic!("messages come back without end");
    }

    /// What is under way ends.
    async fn drain(&mut self) {
        self.is_calm = true;
        self.stage.ports().queues.set_mishaps(Mishaps::default());
        for _ in 0..DRAIN_MINUTES {
            let at = self.now() + TimeDelta::minutes(1);
            self.stage.move_to(at).await;
            self.minute().await;
            if self.stage.unfinished().await == 0 && self.stage.ports().queues.is_empty() {
                return;
            }
        }
        panic!("{} jobs are never done", self.stage.unfinished().await);
    }

    /// Every message that was ever sent comes twice more, in another order, and every
    /// settlement is asked for again by hand.
    async fn replay(&mut self) {
        let queues = &self.stage.ports().queues;
        let mut bodies = queues.sent();
        bodies.extend(queues.sent());
        for of in &self.tournament.matches {
            for version in 1..=self.version(of).await {
                let data = json!({"organizationId": owner(), "tournamentId": TOURNAMENT,
                    "matchId": of.id, "resultVersion": version});
                let short = json!({"type": "scoreboard.settle-match-score", "data": data});
                bodies.extend([short.to_string(), short.to_string()]);
            }
        }
        self.rng.shuffle(&mut bodies);
        self.count("replayed", bodies.len());
        for body in bodies {
            queues.put(Origin::Jobs(Queue::ScoreboardJobs), Body::Text(body));
        }
        self.drain().await;
    }

    async fn version(&self, of: &super::Played) -> i32 {
        let session = self.stage.ports().store.open().await.expect("a session");
        let inputs = session.settlement_inputs(&place(of)).await.expect("read");
        inputs.expect("a match").stored.result_version
    }
}

/// The schedule that has matches asked about, as it is deployed.
fn schedules() -> Vec<Effective> {
    let settings = Settings::from_vars(|_| None).expect("no settings are some");
    let mut all = cron::schedules(&settings).expect("the deployed schedules");
    all.retain(|one| one.schedule.job_key == "match-verifier-5m");
    all
}

/// Consumes a batch; nothing is told where it is killed.
async fn deliver_one<S: Stage>(stage: &S, batch: Batch, life: Option<usize>) -> Option<Report> {
    let ports = stage.ports();
    let token = ports.host().new_id();
    let work = consume(ports, batch.origin(), token, batch.deliveries(), &batch);
    let report = within(life, work).await;
    let queues = &ports.queues;
    if report.is_some() {
        queues.finish(batch)
    } else {
        queues.die(batch)
    };
    report
}

/// What comes of something that is dropped after so many waits.
async fn within<T>(life: Option<usize>, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), life);
    poll_fn(|context| match (work.as_mut().poll(context), left) {
        (Poll::Ready(done), _) => Poll::Ready(Some(done)),
        (Poll::Pending, Some(0)) => Poll::Ready(None),
        (Poll::Pending, _) => {
            left = left.map(|left| left - 1);
            Poll::Pending
        }
    })
    .await
}
