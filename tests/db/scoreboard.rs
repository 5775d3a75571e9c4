//! Matches and scoreboards on the real PostgreSQL: what its schema keeps, what only
//! shows with locks, and what it costs.

mod faults;
mod given;
mod leagues;
mod moments;
mod plans;
mod proofs;
mod ranks;
mod schema;
mod settle;
mod tournament;
mod upkeep;
mod verify;
