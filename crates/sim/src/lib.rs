//! Doubles of every port, for the simulator and for the tests of other rooms;
//! host only, never deployed. They keep the protocol's semantics exactly, run
//! without threads and without waiting, and give the same answers for the same
//! seed.
//!
//! | file | what |
//! |---|---|
//! | [`clock`] | the time, which only a test moves |
//! | [`faults`] | what goes wrong, decided before each call of a port |
//! | [`store`] | the database: rows in maps, one port call an atomic step |
//! | [`queue`] | the queues, with redelivery and dead-letter queues |
//! | [`outside`] | services outside, up or down |
//! | [`provider`] | the provider of matches, by script |
//! | [`market`] | the providers of exchange rates and prices, by script |
//! | [`provider_desk`] | all of these as they answer HTTP |
//! | [`objects`] | counters and snapshots outside of the database, with lost answers |
//! | [`host`] | the host's clock, ids and randomness |
//! | [`ports`] | all of them together |
//! | [`rng`] | the one source of chance, seeded |

pub mod clock;
pub mod engine;
pub mod faults;
pub mod host;
mod ids;
pub mod market;
pub mod objects;
pub mod outside;
pub mod ports;
pub mod provider;
pub mod provider_desk;
pub mod queue;
pub mod rng;
pub mod store;
