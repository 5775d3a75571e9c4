use super::*;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + secs, 0).unwrap()
}

#[test]
fn every_transition() {
    let open = Breaker::Open { until: at(120) };
    let half =
        |successes, probe: Option<i64>| Breaker::HalfOpen { successes, probe_until: probe.map(at) };
    let failing = |failures| Breaker::Failing { failures };
    // state, after a success, after a failure at 0
    for (state, succeeded, failed) in [
        (Breaker::Healthy, Breaker::Healthy, failing(1)),
        (failing(1), Breaker::Healthy, failing(2)),
        (failing(8), Breaker::Healthy, failing(9)),
        (failing(9), Breaker::Healthy, open),
        (open, open, open),
        (half(0, Some(60)), half(1, None), open),
        (half(1, Some(60)), half(2, None), open),
        (half(2, Some(60)), Breaker::Healthy, open),
        (half(1, None), half(2, None), open),
    ] {
        assert_eq!(state.succeeded(), succeeded, "{state:?} succeeded");
        assert_eq!(state.failed(at(0)), failed, "{state:?} failed");
    }
}

#[test]
fn who_may_call_when() {
    let probe = |successes, now: i64| {
        Admission::Probe(Breaker::HalfOpen { successes, probe_until: Some(at(now + 60)) })
    };
    let open = Breaker::Open { until: at(120) };
    let half =
        |successes, probe: Option<i64>| Breaker::HalfOpen { successes, probe_until: probe.map(at) };
    for (state, now, admission) in [
        (Breaker::Healthy, 0, Admission::Pass),
        (Breaker::Failing { failures: 9 }, 0, Admission::Pass),
        (open, 119, Admission::Refuse { until: at(120) }),
        (open, 120, probe(0, 120)),
        (half(2, Some(60)), 59, Admission::Refuse { until: at(60) }),
        // Its probe died.
        (half(2, Some(60)), 60, probe(2, 60)),
        (half(1, None), 0, probe(1, 0)),
    ] {
        assert_eq!(state.admit(at(now)), admission, "{state:?} at {now}");
    }
}

#[test]
fn it_closes_only_after_three_probes_in_turn() {
    let mut breaker = Breaker::default();
    for _ in 0..FAILURES_MAX {
        assert_eq!(breaker.admit(at(0)), Admission::Pass);
        breaker = breaker.failed(at(0));
    }
    for n in 0..SUCCESSES_MIN {
        let Admission::Probe(probing) = breaker.admit(at(120)) else {
            panic!("probe {n} may not go: {breaker:?}");
        };
        assert!(matches!(probing.admit(at(120)), Admission::Refuse { .. }), "two probes at once");
        breaker = probing.succeeded();
    }
    assert_eq!(breaker, Breaker::Healthy);
}
