//! Kinds of ranks. All but the ordinal one compare points alone, so that they follow
//! from how many members have how many points.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// Most members of one number of points among whom somebody's exact place is counted,
/// in 5 ms. Beyond, the place is said to be at least so low.
pub const TIED_COUNTED_MAX: u64 = 10_000;

/// How members with equal points are ranked.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// 1, 1, 2: no rank is left out.
    Dense,
    /// 1, 1, 3: after tied members as many ranks are left out as there are more of
    /// them than one.
    #[default]
    Competition,
    /// 1, 3, 3: those ranks are left out before them.
    Modified,
    /// 1, 2, 3: the rest of the tournament's chain decides.
    Ordinal,
    /// The share of the others that have fewer points, in percent.
    Percentile,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Dense, Self::Competition, Self::Modified, Self::Ordinal, Self::Percentile];

    /// Name in queries and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Competition => "competition",
            Self::Modified => "modified",
            Self::Ordinal => "ordinal",
            Self::Percentile => "percentile",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Tenths of a percent, 0 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile(u16);

impl Percentile {
    /// The whole.
    pub const ALL: Self = Self(1_000);

    /// The share of `part` in `whole`, rounded to the nearest tenth, a half up; all
    /// where there is no whole.
    #[must_use]
    pub fn share(part: u64, whole: u64) -> Self {
        let (part, whole) = (u128::from(part.min(whole)), u128::from(whole));
        let tenths = (2_000 * part + whole).checked_div(2 * whole);
        tenths.and_then(|tenths| u16::try_from(tenths).ok()).map_or(Self::ALL, Self)
    }

    /// Tenths of a percent.
    #[must_use]
    pub const fn tenths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 10, self.0 % 10) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, tenths) => write!(f, "{whole}.{tenths}"),
        }
    }
}

/// A rank of one of the kinds. It is told as `{"rank":4}`, `{"rank":33.3}`, or, where it
/// was not counted to its end, `{"rank":10001,"atLeast":true}`, which no other rank is
/// taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A place, from 1.
    Place(u64),
    /// A place that was not counted to its end: this one or a lower one.
    AtLeast(u64),
    /// A share of the others.
    Percentile(Percentile),
}

/// The number of a rank alone, for boards that are always counted to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(Rank);

impl Rank {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> Number {
        Number(self)
    }

    /// Whether the true place may be a lower one.
    #[must_use]
    pub const fn is_at_least(self) -> bool {
        matches!(self, Self::AtLeast(_))
    }
}

impl Serialize for Rank {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut told = to.serialize_struct("Rank", 1 + usize::from(self.is_at_least()))?;
        told.serialize_field("rank", &self.number())?;
        if self.is_at_least() {
            told.serialize_field("atLeast", &true)?;
        }
        told.end()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Rank::Place(place) | Rank::AtLeast(place) => to.serialize_u64(place),
            Rank::Percentile(share) if share.0 % 10 == 0 => to.serialize_u16(share.0 / 10),
            // The shortest decimal text of this float has the one decimal again.
            Rank::Percentile(share) => {
                to.serialize_f64(share.to_string().parse().map_err(serde::ser::Error::custom)?)
            }
        }
    }
}

/// How many of those with equal points stand before somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// So many.
    Exactly(u64),
    /// So many were counted, and then no more.
    AtLeast(u64),
}

impl Before {
    /// What a count that stops at [`TIED_COUNTED_MAX`] has found.
    #[must_use]
    pub const fn counted(found: u64) -> Self {
        if found < TIED_COUNTED_MAX { Self::Exactly(found) } else { Self::AtLeast(found) }
    }

    /// How many stand before the one behind somebody; as if that one had been counted for
    /// itself, so that every page says the same of it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Exactly(before) => Self::counted(before + 1),
            Self::AtLeast(before) => Self::AtLeast(before),
        }
    }
}

/// Where the members with one number of points stand, by the histogram of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Members of the board; at least those who are tied.
    pub members: u64,
    /// Members with more points.
    pub above: u64,
    /// Different numbers of points that are more.
    pub above_distinct: u64,
    /// Members with these points; at least one.
    pub tied: u64,
}

impl Place {
    /// The first of a board: those with the most points.
    #[must_use]
    pub const fn first(members: u64, tied: u64) -> Self {
        Self { members, above: 0, above_distinct: 0, tied }
    }

    /// Those that follow, with the next lower number of points.
    #[must_use]
    pub const fn next(self, tied: u64) -> Self {
        let above_distinct = self.above_distinct + 1;
        Self { members: self.members, above: self.above + self.tied, above_distinct, tied }
    }

    /// The rank of somebody there. `before` matters to the ordinal one alone.
    #[must_use]
    pub fn rank(self, kind: Kind, before: Before) -> Rank {
        match (kind, before) {
            (Kind::Dense, _) => Rank::Place(self.above_distinct + 1),
            (Kind::Competition, _) => Rank::Place(self.above + 1),
            (Kind::Modified, _) => Rank::Place(self.above + self.tied),
            (Kind::Ordinal, Before::Exactly(before)) => Rank::Place(self.above + before + 1),
            (Kind::Ordinal, Before::AtLeast(before)) => Rank::AtLeast(self.above + before + 1),
            (Kind::Percentile, _) => {
                let fewer = self.members.saturating_sub(self.above + self.tied);
                Rank::Percentile(Percentile::share(fewer, self.members.saturating_sub(1)))
            }
        }
    }
}
