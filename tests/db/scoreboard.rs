//! Matches and scoreboards on the real PostgreSQL: what its schema keeps.

mod schema;
