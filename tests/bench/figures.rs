//! What the passes found, in the middle.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::contender::{Shape, Who};
use crate::measure::{Sample, Trips};
use crate::sizes::BATCHES;

/// Everything about one contender and batch size.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    samples: Vec<Sample>,
    /// Round trips a batch; none before they are counted.
    pub(crate) trips: Trips,
}

/// All cells.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<(Who, usize), Cell>);

/// A figure of which more, or less, is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// A line of the comparison.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) better: Better,
    pub(crate) decimals: usize,
    pub(crate) of: fn(&Cell) -> f64,
}

/// What is compared.
pub(crate) const MEASURES: [Measure; 10] = [
    measure("jobs/s, best shape", Better::More, 0, |cell| cell.best().1),
    measure("enqueued/s", Better::More, 0, Cell::enqueued),
    measure("round trips a batch, enqueue", Better::Less, 2, |cell| cell.trips[0]),
    measure("round trips a batch, claim to done", Better::Less, 2, |cell| cell.trips[1]),
    measure("WAL bytes a job, enqueue", Better::Less, 0, |cell| cell.middle(|s| s.wal[0])),
    measure("WAL bytes a job, claim to done", Better::Less, 0, |cell| cell.middle(|s| s.wal[1])),
    measure("dead row versions a job", Better::Less, 2, |cell| cell.middle(|s| s.dead[0])),
    measure("dead rows for vacuum a job", Better::Less, 2, |cell| cell.middle(|s| s.dead[1])),
    measure("enqueue to effect p50, ms", Better::Less, 2, |cell| cell.percentile(50)),
    measure("enqueue to effect p99, ms", Better::Less, 2, |cell| cell.percentile(99)),
];

const fn measure(
    name: &'static str,
    better: Better,
    decimals: usize,
    of: fn(&Cell) -> f64,
) -> Measure {
    Measure { name, better, decimals, of }
}

impl Figures {
    pub(crate) fn add(&mut self, who: Who, batch: usize, sample: Sample) {
        self.0.entry((who, batch)).or_default().samples.push(sample);
    }

    pub(crate) fn count(&mut self, who: Who, batch: usize, trips: Trips) {
        self.0.entry((who, batch)).or_default().trips = trips;
    }

    pub(crate) fn cell(&self, who: Who, batch: usize) -> &Cell {
        &self.0[&(who, batch)]
    }

    /// The better of the others.
    pub(crate) fn better_peer(&self, measure: &Measure, batch: usize) -> f64 {
        let peers = [Who::PgBoss, Who::Graphile].map(|who| (measure.of)(self.cell(who, batch)));
        match measure.better {
            Better::More => peers[0].max(peers[1]),
            Better::Less => peers[0].min(peers[1]),
        }
    }

    /// Ours in terms of the better peer's.
    pub(crate) fn ratio(&self, measure: &Measure, batch: usize) -> f64 {
        (measure.of)(self.cell(Who::Ours, batch)) / self.better_peer(measure, batch)
    }

    /// Every shape of a contender, with its jobs a second at each batch size.
    pub(crate) fn shapes(&self, who: Who) -> Vec<(Shape, Vec<Option<[f64; 3]>>)> {
        let mut found = Vec::new();
        for (at, batch) in BATCHES.into_iter().enumerate() {
            for shape in who.shapes(batch) {
                // A line a number at once, and one for a local queue beyond the batch.
                let row =
                    Shape { fetch: if shape.fetch == batch { 0 } else { shape.fetch }, ..shape };
                let line = match found.iter_mut().find(|(of, _)| *of == row) {
                    Some(line) => line,
                    None => {
                        found.push((row, vec![None; BATCHES.len()]));
                        found.last_mut().unwrap()
                    }
                };
                line.1[at] = Some(self.cell(who, batch).done(shape));
            }
        }
        found.sort_by_key(|(row, _)| (row.fetch, row.parallel));
        found
    }
}

impl Cell {
    /// Least, middle and most jobs a second in a shape.
    pub(crate) fn done(&self, shape: Shape) -> [f64; 3] {
        let of = |sample: &Sample| sample.done.iter().find(|(of, _)| *of == shape).unwrap().1;
        let sorted = sorted(self.samples.iter().map(of).collect());
        [sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]]
    }

    /// The shape that does most jobs a second, and how many.
    pub(crate) fn best(&self) -> (Shape, f64) {
        let shapes = self.samples[0].done.iter().map(|(shape, _)| *shape);
        let rates = shapes.map(|shape| (shape, self.done(shape)[1]));
        rates.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    pub(crate) fn enqueued(&self) -> f64 {
        let all = sorted(self.samples.iter().flat_map(|sample| sample.enqueued.clone()).collect());
        all[all.len() / 2]
    }

    pub(crate) fn middle(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let all = sorted(self.samples.iter().map(of).collect());
        all[all.len() / 2]
    }

    /// Of all batches' times from enqueue to effect, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let all = self.samples.iter().flat_map(|sample| &sample.latencies);
        percentile(all.copied().collect(), percent)
    }
}

/// In milliseconds, by the nearest rank.
pub(crate) fn percentile(mut all: Vec<Duration>, percent: usize) -> f64 {
    all.sort_unstable();
    let at = (all.len() * percent).div_ceil(100).saturating_sub(1);
    all[at].as_secs_f64() * 1_000.0
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
