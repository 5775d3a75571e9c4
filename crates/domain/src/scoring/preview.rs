//! What a configuration would do to scores: a sample of contacts, scored by two
//! configurations at one instant. Pure; nothing is written.
//!
//! What is said of types of signal holds for signals that come later, so that a
//! preview tells of the weights alone. What the contacts' signals weigh counts as
//! it does in a score, under each configuration's own cap.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::gather::sort_by;
use crate::ids::ContactId;
use crate::jobs::data::RANGE_CONTACTS;
use crate::jobs::limits::SPAWNED_MAX;
use crate::points::PointsE4;

use super::config::Config;
use super::features::Features;
use super::model::Category;
use super::score::{Context, Grade, Score, THRESHOLDS, score};

/// Parts that totals are counted in.
pub const BUCKETS: usize = 20;

/// Points of a part; the last has 100 too.
const BUCKET_POINTS: i64 = 5;

const _: () = assert!(100 / BUCKET_POINTS == 20 && BUCKETS == 20);

/// Contacts that are named as those that move most.
pub const MOVERS_MAX: usize = 10;

/// Largest sample: about 2 MB of features and signals, and some milliseconds of
/// scoring, within one request.
pub const SAMPLE_MAX: u16 = 1_000;

/// Operations on a queue that a message costs: it is written, read and deleted.
const QUEUE_OPERATIONS_PER_MESSAGE: u64 = 3;

/// A contact of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Sampled<'a> {
    /// Which.
    pub contact: &'a ContactId,
    /// Its features.
    pub features: &'a Features,
    /// What its signals weigh together.
    pub signals: PointsE4,
}

/// Contacts that go from one grade to another, or keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Grade by the earlier configuration.
    pub from: Grade,
    /// Grade by the later one.
    pub to: Grade,
    /// How many.
    pub contacts: u32,
}

/// Contacts that cross a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// In points.
    pub threshold: i64,
    /// From below to it or above.
    pub gained: u32,
    /// The other way.
    pub lost: u32,
}

/// A contact whose total changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    /// Which.
    pub contact: ContactId,
    /// Its total by the earlier configuration.
    pub before: PointsE4,
    /// Its total by the later one.
    pub after: PointsE4,
}

/// What a configuration would do to a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Contacts that were scored.
    pub contacts: u32,
    /// Those whose points of a category change, whose history is written.
    pub changed: u32,
    /// By the two grades; pairs that occur.
    pub movements: Vec<Movement>,
    /// Of each threshold.
    pub crossings: Vec<Crossing>,
    /// Contacts by total, in parts of 5 points, by the earlier configuration.
    pub before: [u32; BUCKETS],
    /// The same by the later one.
    pub after: [u32; BUCKETS],
    /// Those that move most, at most [`MOVERS_MAX`], ties by contact.
    pub movers: Vec<Mover>,
    /// Mean change of a total, rounded towards zero.
    pub mean_change: PointsE4,
}

/// Scores a sample by two configurations.
#[must_use]
pub fn preview<'a>(
    sample: impl IntoIterator<Item = Sampled<'a>>,
    before: &Config,
    after: &Config,
) -> Preview {
    let mut preview = Preview::default();
    let mut movements: BTreeMap<(Reverse<Grade>, Reverse<Grade>), u32> = BTreeMap::new();
    let mut crossings = THRESHOLDS.map(|threshold| Crossing { threshold, gained: 0, lost: 0 });
    let mut movers: Vec<Mover> = Vec::new();
    let mut change = PointsE4::ZERO;
    for contact in sample {
        let [old, new] = [before, after].map(|config| score_of(contact, config));
        let (from, to) = (old.total(), new.total());
        preview.contacts += 1;
        let moved = |category| old.category(category) != new.category(category);
        preview.changed += u32::from(Category::ALL.into_iter().any(moved));
        *movements.entry((Reverse(old.grade()), Reverse(new.grade()))).or_default() += 1;
        for crossing in &mut crossings {
            let reached = |total| total >= PointsE4::whole(crossing.threshold);
            crossing.gained += u32::from(!reached(from) && reached(to));
            crossing.lost += u32::from(reached(from) && !reached(to));
        }
        count(&mut preview.before, from);
        count(&mut preview.after, to);
        change = change + (to - from);
        if from != to {
            movers.push(Mover { contact: contact.contact.clone(), before: from, after: to });
        }
    }
    let way = |mover: &Mover| (mover.after - mover.before).e4().abs();
    sort_by(&mut movers, |a, b| way(b).cmp(&way(a)).then_with(|| a.contact.cmp(&b.contact)));
    movers.truncate(MOVERS_MAX);
    let movement = |((Reverse(from), Reverse(to)), contacts)| Movement { from, to, contacts };
    preview.movements = movements.into_iter().map(movement).collect();
    preview.crossings = crossings.to_vec();
    preview.movers = movers;
    let mean = change.e4().checked_div(i64::from(preview.contacts)).unwrap_or(0);
    preview.mean_change = PointsE4::from_e4(mean);
    preview
}

/// A contact's score by a configuration.
#[must_use]
pub fn score_of(contact: Sampled<'_>, config: &Config) -> Score {
    score(contact.features, config, &Context::default(), contact.signals)
}

fn count(buckets: &mut [u32; BUCKETS], total: PointsE4) {
    // A total is 0 to 100; rounded down, which keeps 100 for the last part.
    let part = total.e4() / PointsE4::whole(BUCKET_POINTS).e4();
    let place = usize::try_from(part).unwrap_or(0).min(BUCKETS - 1);
    if let Some(bucket) = buckets.get_mut(place) {
        *bucket += 1;
    }
}

/// What scoring all contacts again costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Contacts of the organization.
    pub contacts: u64,
    /// Jobs that score them.
    pub chunks: u64,
    /// Operations on the queue, of the planner's message and the chunks'.
    pub queue_operations: u64,
    /// Rows of scores that are written: every one, for each names the version
    /// of the configuration it was computed by.
    pub score_rows: u64,
    /// Rows of the day's history that are written, as far as the sample tells.
    pub history_rows: u64,
}

impl Cost {
    /// The cost for so many contacts, of which a sample was scored.
    #[must_use]
    pub fn of(contacts: u64, preview: &Preview) -> Self {
        // As the planner cuts: ranges of RANGE_CONTACTS, larger ones where there
        // would be more than SPAWNED_MAX.
        let chunks = contacts.div_ceil(u64::from(RANGE_CONTACTS)).min(u64::from(SPAWNED_MAX));
        // contacts × changed / sampled, halves up; 2^64 is far above 10^9 × 10^3.
        let (changed, sampled) = (u64::from(preview.changed), u64::from(preview.contacts));
        let doubled = contacts.saturating_mul(changed).saturating_mul(2).saturating_add(sampled);
        let history_rows = doubled.checked_div(2 * sampled).unwrap_or(0);
        Self {
            contacts,
            chunks,
            queue_operations: QUEUE_OPERATIONS_PER_MESSAGE * (1 + chunks),
            score_rows: contacts,
            history_rows,
        }
    }
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
