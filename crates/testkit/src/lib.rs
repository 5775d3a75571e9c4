//! What tests of every room share; a dev-dependency, never deployed.
//!
//! | file | what |
//! |---|---|
//! | [`database`] | a migrated database of its own for each test, in 5 ms |
//! | [`proxy`] | counts round trips to PostgreSQL, takes it away, cuts at COMMIT |
//! | [`stepper`] | leads sessions through every order of their statements |
//! | [`wait`] | waits on conditions, never on time |

pub mod database;
pub mod proxy;
pub mod stepper;
pub mod wait;
mod wire;
