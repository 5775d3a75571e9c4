//! Where a tournament is played: the double, or PostgreSQL with a clock that the test
//! moves ([`super::postgres`]).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderTournamentId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::scoreboard::{Chain, Match, Rules, Score};
use mauntic_flows::ports::{Database, MatchPlace, PortError};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::{Call, Fault, Faults};
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;
use mauntic_sim::store::MemoryStore;
use uuid::Uuid;

use super::{Member, Played};

/// The tournament's id.
pub const TOURNAMENT: Uuid = Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0000);

/// Whose it is.
pub const OWNER: &str = "org_1";

/// What its provider calls it.
pub const PROVIDED: &str = "a-provider";

/// [`PROVIDED`].
#[must_use]
pub fn provided() -> ProviderTournamentId {
    ProviderTournamentId::parse(PROVIDED).expect("a name")
}

/// [`OWNER`].
#[must_use]
pub fn owner() -> OrganizationId {
    OrganizationId::parse(OWNER).expect("a name")
}

/// Where a match stands.
#[must_use]
pub fn place(of: &Played) -> MatchPlace {
    MatchPlace { organization_id: owner(), tournament_id: TOURNAMENT, match_id: of.id }
}

/// A guess as it is stored.
pub type Stored = (MemberId, Score, DateTime<Utc>);

/// A database with a clock, filled by hand.
#[allow(async_fn_in_trait, reason = "tests run it where it stands")]
pub trait Stage {
    /// The database.
    type Db: Database + Send + Sync + 'static;
    /// The queue worker's ports; everything but the database is a double.
    fn ports(&self) -> &SimPorts<Self::Db>;
    /// The HTTP worker's database.
    fn http(&self) -> &Self::Db;
    /// Moves the clock forwards to a time.
    async fn move_to(&self, at: DateTime<Utc>);
    /// Makes the tournament.
    async fn put_tournament(&self, rules: &Rules);
    /// Makes members.
    async fn put_members(&self, members: &[Member]);
    /// Makes a match that is to be played, which its provider calls by our id.
    async fn put_match(&self, of: &Played);
    /// Stores guesses about a match.
    async fn put_guesses(&self, of: &Played, guesses: &[Stored]);
    /// Something goes wrong at the next occasion.
    fn trouble(&self, rng: &mut Rng);
    /// Nothing does any more.
    fn calm(&self);
    /// Jobs that are not final.
    async fn unfinished(&self) -> usize;
    /// Matches that somebody is still to ask about.
    async fn open_matches(&self) -> usize;
    /// Dead letters of settlements.
    async fn given_up(&self) -> usize;
    /// Everything that boards show and are made of.
    async fn boards(&self) -> String;
}

/// A message or an answer of the provider is lost at the next occasion.
pub(super) fn trouble_outside(faults: &Faults, rng: &mut Rng) {
    let call = if rng.chance(500) { Call::Send } else { Call::Outside };
    faults.next(Some(call), if rng.chance(500) { Fault::AnswerLost } else { Fault::Lost });
}

/// The double.
#[derive(Debug)]
pub struct OnDouble {
    ports: SimPorts,
}

impl OnDouble {
    /// An empty one whose clock starts then.
    #[must_use]
    pub fn starting(at: DateTime<Utc>, seed: u64) -> Self {
        let (clock, faults) = (ManualClock::starting(at.timestamp()), Arc::new(Faults::default()));
        Self { ports: SimPorts::with(clock, faults, seed) }
    }
}

impl Stage for OnDouble {
    type Db = MemoryStore;

    fn ports(&self) -> &SimPorts {
        &self.ports
    }

    fn http(&self) -> &MemoryStore {
        &self.ports.store
    }

    async fn move_to(&self, at: DateTime<Utc>) {
        self.ports.clock.advance(at - self.ports.clock.now());
    }

    async fn put_tournament(&self, rules: &Rules) {
        let (store, key) = (&self.ports.store, (owner(), TOURNAMENT));
        store.put_tournament(key.clone(), rules.clone(), Chain::default());
        store.provide(&key, Some(provided()));
    }

    async fn put_members(&self, members: &[Member]) {
        let members: Vec<_> = members.iter().map(|of| (of.name.clone(), of.joined_at)).collect();
        self.ports.store.put_members(&(owner(), TOURNAMENT), &members);
    }

    async fn put_match(&self, of: &Played) {
        let stored = Match::scheduled(of.kickoff);
        self.ports.store.put_match(place(of), of.round.clone(), stored);
    }

    async fn put_guesses(&self, of: &Played, guesses: &[Stored]) {
        self.ports.store.put_guesses(&place(of), guesses);
    }

    fn trouble(&self, rng: &mut Rng) {
        let cause = "XX000".to_owned();
        let faults = [
            (Call::Commit, Fault::AnswerLost),
            (Call::Commit, Fault::Unsure),
            (Call::Commit, Fault::Lost),
            (Call::Commit, Fault::Contended),
            (Call::Commit, Fault::Fail(PortError::Refused { what: "a statement", cause })),
            (Call::Claim, Fault::AnswerLost),
            (Call::Claim, Fault::Locked(rng.next())),
            (Call::ClaimAlone, Fault::AnswerLost),
            (Call::SettlementInputs, Fault::Lost),
            (Call::DueMatches, Fault::Lost),
            (Call::VerificationInputs, Fault::Lost),
            (Call::NoteVerification, Fault::AnswerLost),
            (Call::SetBack, Fault::AnswerLost),
            (Call::WriteJudged, Fault::AnswerLost),
        ];
        if rng.chance(200) {
            return trouble_outside(&self.ports.faults, rng);
        }
        if let Some((call, fault)) = faults.get(rng.below(faults.len())) {
            self.ports.faults.next(Some(*call), fault.clone());
        }
    }

    fn calm(&self) {
        self.ports.faults.calm();
    }

    async fn unfinished(&self) -> usize {
        self.ports.store.look(|state| state.live_jobs().count())
    }

    async fn open_matches(&self) -> usize {
        self.ports.store.look(|state| {
            let rows = state.boards().matches.values();
            rows.filter(|row| row.stored.next_check_at.is_some()).count()
        })
    }

    async fn given_up(&self) -> usize {
        let letters = self.ports.store.letters();
        let settles = JobType::SettleMatchScore.name();
        letters.iter().filter(|letter| letter.type_name.as_deref() == Some(settles)).count()
    }

    async fn boards(&self) -> String {
        self.ports.store.look(|state| {
            let boards = state.boards();
            format!("{:?} {:?} {:?}", boards.entries, boards.histograms, boards.points)
        })
    }
}
