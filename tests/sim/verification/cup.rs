//! A tournament in a world of doubles: matches that begin in ten minutes, three members
//! who guessed, and a provider that tells how they are played.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderTournamentId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::points::PointsE4;
use mauntic_domain::schedules::{Effective, Settings, TICK_INTERVAL_SECS};
use mauntic_domain::scoreboard::{Chain, Match, Rules, Score};
use mauntic_flows::consume::{Body, consume};
use mauntic_flows::cron;
use mauntic_flows::ports::{Host, MatchPlace, Request};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::provider::{Fixture, Said, world_cup};
use mauntic_sim::store::boards::{MatchRow, TournamentKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::INSTANCE;

/// The queue of it all.
pub(super) const VERIFY: Origin = Origin::Jobs(Queue::ScoreboardJobs);

pub(super) struct Cup {
    pub(super) ports: SimPorts,
    pub(super) key: TournamentKey,
    pub(super) provider: ProviderTournamentId,
    pub(super) fixtures: Vec<Fixture>,
    guesses: Vec<(MemberId, usize, Score)>,
}

pub(super) fn member(name: &str) -> MemberId {
    MemberId::parse(name).unwrap()
}

impl Cup {
    /// So many matches.
    pub(super) fn of(matches: usize) -> Self {
        let ports = SimPorts::new(7);
        let now = ports.clock.database();
        let kickoff = now + TimeDelta::minutes(10);
        let owner = OrganizationId::parse("org_1").unwrap();
        let key = (owner, Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
        let provider = ProviderTournamentId::parse("cup").unwrap();
        let fixtures: Vec<Fixture> = world_cup()
            .into_iter()
            .take(matches)
            .map(|fixture| Fixture { kickoff, ..fixture })
            .collect();
        ports.store.put_tournament(key.clone(), Rules::default(), Chain::default());
        ports.store.provide(&key, Some(provider.clone()));
        let members = ["ada", "bob", "cy"].map(|name| (member(name), now));
        ports.store.put_members(&key, &members);
        let mut cup = Self { ports, key, provider, fixtures, guesses: Vec::new() };
        for at in 0..matches {
            cup.add(at, now);
        }
        cup
    }

    fn add(&mut self, at: usize, now: DateTime<Utc>) {
        let (place, fixture) = (self.place(at), &self.fixtures[at]);
        let stored = Match::scheduled(fixture.kickoff);
        self.ports.store.put_match(place.clone(), fixture.round.clone(), stored);
        self.ports.store.call_match(&place, &fixture.id);
        self.ports.outside.provider().play(&self.provider, fixture, now);
        let score = |home: usize, away: usize| {
            Score::new(home.try_into().unwrap(), away.try_into().unwrap()).unwrap()
        };
        let of = [("ada", score(at % 3, 1)), ("bob", score(0, at % 2)), ("cy", score(1, 1))];
        let guesses = of.map(|(name, score)| (member(name), score, now));
        self.ports.store.put_guesses(&place, &guesses);
        self.guesses.extend(of.map(|(name, score)| (member(name), at, score)));
    }

    pub(super) fn place(&self, at: usize) -> MatchPlace {
        let (organization_id, tournament_id) = self.key.clone();
        let match_id = Uuid::from_u128(
            0x0193_0000_0000_7000_8000_0000_0000_1000 + u128::try_from(at).unwrap(),
        );
        MatchPlace { organization_id, tournament_id, match_id }
    }

    /// What the provider says of a match from then on.
    pub(super) fn say(&self, at: usize, since: DateTime<Utc>, said: Said) {
        self.ports.outside.provider().say(&self.provider, &self.fixtures[at].id, since, said);
    }

    /// A message by hand.
    pub(super) fn send(&self, message: &Value) {
        self.ports.queues.put(VERIFY, Body::Text(message.to_string()));
    }

    /// Somebody has a match asked about.
    pub(super) fn ask(&self, at: usize) {
        let MatchPlace { organization_id, tournament_id, match_id } = self.place(at);
        self.send(&json!({"type": "scoreboard.verify-match", "data": {
            "organizationId": organization_id, "tournamentId": tournament_id,
            "matchId": match_id}}));
    }

    /// Minutes pass, each with its tick and all that may be delivered.
    pub(super) fn minutes(&self, minutes: usize) {
        self.pass(minutes, true);
    }

    /// Days pass, with a tick every five minutes: what waits for days waits for no minute.
    pub(super) fn days(&self, days: usize) {
        while self.ports.clock.now().timestamp() % 300 != 0 {
            self.minutes(1);
        }
        for _ in 0..days * 24 * 12 {
            self.minutes(1);
            self.ports.clock.advance(TimeDelta::minutes(4));
        }
    }

    /// The same where the database may fail.
    pub(super) fn hurried(&self, minutes: usize) {
        self.pass(minutes, false);
    }

    fn pass(&self, minutes: usize, is_well: bool) {
        for _ in 0..minutes {
            let settings = TickSettings {
                schedules: Ok(schedules()),
                keep: TimeDelta::days(30),
                interval_secs: TICK_INTERVAL_SECS,
                instance: INSTANCE,
            };
            for (duty, done) in finish(tick(&self.ports, &settings)) {
                assert!(done.is_ok() || !is_well, "{}: {done:?}", duty.name());
            }
            // Retries come after seconds.
            for _ in 0..4 {
                self.deliver(is_well);
                self.ports.clock.advance(TimeDelta::seconds(15));
            }
        }
    }

    fn deliver(&self, is_well: bool) {
        while let Some(batch) = self.ports.queues.pull(VERIFY, 10) {
            let token = self.ports.host.new_id();
            let origin = batch.origin();
            let done = consume(&self.ports, origin, token, batch.deliveries(), &batch);
            let report = finish(done);
            assert!(report.error.is_none() || !is_well, "{:?}", report.error);
            self.ports.queues.finish(batch);
        }
    }

    pub(super) fn row(&self, at: usize) -> MatchRow {
        let place = self.place(at);
        self.ports.store.look(|state| state.boards().matches[&place].clone())
    }

    /// How often the provider was asked about each match.
    pub(super) fn questions(&self) -> Vec<usize> {
        let provider = self.ports.outside.provider();
        let about = |fixture: &Fixture| {
            let asked = provider.asked().iter().filter(|question| {
                matches!(&question.request, Request::Match { id, .. } if *id == fixture.id)
            });
            asked.count()
        };
        self.fixtures.iter().map(about).collect()
    }

    /// What came of the questions about a match, by reason.
    pub(super) fn reasons(&self, at: usize) -> BTreeMap<&'static str, usize> {
        let id = self.place(at).match_id;
        self.ports.store.look(|state| {
            let mut reasons = BTreeMap::new();
            let noted = state.boards().verifications.values();
            for row in noted.filter(|row| row.match_id == id) {
                *reasons.entry(row.reason.name()).or_default() += 1;
            }
            reasons
        })
    }

    /// Settlements: status and version of the result.
    pub(super) fn settlements(&self) -> Vec<(&'static str, i32)> {
        self.ports.store.look(|state| {
            let rows = state.boards().ledger.get(&self.key).into_iter().flatten();
            rows.map(|row| (row.entry.status.name(), row.entry.result_version)).collect()
        })
    }

    pub(super) fn letters(&self) -> usize {
        self.ports.store.letters().len()
    }

    pub(super) fn letter_reasons(&self) -> Vec<String> {
        self.ports.store.letters().iter().map(|letter| letter.reason.to_string()).collect()
    }

    /// Jobs that are not final.
    pub(super) fn unfinished(&self) -> usize {
        self.ports.store.look(|state| state.live_jobs().count())
    }

    /// The board: members with their points.
    pub(super) fn points(&self) -> BTreeMap<MemberId, PointsE4> {
        self.ports.store.look(|state| {
            let rows = state.boards().entries[&self.key].iter();
            rows.map(|(member, row)| (member.clone(), row.totals.points)).collect()
        })
    }

    /// What the guesses earn by how the matches ended, one by one.
    pub(super) fn expected(&self) -> BTreeMap<MemberId, PointsE4> {
        let mut points = BTreeMap::new();
        for (member, at, guess) in &self.guesses {
            let fixture = &self.fixtures[*at];
            let earned = Rules::default().award(&fixture.round, fixture.result, *guess).points;
            let of: &mut PointsE4 = points.entry(member.clone()).or_default();
            *of = *of + earned;
        }
        points
    }
}

/// The schedules of matches, as they are deployed.
fn schedules() -> Vec<Effective> {
    let all = cron::schedules(&Settings::from_vars(|_| None).unwrap()).unwrap();
    let is_of_matches = |one: &Effective| {
        ["match-verifier-5m", "knockout-check-daily"].contains(&one.schedule.job_key)
    };
    all.into_iter().filter(is_of_matches).collect()
}
