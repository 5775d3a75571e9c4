//! The parts in which a ledger and its boards are verified.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::{from_hex, to_hex};
use crate::audit::Walk;
use crate::ids::MemberId;

/// Where a verification stands: what it looks at next. Each part is looked at in its
/// order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The ledger's chain behind this entry.
    Chain(Walk),
    /// Entries about no match, and entries of points of no entry.
    Strays,
    /// The settlements of the first match behind this one.
    Matches(Option<Uuid>),
    /// What members behind this one were given for a match.
    Points(Uuid, MemberId),
    /// The board behind this member.
    Board(Option<MemberId>),
    /// The board's histogram.
    Histogram,
    /// The first league behind this one that keeps a board.
    Leagues(Option<Uuid>),
    /// The board of a league, behind this member.
    League(Uuid, Option<MemberId>),
    /// How the tournament was closed.
    Closing,
}

impl Part {
    /// The first.
    #[must_use]
    pub fn first() -> Self {
        Self::Chain(Walk::default())
    }
}

/// A text that [`Part::from_str`] reads back.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(walk) => write!(f, "chain/{}/{}", walk.seq, to_hex(&walk.hash)),
            Self::Strays => f.write_str("strays"),
            Self::Matches(None) => f.write_str("matches"),
            Self::Matches(Some(after)) => write!(f, "matches/{after}"),
            Self::Points(match_id, after) => write!(f, "points/{match_id}/{after}"),
            Self::Board(None) => f.write_str("board"),
            Self::Board(Some(after)) => write!(f, "board/{after}"),
            Self::Histogram => f.write_str("histogram"),
            Self::Leagues(None) => f.write_str("leagues"),
            Self::Leagues(Some(after)) => write!(f, "leagues/{after}"),
            Self::League(league, None) => write!(f, "league/{league}"),
            Self::League(league, Some(after)) => write!(f, "league/{league}/{after}"),
            Self::Closing => f.write_str("closing"),
        }
    }
}

/// A text that is no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a part of a verification")]
pub struct PartError;

impl FromStr for Part {
    type Err = PartError;
    fn from_str(text: &str) -> Result<Self, PartError> {
        let mut words = text.split('/');
        let words = (words.next(), words.next(), words.next(), words.next());
        let part = match words {
            (Some("chain"), Some(seq), Some(hash), None) => {
                let seq = seq.parse().ok().filter(|seq| *seq >= 0);
                seq.zip(from_hex(hash)).map(|(seq, hash)| Self::Chain(Walk { seq, hash }))
            }
            (Some("strays"), None, ..) => Some(Self::Strays),
            (Some("matches"), None, ..) => Some(Self::Matches(None)),
            (Some("matches"), Some(after), None, _) => {
                after.parse().ok().map(|after| Self::Matches(Some(after)))
            }
            (Some("points"), Some(match_id), Some(after), None) => {
                let after = MemberId::parse(after).ok();
                match_id
                    .parse()
                    .ok()
                    .zip(after)
                    .map(|(match_id, after)| Self::Points(match_id, after))
            }
            (Some("board"), None, ..) => Some(Self::Board(None)),
            (Some("board"), Some(after), None, _) => {
                MemberId::parse(after).ok().map(|after| Self::Board(Some(after)))
            }
            (Some("histogram"), None, ..) => Some(Self::Histogram),
            (Some("leagues"), None, ..) => Some(Self::Leagues(None)),
            (Some("leagues"), Some(after), None, _) => {
                after.parse().ok().map(|after| Self::Leagues(Some(after)))
            }
            (Some("league"), Some(league), after, None) => {
                let after = after.map(MemberId::parse).transpose().ok();
                league.parse().ok().zip(after).map(|(league, after)| Self::League(league, after))
            }
            (Some("closing"), None, ..) => Some(Self::Closing),
            _ => None,
        };
        part.ok_or(PartError)
    }
}

/// As its text.
impl Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
