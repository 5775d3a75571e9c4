//! Tests of the room: pages over an API that answers from a table.

mod answers;
mod api;
mod doors;
mod hostile;
mod kept;
mod roles;
mod sessions;
mod shown;
mod warnings;
