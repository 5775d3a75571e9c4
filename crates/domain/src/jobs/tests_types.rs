//! The registry of types, row by row, and that the rest of the room agrees
//! with it.

use std::collections::BTreeSet;

use serde_json::json;

use super::types::LEASE_SECS_DEFAULT;
use super::upcast::missing_steps;
use super::*;

/// Name, queue, failures at most: as the product's documents and the issue of
/// the protocol give them (scoring 3, verify-match 3, settle 5, analytics 5,
/// overnight 3, default 5).
const TYPES: [(&str, &str, i16); 26] = [
    ("scoring.CalculateScore", "mauntic-scoring-events", 3),
    ("scoring.BatchRecompute", "mauntic-scoring-events", 3),
    ("scoring.RecomputeChunk", "mauntic-scoring-events", 3),
    ("scoring.SignalDecay", "mauntic-scoring-events", 3),
    ("scoring.AlertExpiry", "mauntic-scoring-events", 3),
    ("scoring.NotifyAlert", "mauntic-scoring-events", 3),
    ("scoring.Probe", "mauntic-scoring-events", 3),
    ("analytics.aggregate-hourly", "mauntic-analytics-jobs", 5),
    ("analytics.generate-daily-reports", "mauntic-analytics-jobs", 5),
    ("analytics.monthly-usage-summary", "mauntic-analytics-jobs", 5),
    ("analytics.score-distribution", "mauntic-analytics-jobs", 5),
    ("analytics.enrichment-metrics", "mauntic-analytics-jobs", 5),
    ("analytics.warmup-daily-reset", "mauntic-analytics-jobs", 5),
    ("analytics.probe", "mauntic-analytics-jobs", 5),
    ("scoreboard.schedule-verification", "mauntic-scoreboard-jobs", 5),
    ("scoreboard.verify-match", "mauntic-scoreboard-jobs", 3),
    ("scoreboard.settle-match-score", "mauntic-scoreboard-jobs", 5),
    ("scoreboard.rebuild", "mauntic-scoreboard-jobs", 5),
    ("scoreboard.check-drift", "mauntic-scoreboard-jobs", 5),
    ("scoreboard.check-knockout", "mauntic-scoreboard-jobs", 5),
    ("scoreboard.probe", "mauntic-scoreboard-jobs", 5),
    ("overnight.start", "mauntic-overnight-jobs", 3),
    ("overnight.score-users", "mauntic-overnight-jobs", 3),
    ("overnight.finalize", "mauntic-overnight-jobs", 3),
    ("overnight.warm-cache", "mauntic-overnight-jobs", 3),
    ("overnight.probe", "mauntic-overnight-jobs", 3),
];

#[test]
fn types_are_those_of_the_table() {
    let found: BTreeSet<_> = JobType::ALL
        .iter()
        .map(|of| (of.name(), of.queue().name(), of.spec().failures_max))
        .collect();
    assert_eq!(found, BTreeSet::from(TYPES));
    assert_eq!(JobType::ALL.len(), TYPES.len(), "a type is registered twice");
}

#[test]
fn a_type_is_found_by_its_name() {
    let names: BTreeSet<_> = JobType::ALL.iter().map(|of| of.name()).collect();
    assert_eq!(names.len(), JobType::ALL.len(), "two types have one name");
    for of in JobType::ALL {
        assert_eq!(JobType::from_name(of.name()), Some(*of));
    }
    for name in ["", "scoring", "scoring.calculatescore", "scoring.CalculateScore "] {
        assert_eq!(JobType::from_name(name), None, "{name:?}");
    }
}

#[test]
fn only_what_is_quick_is_batched() {
    let probes = Queue::ALL.map(JobType::probe_of);
    for of in JobType::ALL {
        let is_quick = *of == JobType::CalculateScore || probes.contains(of);
        assert_eq!(of.spec().batched, is_quick, "{}", of.name());
        assert_eq!(of.spec().lease_secs, LEASE_SECS_DEFAULT, "{}", of.name());
    }
}

#[test]
fn only_what_calls_outside_cannot_be_rehearsed() {
    let outside = [
        JobType::NotifyAlert,
        JobType::WarmupDailyReset,
        JobType::VerifyMatch,
        JobType::CheckKnockout,
        JobType::OvernightStart,
        JobType::OvernightWarmCache,
    ];
    for of in JobType::ALL {
        assert_eq!(of.spec().database_only, !outside.contains(of), "{}", of.name());
    }
}

#[test]
fn every_queue_has_a_probe_of_its_own() {
    for queue in Queue::ALL {
        let probe = JobType::probe_of(queue);
        assert_eq!(probe.queue(), queue);
        assert_eq!(Job::parse(probe.name(), 1, &json!({})), Ok(Job::Probe(queue)));
        assert_eq!(Job::Probe(queue).job_type(), probe);
        assert_eq!(Job::Probe(queue).data(), json!({}));
        assert_eq!(Job::Probe(queue).organization_id(), None);
    }
}

#[test]
fn every_type_can_be_read_and_is_on_a_queue() {
    for of in JobType::ALL {
        match Job::parse(of.name(), of.spec().version, &json!({})) {
            Ok(job) => assert_eq!(job.job_type(), *of),
            Err(refusal) => assert_eq!(refusal.code(), "invalid_data", "{}", of.name()),
        }
    }
    let by_queue = Queue::ALL.into_iter().flat_map(JobType::of_queue);
    assert_eq!(by_queue.collect::<BTreeSet<_>>(), JobType::ALL.iter().copied().collect());
}

#[test]
fn an_unknown_type_says_so_without_repeating_all_of_it() {
    let refusal = Job::parse(&"ü".repeat(5_000), 1, &json!({})).unwrap_err();
    assert_eq!(refusal, Refusal::UnknownType { name: "ü".repeat(100) });
}

#[test]
fn versions_are_1_to_the_newest() {
    assert_eq!(missing_steps(), []);
    for of in JobType::ALL {
        let newest = of.spec().version;
        assert!(newest >= 1, "{}", of.name());
        for version in [0, newest + 1, u16::MAX] {
            assert_eq!(
                Job::parse(of.name(), version, &json!({})),
                Err(Refusal::UnknownVersion { found: version }),
                "{}",
                of.name()
            );
        }
        for version in 1..=newest {
            let code = Job::parse(of.name(), version, &json!({})).map_err(|r| r.code());
            assert_ne!(code, Err("unknown_version"), "{} {version}", of.name());
        }
    }
}
