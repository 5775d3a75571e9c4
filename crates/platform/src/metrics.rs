//! Tells of transitions: a log line each, and a data point where a dataset is
//! bound. Neither can fail a job.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use mauntic_flows::ports::Transition;
use serde_json::json;
use worker::{AnalyticsEngineDataPointBuilder, Env};

use crate::config;
use crate::log::{self, Level};
use crate::transitions::{self, Point, TOLD_MAX, Weight};

/// Name of the optional binding of a dataset.
const DATASET: &str = "LOGS_DATASET";

/// Counts what one invocation told. Ports that serve many requests, as the HTTP
/// worker's do, see no transitions.
#[derive(Debug)]
pub(crate) struct Metrics {
    env: Env,
    told: AtomicU32,
    is_broken: AtomicBool,
}

impl Metrics {
    pub(crate) fn new(env: Env) -> Self {
        Self { env, told: AtomicU32::new(0), is_broken: AtomicBool::new(false) }
    }

    pub(crate) fn tell(&self, transition: &Transition) {
        let told = self.told.fetch_add(1, Ordering::Relaxed);
        if told >= TOLD_MAX {
            if told == TOLD_MAX {
                log::warn("transitions_not_told", json!({"told": TOLD_MAX}));
            }
            return;
        }
        let level = match transitions::weight(transition.outcome) {
            Weight::Usual => Level::Info,
            Weight::Odd => Level::Warn,
            Weight::Grave => Level::Error,
        };
        log::line(level, transitions::line(transition));
        if !config::is_bound(&self.env, DATASET) || self.is_broken.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.write(&transitions::point(transition))
            && !self.is_broken.swap(true, Ordering::Relaxed)
        {
            log::error("metrics_not_written", json!({"cause": error.to_string()}));
        }
    }

    /// Only hands the point over: the platform stores it after the invocation.
    fn write(&self, point: &Point<'_>) -> worker::Result<()> {
        AnalyticsEngineDataPointBuilder::new()
            .indexes([point.index])
            .blobs(point.blobs)
            .doubles(point.doubles)
            .write_to(&self.env.analytics_engine(DATASET)?)
    }
}
