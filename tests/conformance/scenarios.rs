//! What each operation does and where it ends, one case a function, run on
//! both subjects.

/// Makes two tests of each case: `memory::` and `postgres::`.
macro_rules! on_both {
    ($($name:ident)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::subject::World::<crate::memory::Memory>::new().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::subject::World::<crate::postgres::Postgres>::new().await).await;
            })+
        }
    };
}

mod absolved;
mod acts;
mod alerts;
mod alone;
mod answers;
pub(crate) mod asked;
mod board_ranks;
mod case_lists;
mod cases;
mod claims;
mod config_samples;
mod configs;
mod crossings;
mod deaths;
mod domains;
mod effects;
mod enqueues;
pub(crate) mod given;
pub(crate) mod given_boards;
pub(crate) mod given_nights;
mod given_signals;
mod given_up;
mod guards;
mod held_back;
mod intake;
mod intake_order;
mod intake_tenants;
mod knockouts;
mod last_moves;
mod league_boards;
mod ledger;
mod looked_at;
mod nights;
mod nights_after;
mod nights_ended;
mod operators;
mod portfolios;
mod proofs;
mod rehearsals;
mod relays;
mod replays;
mod replays_stopped;
mod reports;
mod retention;
mod retention_events;
mod roll_up_days;
mod roll_up_parts;
mod roll_ups;
mod runs;
mod schedules;
mod scores;
mod settled;
mod settled_views;
mod settlements;
mod settlements_undone;
mod shorts;
mod signal_reads;
mod starters;
mod sweeps;
mod tournament_matches;
mod tournament_members;
mod tournaments;
mod upkeep;
mod verifications;
mod views;
