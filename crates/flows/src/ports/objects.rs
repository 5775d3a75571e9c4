//! Objects outside of the database: counters of what may be sent, and snapshots that are
//! read fast.

use super::PortError;

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it holds.
    pub body: String,
    /// Names exactly this content of this object.
    pub tag: String,
}

/// A place of such objects, which are replaced whole, by compare-and-swap. Once stored, an
/// object is seen by everybody.
#[trait_variant::make(Send)]
pub trait Objects: Sync {
    /// What is at a place; none where nothing is.
    async fn get(&self, place: &str) -> Result<Option<Object>, PortError>;
    /// Stores `body` where the object has that `tag`, or where there is none if no
    /// tag is given; false where it is otherwise, and then nothing was stored.
    ///
    /// [`PortError::Contention`] says the same of a place that is written to too
    /// often, [`PortError::Unknown`] that it may have been stored.
    async fn put(&self, place: &str, body: &str, tag: Option<&str>) -> Result<bool, PortError>;
}
