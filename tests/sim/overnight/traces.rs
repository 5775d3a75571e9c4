//! The trace of a night: one span of the whole, whatever happens on the way, and no span
//! twice.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{Night, PortError, Span, SpanValue};
use mauntic_flows::traces::{CORRECTION, NIGHT};
use mauntic_sim::faults::{Call, Fault};
use serde_json::json;

use super::nights::Nights;

/// The spans of a night's trace, of which none was told twice.
fn told(nights: &Nights, night: &Night) -> Vec<Span> {
    let trace = TraceContext::of_run(night.run_id).trace_id;
    let spans = nights.ports.host.spans().into_iter();
    let spans: Vec<Span> = spans.filter(|span| span.context.trace_id == trace).collect();
    let ids: BTreeSet<_> = spans.iter().map(|span| span.context.span_id).collect();
    assert_eq!(ids.len(), spans.len(), "{spans:#?}");
    spans
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn reason(span: &Span) -> Option<&str> {
    let known = span.attributes.iter().find(|(name, _)| name == "error.type");
    known
        .and_then(|(_, value)| if let SpanValue::Text(text) = value { Some(&**text) } else { None })
}

#[test]
fn a_night_that_ends_anew_is_told_once_and_then_corrected() {
    let nights = Nights::of(120);
    nights.may_fail.set(true);
    let unreadable = PortError::Unreadable { what: "a chunk", place: "a test".to_owned() };
    nights.ports.faults.stand(Call::ChunkInputs, Some(Fault::Fail(unreadable)));
    nights.night(&json!({}));
    nights.minutes(30);
    nights.ports.faults.stand(Call::ChunkInputs, None);
    nights.retry_run(nights.latest().run_id);
    nights.minutes(30);
    let night = nights.latest();
    assert_eq!(night.status, NightStatus::Completed);
    let spans = told(&nights, &night);
    let [whole] = named(&spans, NIGHT)[..] else { panic!("{spans:#?}") };
    assert_eq!(whole.context, TraceContext::of_run(night.run_id));
    assert_eq!((reason(whole), whole.parent), (Some("failed"), None));
    let [anew] = named(&spans, CORRECTION)[..] else { panic!("{spans:#?}") };
    assert_eq!((reason(anew), anew.parent), (None, Some(whole.context.span_id)));
    assert_eq!((anew.started_at, anew.ended_at), (anew.ended_at, night.completed_at.unwrap()));
    let dead = named(&spans, "overnight.score-users");
    assert_eq!(dead.iter().filter(|span| reason(span) == Some("unreadable")).count(), 3);
}

#[test]
fn a_night_that_the_tick_ends_is_told_and_then_corrected() {
    let nights = Nights::of(60);
    nights.may_fail.set(true);
    let unreadable = PortError::Unreadable { what: "symbols", place: "a test".to_owned() };
    nights.ports.faults.stand(Call::DueSymbols, Some(Fault::Fail(unreadable)));
    nights.night(&json!({}));
    nights.ports.faults.stand(Call::DueSymbols, None);
    nights.retry_run(nights.latest().run_id);
    nights.minutes(10);
    let night = nights.latest();
    assert_eq!(night.status, NightStatus::Completed);
    let spans = told(&nights, &night);
    let [whole] = named(&spans, NIGHT)[..] else { panic!("{spans:#?}") };
    assert_eq!((reason(whole), whole.parent), (Some("job_died"), None));
    let [anew] = named(&spans, CORRECTION)[..] else { panic!("{spans:#?}") };
    assert_eq!(anew.ended_at, night.completed_at.unwrap());
}

#[test]
fn a_night_whose_commits_are_never_answered_is_told_whole() {
    // All of it happens, and nobody hears of it; or of every other attempt nothing does.
    for fault in [Fault::AnswerLost, Fault::Unsure] {
        let nights = Nights::of(60);
        nights.may_fail.set(true);
        nights.send("overnight.start", &json!({}));
        for turn in 0..60 {
            let is_lost = fault == Fault::AnswerLost || turn % 2 == 0;
            nights.ports.faults.stand(Call::Commit, is_lost.then(|| fault.clone()));
            nights.tick();
            nights.deliver(None);
            nights.ports.clock.advance(TimeDelta::seconds(70));
        }
        let night = nights.latest();
        assert_eq!((night.status, nights.unfinished()), (NightStatus::Completed, 0), "{fault:?}");
        let spans = told(&nights, &night);
        let [whole] = named(&spans, NIGHT)[..] else { panic!("{fault:?}: {spans:#?}") };
        assert_eq!(whole.ended_at, night.completed_at.unwrap());
        let lost = |of: &str| {
            let of = named(&spans, of).into_iter();
            of.filter(|span| reason(span) == Some("commit_unknown")).count()
        };
        assert!(lost("overnight.score-users") > 0, "{fault:?}: {spans:#?}");
        assert!(fault == Fault::Unsure || lost("overnight.finalize") > 0, "{spans:#?}");
    }
}
