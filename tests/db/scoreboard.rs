//! Matches and scoreboards on the real PostgreSQL: what its schema keeps, what only
//! shows with locks, and what it costs.

mod given;
mod leagues;
mod plans;
mod proofs;
mod ranks;
mod schema;
mod settle;
mod tournament;
mod upkeep;
mod verify;
