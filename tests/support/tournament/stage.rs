//! Where a tournament is played: the double, or PostgreSQL with a clock that the test
//! moves ([`super::postgres`]).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::scoreboard::{Chain, Match, Rules, Score};
use mauntic_flows::ports::{Database, MatchPlace, PortError};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::{Call, Fault, Faults};
use mauntic_sim::rng::Rng;
use mauntic_sim::store::MemoryStore;
use uuid::Uuid;

use super::ports::PlayPorts;
use super::{Member, Played};

/// The tournament's id.
pub const TOURNAMENT: Uuid = Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0000);

/// Whose it is.
pub const OWNER: &str = "org_1";

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
    /// The queue worker's ports.
    fn ports(&self) -> &PlayPorts<Self::Db>;
    /// The HTTP worker's database.
    fn http(&self) -> &Self::Db;
    /// Moves the clock forwards to a time.
    async fn move_to(&self, at: DateTime<Utc>);
    /// Makes the tournament.
    async fn put_tournament(&self, rules: &Rules);
    /// Makes members.
    async fn put_members(&self, members: &[Member]);
    /// Makes a match, or changes what is stored of it.
    async fn put_match(&self, of: &Played, stored: &Match);
    /// Stores guesses about a match.
    async fn put_guesses(&self, of: &Played, guesses: &[Stored]);
    /// Something goes wrong at the next occasion.
    fn trouble(&self, rng: &mut Rng);
    /// Nothing does any more.
    fn calm(&self);
    /// Jobs that are not final.
    async fn unfinished(&self) -> usize;
    /// Dead letters of settlements.
    async fn given_up(&self) -> usize;
    /// Everything that boards show and are made of.
    async fn boards(&self) -> String;
}

/// The double.
#[derive(Debug)]
pub struct OnDouble {
    ports: PlayPorts<MemoryStore>,
}

impl OnDouble {
    /// An empty one whose clock starts then.
    #[must_use]
    pub fn starting(at: DateTime<Utc>, seed: u64) -> Self {
        let (clock, faults) = (ManualClock::starting(at.timestamp()), Arc::new(Faults::default()));
        let store = MemoryStore::new(clock.clone(), Arc::clone(&faults));
        Self { ports: PlayPorts::new(store, clock, faults, seed) }
    }
}

impl Stage for OnDouble {
    type Db = MemoryStore;

    fn ports(&self) -> &PlayPorts<MemoryStore> {
        &self.ports
    }

    fn http(&self) -> &MemoryStore {
        &self.ports.db
    }

    async fn move_to(&self, at: DateTime<Utc>) {
        self.ports.clock.advance(at - self.ports.clock.now());
    }

    async fn put_tournament(&self, rules: &Rules) {
        self.ports.db.put_tournament((owner(), TOURNAMENT), rules.clone(), Chain::default());
    }

    async fn put_members(&self, members: &[Member]) {
        let members: Vec<_> = members.iter().map(|of| (of.name.clone(), of.joined_at)).collect();
        self.ports.db.put_members(&(owner(), TOURNAMENT), &members);
    }

    async fn put_match(&self, of: &Played, stored: &Match) {
        self.ports.db.put_match(place(of), of.round.clone(), *stored);
    }

    async fn put_guesses(&self, of: &Played, guesses: &[Stored]) {
        self.ports.db.put_guesses(&place(of), guesses);
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
            (Call::SetBack, Fault::AnswerLost),
            (Call::WriteJudged, Fault::AnswerLost),
            (Call::Send, Fault::AnswerLost),
            (Call::Send, Fault::Lost),
        ];
        if let Some((call, fault)) = faults.get(rng.below(faults.len())) {
            self.ports.faults.next(Some(*call), fault.clone());
        }
    }

    fn calm(&self) {
        self.ports.faults.calm();
    }

    async fn unfinished(&self) -> usize {
        self.ports.db.look(|state| state.live_jobs().count())
    }

    async fn given_up(&self) -> usize {
        let letters = self.ports.db.letters();
        let settles = JobType::SettleMatchScore.name();
        letters.iter().filter(|letter| letter.type_name.as_deref() == Some(settles)).count()
    }

    async fn boards(&self) -> String {
        self.ports.db.look(|state| {
            let boards = state.boards();
            format!("{:?} {:?} {:?}", boards.entries, boards.histograms, boards.points)
        })
    }
}
