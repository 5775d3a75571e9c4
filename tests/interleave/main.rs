//! Two operations of the store go statement by statement through every order
//! there is. Each order must end as one after the other would have ended, and
//! nobody may deadlock.
//!
//! | file | what |
//! |---|---|
//! | `act` | the operations, as the store does them |
//! | `values` | what they ask the store to write |
//! | `scene` | the rows that two operations meet on |
//! | `state` | what there is afterwards, without times; what must hold of it always |
//! | `walk` | all orders of two operations, and the check of each |
//! | `pairs` | every pair of operations |
//! | `publications` | publications, among themselves and beside the end of a run |
//! | `operators` | what operators do, among themselves and beside the queue worker |
//! | `settlements` | settlements of one tournament, beside joins and corrections |
//! | `twins` | statements that are wrong on purpose: the same check finds them |
//! | `races` | what takes a lost answer or a setting, and no order |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::large_futures, reason = "a test has the stack for a whole batch")]

mod act;
mod nights;
mod operators;
mod pairs;
mod publications;
mod races;
mod scene;
mod settlements;
mod state;
mod twins;
mod values;
mod walk;
