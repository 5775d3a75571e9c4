//! The database's double: rows in maps behind one lock, and every port call one
//! atomic step on them, as it is one statement, transaction or flight in
//! PostgreSQL. What a step does is the protocol's contract; what cannot be seen
//! from outside (snapshots, waiting for locks) is the PostgreSQL tests' matter.
//!
//! | file | what |
//! |---|---|
//! | [`rows`], `job_row`, [`signal_rows`] | the rows |
//! | `job_table`, `run_table`, `state` | jobs, runs, with their constraints; everything held |
//! | `ends` | dead letters and runs' counts |
//! | `session` | a session: yields, faults, and is not used after an error |
//! | `jobs`, `bury`, `settle` | claims; what the platform gave up; moves |
//! | `effect`, `scores`, `sweeps`, `reads` | the effect's transaction; what it is computed from |
//! | `roll_ups`, [`roll_up_rows`], `reports` | what effects count, its rows, and what is read of them |
//! | `intake`, `intake_signals` | contact events on their way in; what they make |
//! | `relay`, `retire`, `retire_intake`, `retire_nights` | what is sent again; what is too old |
//! | `runs`, `schedules`, `guards` | runs; occurrences; breakers and ledger |
//! | `tenant`, `enqueue`, `signals`, `config`, `keys`, `warnings` | what the HTTP worker does |
//! | `operator`, `acts` | what operators do, with the audit and kept answers |
//! | `cases`, `replays`, `rehearse`, `by_hand` | replays of one and of many, dry runs; jobs and runs by hand |
//! | `views`, `case_views`, [`contains`] | what operators see |
//! | [`domains`] | sending domains |
//! | [`boards`], `settlements`, `board_views` | the rows of matches and boards; what settles and shows them |
//! | `ledgers` | what the verification of a tournament's ledger reads |
//! | `upkeep` | rebuilds, checks and the end of a season |
//! | `verifications` | what asks about matches |
//! | [`portfolios`], `nights`, `night_writes` | the rows of portfolios; what nights read and write |
//! | `portfolio_views` | what organizations write and read of portfolios |
//! | `deliveries` | the ledger of deliveries |
//! | `admin`, `look`, `dump` | filling, looking at and comparing a store |

mod acts;
mod admin;
mod board_views;
pub mod boards;
mod bury;
mod by_hand;
mod case_views;
mod cases;
mod config;
pub mod contains;
mod deliveries;
pub mod domains;
mod dump;
mod effect;
mod ends;
mod enqueue;
mod explain;
mod guards;
mod held_back;
mod intake;
mod intake_signals;
mod job_row;
mod job_table;
mod jobs;
mod keys;
mod ledgers;
mod look;
mod night_writes;
mod nights;
mod operator;
mod operator_rows;
mod portfolio_views;
pub mod portfolios;
mod reads;
mod rehearse;
mod relay;
mod replays;
mod reports;
mod retire;
mod retire_intake;
mod retire_nights;
pub mod roll_up_rows;
mod roll_ups;
pub mod rows;
mod run_table;
mod runs;
mod schedules;
mod scores;
mod session;
mod settle;
mod settled_views;
mod settlements;
pub mod signal_rows;
mod signals;
mod state;
mod sweeps;
mod tenant;
mod tournament_results;
mod tournament_writes;
mod tournaments;
mod upkeep;
mod verifications;
mod views;
mod warnings;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mauntic_flows::ports::PortError;

use crate::clock::ManualClock;
use crate::faults::{Call, Fault, Faults};
pub use session::MemorySession;
pub use state::{EffectLog, Limits, SCHEMA_VERSION, State};

/// A protocol with one rule left out, to show that the simulator misses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Twin {
    /// No rule is left out.
    #[default]
    None,
    /// An effect is committed whoever holds the job, and whatever its state.
    ClaimWithoutFence,
    /// An effect's writes are one transaction, the completion a second one.
    EffectApartFromCompletion,
    /// Moves that are no effect ignore the state that they leave.
    GuardWithoutState,
    /// Every claim spends one of a job's failures.
    ClaimSpendsBudget,
    /// A replay's jobs are released in one transaction, its row moves in a second
    /// one.
    ReplayApartFromItsRow,
    /// An act's change is one transaction, the answer to its key none.
    ActWithoutAnswer,
    /// The rest of a replay does not wait for its canaries.
    CanariesUnwatched,
}

/// A database; clones are the same one.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: ManualClock,
    faults: Arc<Faults>,
    lease_secs: Option<u32>,
    schema: RangeInclusive<i32>,
}

impl MemoryStore {
    /// An empty database.
    #[must_use]
    pub fn new(clock: ManualClock, faults: Arc<Faults>) -> Self {
        let state = Arc::new(Mutex::new(State::new(clock.database())));
        let schema = state::SCHEMA_VERSION..=state::SCHEMA_VERSION + 1;
        Self { state, clock, faults, lease_secs: None, schema }
    }

    /// Leases of `secs` seconds, whatever the type says.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: Some(secs), ..self }
    }

    /// Sessions of a build that runs on these schema versions.
    #[must_use]
    pub fn with_schema(self, schema: RangeInclusive<i32>) -> Self {
        Self { schema, ..self }
    }

    /// From now on the protocol is this twin's.
    pub fn set_twin(&self, twin: Twin) {
        self.lock().twin = twin;
    }

    /// From now on an organization may have so much.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().limits = limits;
    }

    /// What goes wrong here.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something by hand, at the database's time, without faults.
    fn by_hand<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.now = self.clock.database();
        step(&mut state)
    }

    /// One step with its fault, if it has one.
    fn step<T>(
        &self,
        call: Call,
        step: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let fault = self.faults.draw(call);
        let mut state = self.lock();
        state.now = self.clock.database();
        match fault {
            None => step(&mut state),
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::Lost) => Err(unavailable("the connection was lost")),
            Some(Fault::Unsure) => Err(unknown(call)),
            Some(Fault::Contended) => {
                Err(PortError::Contention { what: "a transaction", cause: "40P01".to_owned() })
            }
            Some(Fault::AnswerLost) => {
                let answer = step(&mut state);
                // The server's own refusal is lost with the connection as well.
                drop(answer);
                Err(unknown(call))
            }
            Some(Fault::Locked(salt)) => {
                state.locked = Some(salt);
                let answer = step(&mut state);
                state.locked = None;
                answer
            }
            Some(Fault::LettersLost) => {
                state.letters_lost = true;
                let answer = step(&mut state);
                state.letters_lost = false;
                answer
            }
        }
    }
}

/// A lost answer, as the caller is told of it.
fn unknown(call: Call) -> PortError {
    if call.ends_in_commit() {
        PortError::Unknown { what: "a transaction", cause: "no answer to COMMIT".to_owned() }
    } else {
        unavailable("no answer")
    }
}

fn unavailable(cause: &str) -> PortError {
    PortError::Unavailable { what: "the database", cause: cause.to_owned() }
}
