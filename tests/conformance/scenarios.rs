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
mod alone;
mod claims;
mod deaths;
mod effects;
mod enqueues;
pub(crate) mod given;
mod guards;
mod last_moves;
mod operators;
mod relays;
mod retention;
mod runs;
mod schedules;
mod scores;
mod settled;
mod shorts;
