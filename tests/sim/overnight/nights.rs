//! Portfolios in a world of doubles, and the nights that score them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::overnight::Step;
use mauntic_domain::overnight::snapshot::snapshot_place;
use mauntic_domain::portfolio::replay::{Stored, replay};
use mauntic_domain::portfolio::{Currency, Market as Place, Symbol, UserFate};
use mauntic_domain::schedules::{Effective, Settings, TICK_INTERVAL_SECS};
use mauntic_flows::consume::{Body, consume};
use mauntic_flows::cron::{self, Fired};
use mauntic_flows::ports::{
    Act, Database, Host, Night, OperatorStore, Request, Retried, RunStore, UserKey,
};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::host::SimHost;
use mauntic_sim::market::Market;
use mauntic_sim::ports::SimPorts;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::INSTANCE;

/// The queue of it all.
pub(super) const NIGHT: Origin = Origin::Jobs(Queue::OvernightJobs);

/// Assets of each user.
pub(super) const ASSETS: usize = 3;

/// Currencies of users, one after the other.
const CURRENCIES: [&str; 3] = ["USD", "EUR", "JPY"];

pub(super) struct Nights {
    pub(super) ports: SimPorts,
    /// Whether invocations may meet errors.
    pub(super) may_fail: Cell<bool>,
    pub(super) users: Vec<UserKey>,
    /// What the deployment lists, if it does.
    market_crons: RefCell<Option<String>>,
}

pub(super) fn symbol(nth: usize) -> Symbol {
    Symbol::parse(format!("S{nth}")).unwrap()
}

/// Criteria as the product has them.
pub(super) fn criteria() -> Value {
    json!([
        {"id": "cheap", "name": "Cheap", "metric": "pe_ratio", "operator": "lt", "value": "25",
         "points": 10},
        {"id": "price", "name": "Price", "metric": "price", "operator": "between", "value": "10",
         "value2": "400.5", "points": "2.5"},
        {"id": "sales", "name": "Sales", "metric": "revenue", "operator": "exists", "points": -1},
    ])
}

impl Nights {
    /// So many users of two organizations, of whom every other one has the name of another.
    pub(super) fn of(users: usize) -> Self {
        let ports = SimPorts::new(11);
        let host = SimHost::new(ports.clock.clone(), 11).recording();
        let ports = ports.with_host(host);
        ports.queues.set_listeners(true);
        *ports.outside.market() = Market::trading();
        let key = |nth: usize| {
            let owner = if nth.is_multiple_of(2) { "org_a" } else { "org_b" };
            let name = format!("user_{:04}", nth / 2);
            (OrganizationId::parse(owner).unwrap(), PortfolioUserId::parse(name).unwrap())
        };
        let users = (0..users).map(key).collect();
        let nights =
            Self { ports, may_fail: Cell::new(false), users, market_crons: RefCell::default() };
        for (nth, user) in nights.users.iter().enumerate() {
            nights.put(user, nth);
        }
        nights
    }

    /// A user's portfolio and criteria.
    fn put(&self, user: &UserKey, nth: usize) {
        let store = &self.ports.store;
        store.put_portfolio(user, &Currency::parse(CURRENCIES[nth % 3]).unwrap(), true);
        let place = Place::parse(if nth.is_multiple_of(3) { "XNYS" } else { "XETR" }).unwrap();
        let asset = |of: usize| {
            let id = AssetId::parse(format!("asset_{of}")).unwrap();
            (id, symbol(nth + of), place.clone())
        };
        store.put_assets(user, &(0..ASSETS).map(asset).collect::<Vec<_>>());
        store.put_criteria(user, &criteria().to_string());
    }

    /// A message by hand.
    pub(super) fn send(&self, of: &str, data: &Value) {
        let message = json!({"type": of, "data": data}).to_string();
        self.ports.queues.put(NIGHT, Body::Text(message));
    }

    /// A night by hand, to its end.
    pub(super) fn night(&self, data: &Value) -> Night {
        self.send("overnight.start", data);
        self.minutes(10);
        self.latest()
    }

    /// A night that waits for a provider as long as it does.
    pub(super) fn long_night(&self) -> Night {
        self.send("overnight.start", &json!({}));
        self.minutes(60);
        self.latest()
    }

    /// All that may be delivered now, without a tick.
    pub(super) fn deliver_all(&self) {
        for _ in 0..20 {
            while self.deliver(None).is_some() {}
            self.ports.clock.advance(TimeDelta::seconds(15));
        }
    }

    /// An operator cancels a run.
    pub(super) fn cancel_run(&self, run_id: Uuid) {
        let session = finish(self.ports.store.open()).unwrap();
        finish(session.cancel_run(run_id)).unwrap();
    }

    /// Minutes pass, each with its tick and all that may be delivered.
    pub(super) fn minutes(&self, minutes: usize) {
        for _ in 0..minutes {
            self.tick();
            // Retries come after seconds.
            for _ in 0..4 {
                while self.deliver(None).is_some() {}
                self.ports.clock.advance(TimeDelta::seconds(15));
            }
        }
    }

    /// From now on these markets have a night of their own, as the deployment lists them.
    pub(super) fn list_markets(&self, crons: &str) {
        self.market_crons.replace(Some(crons.to_owned()));
    }

    /// A trigger comes, for the schedules that have its expression.
    pub(super) fn fire(&self, cron: &str) {
        let all = schedules(self.market_crons.borrow().clone());
        let its_own: Vec<_> = all.into_iter().filter(|one| one.cron.as_str() == cron).collect();
        assert!(!its_own.is_empty(), "nobody has {cron}");
        let fired = Fired { cron: cron.to_owned(), nominal_at: self.ports.clock.now() };
        let judged = finish(cron::judge_all(&self.ports, &its_own, Some(&fired))).unwrap();
        assert_eq!(judged.error, None);
    }

    /// What became of a schedule's times and why, the oldest first.
    pub(super) fn outcomes(&self, key: &str) -> Vec<(&'static str, Option<&'static str>)> {
        self.ports.store.look(|state| {
            let of_key = state.occurrences().iter().filter(|((of, _), _)| of == key);
            of_key.map(|(_, row)| (row.outcome, row.reason)).collect()
        })
    }

    /// The clock is moved to a minute before the night's time.
    pub(super) fn evening(&self) {
        self.tick();
        let now = self.ports.clock.now();
        let night = now.date_naive().and_hms_opt(4, 0, 0).unwrap().and_utc();
        let next = if night > now { night } else { night + TimeDelta::days(1) };
        self.ports.clock.advance(next - TimeDelta::minutes(1) - now);
        assert_eq!(self.ports.clock.now().second(), 0);
    }

    pub(super) fn tick(&self) {
        let settings = TickSettings {
            schedules: Ok(schedules(self.market_crons.borrow().clone())),
            keep: TimeDelta::days(30),
            interval_secs: TICK_INTERVAL_SECS,
            instance: INSTANCE,
        };
        for (duty, done) in finish(tick(&self.ports, &settings)) {
            assert!(done.is_ok(), "{}: {done:?}", duty.name());
        }
    }

    /// Delivers a message, whose invocation dies when so many polls are over; whether it
    /// lived, or none where there is no message.
    pub(super) fn deliver(&self, dies_after: Option<usize>) -> Option<bool> {
        let batch = self.ports.queues.pull(NIGHT, 1)?;
        let token = self.ports.host.new_id();
        let origin = batch.origin();
        let has_lived = {
            let work = consume(&self.ports, origin, token, batch.deliveries(), &batch);
            let mut work = pin!(work);
            let mut context = Context::from_waker(Waker::noop());
            let mut polls = 0;
            loop {
                if dies_after.is_some_and(|most| polls >= most) {
                    break false;
                }
                if let Poll::Ready(report) = work.as_mut().poll(&mut context) {
                    assert!(report.error.is_none() || self.may_fail.get(), "{:?}", report.error);
                    break true;
                }
                polls += 1;
            }
        };
        if has_lived {
            self.ports.queues.finish(batch);
        } else {
            self.ports.queues.die(batch);
        }
        Some(has_lived)
    }

    /// An operator queues a run's dead jobs again.
    pub(super) fn retry_run(&self, run_id: Uuid) {
        let mut session = finish(self.ports.store.open()).unwrap();
        session.operate(Act {
            actor: "ops".to_owned(),
            reason: None,
            request_id: "req-1".to_owned(),
            key: None,
        });
        let retried = finish(session.retry_run(run_id)).unwrap();
        assert!(matches!(retried, Retried::Done { .. }), "{retried:?}");
    }

    /// Nights in their order.
    pub(super) fn nights(&self) -> Vec<Night> {
        self.ports.store.look(|state| {
            let mut nights: Vec<Night> = state.portfolios().nights.values().cloned().collect();
            nights.sort_by_key(|night| (night.started_at, night.run_id));
            nights
        })
    }

    pub(super) fn latest(&self) -> Night {
        self.nights().pop().unwrap()
    }

    /// Questions for rates, and for quotes: how many symbols each.
    pub(super) fn asked(&self) -> (usize, Vec<usize>) {
        let market = self.ports.outside.market();
        let requests = || market.asked().iter().map(|question| &question.request);
        let rates = requests().filter(|request| **request == Request::Rates).count();
        let quotes = requests().filter_map(|request| match request {
            Request::Quotes { symbols } => Some(symbols.len()),
            _ => None,
        });
        (rates, quotes.collect())
    }

    /// What became of a night's users: fates, and reasons.
    pub(super) fn fates(&self, run_id: Uuid) -> BTreeMap<(Option<UserFate>, &'static str), usize> {
        self.ports.store.look(|state| {
            let mut fates = BTreeMap::new();
            let users = state.portfolios().night_users.iter();
            for (_, row) in users.filter(|((run, _), _)| *run == run_id) {
                let reason = row.unscored.as_ref().map_or("", |why| why.reason.name());
                *fates.entry((row.fate, reason)).or_default() += 1;
            }
            fates
        })
    }

    /// Whether each user of a night has the events of his fate, once, and what was captured
    /// makes the same scores again; how many were scored.
    pub(super) fn replayed(&self, run_id: Uuid) -> usize {
        self.ports.store.look(|state| {
            let all = state.portfolios();
            let of_run = all.night_users.iter().filter(|((run, _), _)| *run == run_id);
            let mut scored = 0;
            for ((_, user), row) in of_run {
                let event = |seq: i16| all.calculations.get(&(run_id, user.clone(), seq));
                let there: Vec<i16> = (1..=4).filter(|seq| event(*seq).is_some()).collect();
                let ids: BTreeSet<Uuid> =
                    there.iter().map(|seq| event(*seq).unwrap().correlation_id).collect();
                assert!(ids.len() <= 1, "one calculation has one correlation id");
                if row.fate == Some(UserFate::Scored) {
                    assert_eq!(there, [1, 2, 3, 4], "{user:?}");
                    let (inputs, scores) = (event(2).unwrap(), event(3).unwrap());
                    let again = replay(&inputs.body, Stored::Scores(&scores.body));
                    assert_eq!(again, Ok(()), "{user:?}");
                    let price = inputs.body.replacen("\"price\":\"", "\"price\":\"1", 1);
                    assert_ne!(price, inputs.body);
                    assert!(replay(&price, Stored::Scores(&scores.body)).is_err());
                    scored += 1;
                } else if row.fate.is_some() {
                    assert!(there.starts_with(&[1]) && there.ends_with(&[4]), "{there:?}");
                    assert!(!there.contains(&3));
                } else {
                    assert!(there.is_empty(), "{there:?}");
                }
            }
            scored
        })
    }

    /// A user's snapshot.
    pub(super) fn snapshot(&self, (owner, user): &UserKey) -> Option<Value> {
        let body = self.ports.projections.body(&snapshot_place(owner, user))?;
        Some(serde_json::from_str(&body).unwrap())
    }

    pub(super) fn letter_reasons(&self) -> Vec<String> {
        self.ports.store.letters().iter().map(|letter| letter.reason.to_string()).collect()
    }

    /// Jobs that are not final.
    pub(super) fn unfinished(&self) -> usize {
        self.ports.store.look(|state| state.live_jobs().count())
    }

    /// Events of nights that were told, by type, and the status of each.
    pub(super) fn told(&self) -> Vec<(String, Value)> {
        let events = self.ports.queues.take_events().into_iter();
        let told = events.map(|of| (of.event_type, of.data["status"].clone()));
        told.collect()
    }

    /// When a step of a night was done.
    pub(super) fn done_at(night: &Night, step: Step) -> DateTime<Utc> {
        night.done(step).unwrap().done_at
    }
}

/// The schedules of nights, as they are deployed.
fn schedules(market_crons: Option<String>) -> Vec<Effective> {
    let settings = Settings { market_crons, ..Settings::default() };
    let all = cron::schedules(&settings).unwrap();
    all.into_iter().filter(|one| one.schedule.job_key == "overnight-scoring").collect()
}
