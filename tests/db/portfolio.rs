//! Portfolios and nights on the real PostgreSQL: what its schema keeps, and what it costs.

mod flights;
mod given;
mod moments;
mod plans;
mod rows;
mod schema;
