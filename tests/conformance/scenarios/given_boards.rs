//! What the cases of settlements and boards begin with: a tournament of five members
//! and three matches.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::settlement::{self, Decision, awards};
use mauntic_domain::scoreboard::{Chain, Match, MatchResult, Round, Rules, Score, Status};
use mauntic_flows::ports::{
    BoardKey, Committed, Effect, EffectStore, Held, JobKey, MatchPlace, SettlementAct,
    SettlementBasis, SettlementStore, SettlementWrite,
};
use mauntic_sim::store::boards::TournamentKey;
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

pub(crate) const TOURNAMENT: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0001);
pub(crate) const MATCHES: [Uuid; 3] = [
    Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0011),
    Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0012),
    Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0013),
];
/// The board of the tournament.
pub(crate) const BOARD: BoardKey = BoardKey { tournament: TOURNAMENT, league: None };
const MEMBERS: [&str; 5] = ["ada", "bob", "cy", "dan", "eve"];

/// What a test knows of its tournament.
#[derive(Debug, Default)]
pub(crate) struct Known {
    matches: Vec<(Round, Match)>,
    guesses: BTreeMap<(usize, MemberId), Score>,
}

pub(crate) fn key(owner: &str) -> TournamentKey {
    (organization(owner), TOURNAMENT)
}

pub(crate) fn member(name: &str) -> MemberId {
    MemberId::parse(name).expect("a name")
}

pub(crate) fn round(name: &str) -> Round {
    Round::parse(name).expect("a round")
}

pub(crate) fn score(text: &str) -> Score {
    let (home, away) = text.split_once(':').expect("a score");
    let goals = |text: &str| text.parse().expect("goals");
    Score::new(goals(home), goals(away)).expect("a score")
}

pub(crate) fn result(text: &str) -> MatchResult {
    MatchResult::of_full_time(score(text))
}

impl<S: BoardSubject> World<S> {
    /// A tournament by the product's rules; its matches began two hours ago.
    pub(crate) async fn tournament(&mut self) {
        self.tournament_of(&Rules::default()).await;
    }

    pub(crate) async fn tournament_of(&mut self, rules: &Rules) {
        let kickoff = self.subject.now() - TimeDelta::hours(2);
        self.known.matches =
            MATCHES.iter().map(|_| (round("Matchday 1"), Match::scheduled(kickoff))).collect();
        self.subject.put_tournament(&key("org_1"), rules, &Chain::default()).await;
        self.enter("org_1").await;
        for at in 0..MATCHES.len() {
            self.store_match(at).await;
        }
    }

    async fn enter(&self, owner: &str) {
        let joined = |(n, name): (i64, &str)| {
            (member(name), self.subject.now() - TimeDelta::days(9) + TimeDelta::minutes(n))
        };
        let members: Vec<_> = (0..).zip(MEMBERS).map(joined).collect();
        self.subject.put_members(&key(owner), &members).await;
    }

    /// The same tournament of another organization, under the same ids.
    pub(crate) async fn same_elsewhere(&self) {
        self.subject.put_tournament(&key("org_2"), &Rules::default(), &Chain::default()).await;
        self.enter("org_2").await;
        let (round, stored) = &self.known.matches[0];
        let place = MatchPlace { organization_id: organization("org_2"), ..self.place(0) };
        self.subject.put_match(&place, round, stored).await;
        let at = stored.kickoff - TimeDelta::hours(1);
        self.subject.put_guesses(&place, &[(member("ada"), score("2:1"), at)]).await;
    }

    pub(crate) fn place(&self, at: usize) -> MatchPlace {
        let (organization_id, tournament_id) = key("org_1");
        MatchPlace { organization_id, tournament_id, match_id: MATCHES[at] }
    }

    pub(crate) fn kickoff(&self, at: usize) -> DateTime<Utc> {
        self.known.matches[at].1.kickoff
    }

    pub(crate) fn has_ended(&self, at: usize) -> bool {
        self.known.matches[at].1.result.is_some()
    }

    async fn store_match(&self, at: usize) {
        let (round, stored) = &self.known.matches[at];
        self.subject.put_match(&self.place(at), round, stored).await;
    }

    pub(crate) async fn rename(&mut self, at: usize, name: &str) {
        self.known.matches[at].0 = round(name);
        self.store_match(at).await;
    }

    pub(crate) async fn move_kickoff(&mut self, at: usize, kickoff: DateTime<Utc>) {
        self.known.matches[at].1.kickoff = kickoff;
        self.store_match(at).await;
    }

    pub(crate) async fn change_rules(&self, rules: &Rules) {
        self.subject.change_rules(&key("org_1"), rules).await;
    }

    pub(crate) async fn spoil(&self, name: &str) {
        self.subject.spoil_board(&key("org_1"), &member(name)).await;
    }

    /// A match ends, or has another result.
    pub(crate) async fn end(&mut self, at: usize, of: &str) {
        let now = self.subject.now();
        let stored = &mut self.known.matches[at].1;
        if stored.result != Some(result(of)) {
            stored.result = Some(result(of));
            stored.result_version += 1;
        }
        stored.status = Status::Ended;
        stored.ended_at = stored.ended_at.or(Some(now));
        self.store_match(at).await;
    }

    /// A match has another result, as no statement of ours stores one.
    pub(crate) async fn alter(&mut self, at: usize, of: &str) {
        self.known.matches[at].1.result = Some(result(of));
        self.store_match(at).await;
    }

    /// Members guess an hour before the match begins.
    pub(crate) async fn guess(&mut self, at: usize, guesses: &[(&str, &str)]) {
        for (name, of) in guesses {
            self.guess_at(at, name, of, self.kickoff(at) - TimeDelta::hours(1)).await;
        }
    }

    pub(crate) async fn guess_at(&mut self, at: usize, name: &str, of: &str, when: DateTime<Utc>) {
        self.known.guesses.insert((at, member(name)), score(of));
        let guess = (member(name), score(of), when);
        self.subject.put_guesses(&self.place(at), &[guess]).await;
    }

    /// What the handler decides on a match's current version.
    pub(crate) async fn decided(&self, at: usize, held: &Held) -> SettlementWrite {
        let place = self.place(at);
        let inputs = self.queue.settlement_inputs(&place).await.expect("read").expect("a match");
        let version = inputs.stored.result_version;
        let (result, applied, act) =
            match settlement::decide(&inputs.stored, version, inputs.applied) {
                Decision::Skip { result, applied } => (result, Some(applied), SettlementAct::Skip),
                Decision::Apply { result, replaces } => {
                    let awards = awards(&inputs.rules, &inputs.round, result);
                    let weights = inputs.chain.weights();
                    (result, replaces, SettlementAct::Apply { awards, weights })
                }
                other => panic!("not to be settled: {other:?}"),
            };
        let basis = SettlementBasis {
            rules_version: inputs.rules_version,
            round: inputs.round,
            kickoff: inputs.stored.kickoff,
            result_version: version,
            applied,
        };
        let (job_id, attempt, request_id) = (held.id, held.claim, held.request_id.clone());
        SettlementWrite { place, basis, result, act, job_id, attempt, request_id }
    }

    /// Settles a match's current version; the job that did.
    pub(crate) async fn settle(&mut self, at: usize) -> Uuid {
        let job = self.one(JobKey::None).await;
        let held = self.hold(job).await;
        self.settle_held(at, &held).await;
        job
    }

    pub(crate) async fn settle_held(&mut self, at: usize, held: &Held) {
        let settlements = vec![self.decided(at, held).await];
        let whole = Effect { settlements, ..effect(self.subject.now(), &[held]) };
        let committed = self.queue.commit(&whole).await.expect("committed");
        assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
    }

    /// Rows of a table of tournaments.
    pub(crate) async fn table(&mut self, name: &str) -> Vec<Value> {
        self.dump().await["boards"][name].as_array().expect("a table").clone()
    }

    pub(crate) async fn settlements(&mut self) -> Vec<Value> {
        self.table("settlements").await
    }

    /// Settlements: status, version and the one before.
    pub(crate) async fn entries(&mut self) -> Vec<Value> {
        let row = |row: &Value| {
            let entry = &row["entry"];
            json!([entry["status"], entry["resultVersion"], entry["previous"]])
        };
        self.settlements().await.iter().map(row).collect()
    }

    /// The board: member, points, exact hits, right outcomes.
    pub(crate) async fn board(&mut self) -> Value {
        let row = |row: &Value| {
            let points = PointsE4::from_e4(row["points_e4"].as_i64().expect("points"));
            json!([row["member_id"], points, row["exact_hits"], row["right_outcomes"]])
        };
        self.table("entries").await.iter().map(row).collect()
    }

    /// Members with their points, if they have some.
    pub(crate) async fn points(&mut self) -> Value {
        let board = self.board().await;
        let rows = board.as_array().expect("rows").iter();
        rows.filter(|row| row[1] != 0).map(|row| json!([row[0], row[1]])).collect()
    }

    /// Points and members with them.
    pub(crate) async fn histogram(&mut self) -> Value {
        let rows = self.table("histograms").await;
        let rows = rows.iter().filter(|row| row["members"] != 0);
        let row = |row: &Value| {
            let points = PointsE4::from_e4(row["points_e4"].as_i64().expect("points"));
            json!([points, row["members"]])
        };
        rows.map(row).collect()
    }

    /// Members with the points that their guesses earn by the results, if some.
    pub(crate) fn recomputed(&self) -> Value {
        let mut points: BTreeMap<&MemberId, PointsE4> = BTreeMap::new();
        for ((at, member), guess) in &self.known.guesses {
            let (round, stored) = &self.known.matches[*at];
            if let Some(result) = stored.result {
                let earned = Rules::default().award(round, result, *guess).points;
                let of = points.entry(member).or_default();
                *of = *of + earned;
            }
        }
        let some = points.into_iter().filter(|(_, points)| *points != PointsE4::ZERO);
        some.map(|(member, points)| json!([member, points])).collect()
    }
}
