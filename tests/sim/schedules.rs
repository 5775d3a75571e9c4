//! Ninety days of every schedule, with outages, double fires, triggers that are
//! late, early or wrong, and two ticks at once: the rows are exactly the nominal
//! times, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::schedules::Effective;
use mauntic_flows::cron::{Fired, judge_all};
use mauntic_flows::ports::{Database, RunStore, ScheduleStore};
use mauntic_sim::engine::check_occurrences;
use mauntic_sim::engine::drive::{finish, side_by_side};
use mauntic_sim::engine::schedules::{MADE_UP, all};
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;
use mauntic_tests::say::say;

const DAYS: i64 = 90;

struct Operator {
    ports: SimPorts,
    rng: Rng,
    schedules: Vec<Effective>,
    away_until: DateTime<Utc>,
    was_away: bool,
    counts: BTreeMap<&'static str, u64>,
}

impl Operator {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What is fired within one minute, all of it side by side.
    fn minute(&mut self) {
        let now = self.ports.clock.database();
        let is_away = now < self.away_until;
        if is_away {
            self.count("minutes away");
            self.was_away = true;
            return;
        }
        let mut fired: Vec<Option<Fired>> = vec![None];
        if std::mem::take(&mut self.was_away) && self.rng.chance(500) {
            self.count("triggers before the tick after an outage");
            self.fire_late(now);
        }
        if self.rng.chance(50) {
            self.count("two ticks at once");
            fired.push(None);
        }
        if self.rng.chance(30) {
            self.count("minutes without a tick");
            fired.clear();
        }
        let crons: BTreeSet<String> =
            self.schedules.iter().map(|one| one.cron.as_str().to_owned()).collect();
        for cron in crons {
            let is_due = self.schedules.iter().any(|one| {
                one.cron.as_str() == cron
                    && one.cron.previous(now) > Some(now - TimeDelta::minutes(1))
            });
            let times = match (is_due, self.rng.below(1_000)) {
                (true, 0..50) => 0,
                (true, 50..100) => 2,
                (true, _) | (false, 0..2) => 1,
                (false, _) => 0,
            };
            for _ in 0..times {
                let off = self.off();
                fired.push(Some(Fired { cron: cron.clone(), nominal_at: now + off }));
            }
            *self.counts.entry("fires").or_default() += times;
        }
        if self.rng.chance(20) {
            self.count("lost writes");
            let fault = if self.rng.chance(500) { Fault::AnswerLost } else { Fault::Unsure };
            self.ports.faults.next(Some(Call::WriteJudged), fault);
        }
        let (ports, schedules) = (&self.ports, &self.schedules);
        let judge = |fired: Option<Fired>| -> Pin<Box<dyn Future<Output = ()> + '_>> {
            Box::pin(async move {
                judge_all(ports, schedules, fired.as_ref()).await.unwrap();
            })
        };
        side_by_side(&mut self.rng, fired.into_iter().map(judge).collect());
        self.end_runs();
    }

    /// The triggers of an outage come before the tick does.
    fn fire_late(&self, now: DateTime<Utc>) {
        for one in &self.schedules {
            let cron = one.cron.as_str().to_owned();
            let nominal_at = one.cron.previous(now).unwrap();
            let fired = Fired { cron, nominal_at };
            finish(judge_all(&self.ports, &self.schedules, Some(&fired))).unwrap();
        }
    }

    /// How far a trigger's time is from now.
    fn off(&mut self) -> TimeDelta {
        let secs = |rng: &mut Rng, most| i64::try_from(rng.below(most)).unwrap();
        match self.rng.below(100) {
            0..3 => {
                self.count("fires late");
                -TimeDelta::seconds(60 + secs(&mut self.rng, 7_200))
            }
            3..6 => {
                self.count("fires early");
                TimeDelta::seconds(1 + secs(&mut self.rng, 59))
            }
            6..8 => {
                self.count("fires far too early");
                TimeDelta::seconds(61 + secs(&mut self.rng, 86_400))
            }
            _ => TimeDelta::zero(),
        }
    }

    /// Runs end some time; those that do not yet are in the others' way.
    fn end_runs(&mut self) {
        let open: BTreeSet<_> =
            self.ports.store.look(|state| state.live_jobs().filter_map(|row| row.run_id).collect());
        for run in open {
            if self.rng.chance(150) {
                let session = finish(self.ports.store.open()).unwrap();
                finish(session.cancel_run(run)).unwrap();
            }
        }
    }

    /// Now and then something big happens.
    fn upset(&mut self) {
        if self.rng.chance(2) {
            self.count("outages");
            let longest = if self.rng.chance(100) { 3 * 1_440 } else { 120 };
            let time = i64::try_from(2 + self.rng.below(longest)).unwrap();
            self.away_until = self.ports.clock.database() + TimeDelta::minutes(time);
        }
        if self.rng.chance(3) {
            let nth = self.rng.below(self.schedules.len());
            let key = self.schedules[nth].job_key();
            let note = self.rng.chance(300).then_some("on holiday");
            let session = finish(self.ports.store.open()).unwrap();
            finish(session.pause(&key, note)).unwrap();
            self.count("pauses and resumes");
        }
    }
}

#[test]
fn ninety_days_have_exactly_their_nominal_times() {
    let schedules = all(|_| true);
    assert_eq!(schedules.len(), 13 + MADE_UP.len());
    let ports = SimPorts::new(90);
    let start = ports.clock.database();
    let mut operator = Operator {
        ports,
        rng: Rng::new(90),
        schedules,
        away_until: start,
        was_away: false,
        counts: BTreeMap::new(),
    };
    let whole = DAYS * 1_440;
    for _ in 0..whole {
        operator.minute();
        operator.upset();
        let jitter = i64::try_from(operator.rng.below(20)).unwrap();
        let clock = &operator.ports.clock;
        // Ticks come some seconds late, and never twice a minute.
        let next = clock.database().timestamp().div_euclid(60) * 60 + 60 + jitter;
        clock.advance(DateTime::from_timestamp(next, 0).unwrap() - clock.database());
    }
    operator.away_until = start;
    // A tick judges 500 times at most; an outage of three days has more.
    for _ in 0..3 {
        finish(judge_all(&operator.ports, &operator.schedules, None)).unwrap();
    }
    let end = operator.ports.clock.database();
    say(format_args!("{:?}", operator.counts));
    operator.ports.store.look(|state| {
        check_occurrences(state, &operator.schedules).unwrap();
        for one in &operator.schedules {
            let key = &*one.job_key();
            let rows = state.occurrences().range((key.to_owned(), DateTime::UNIX_EPOCH)..);
            let rows: BTreeMap<_, _> = rows
                .take_while(|((of, _), _)| of == key)
                .map(|((_, at), row)| (*at, row))
                .collect();
            // Another way to the same times: minute by minute.
            // A trigger that was early is judged before its time.
            let until = state.schedules()[key].judged_until.max(end);
            let minutes = (1..).map(|n| {
                DateTime::from_timestamp(start.timestamp().div_euclid(60) * 60 + n * 60, 0).unwrap()
            });
            let nominals =
                minutes.take_while(|at| *at <= until).filter(|at| one.cron.contains(*at));
            assert!(rows.keys().copied().eq(nominals), "{key} has exactly its nominal times");
            let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
            rows.values().for_each(|row| *outcomes.entry(row.outcome).or_default() += 1);
            say(format_args!("{key}: {} times, {outcomes:?}", rows.len()));
        }
    });
}
