//! Names and ids that every build must agree on.

use super::queue::{Incoming, Origin};
use super::*;

const QUEUE: Queue = Queue::ScoringEvents;

#[test]
fn a_hand_sent_message_is_the_same_job_at_every_delivery() {
    let id = derived_job_id(QUEUE, "m1");
    // By the digest of "mauntic-scoring-events\0m1": a redelivery may meet the
    // next build, which must derive the same.
    assert_eq!(id.to_string(), "c4abd2ef-55c2-883b-8b6a-f344d0155cde");
    assert_ne!(id, derived_job_id(QUEUE, "m2"));
    assert_ne!(id, derived_job_id(Queue::AnalyticsJobs, "m1"));
    assert_eq!(id.get_version_num(), 8);
}

#[test]
fn parts_of_an_id_do_not_run_together() {
    let ids = [derived_id(&["ab", "c"]), derived_id(&["a", "bc"]), derived_id(&["abc"])];
    assert_ne!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2]);
    assert_ne!(ids[0], ids[2]);
}

#[test]
fn queues_are_told_apart() {
    for queue in Queue::ALL {
        assert_eq!(Queue::from_name(queue.name()), Some(queue));
        let same =
            |other: &&Queue| other.name() == queue.name() || other.binding() == queue.binding();
        assert_eq!(Queue::ALL.iter().filter(same).count(), 1, "{}", queue.name());
        for (name, expected) in [
            (queue.name().to_owned(), Origin::Jobs(queue)),
            (format!("{}-staging", queue.name()), Origin::Jobs(queue)),
            (format!("{}-dlq", queue.name()), Origin::DeadLetters(queue)),
            (format!("{}-dlq-staging", queue.name()), Origin::DeadLetters(queue)),
        ] {
            assert_eq!(Origin::from_deployed_name(&name), Some(expected), "{name}");
            assert_eq!(expected.queue(), queue);
        }
    }
}

#[test]
fn deployed_names_lead_to_their_queue() {
    for (name, expected) in [
        ("mauntic-scoring-events", Some(Origin::Jobs(QUEUE))),
        ("mauntic-scoring-events-staging", Some(Origin::Jobs(QUEUE))),
        ("mauntic-scoring-events-dlq", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-scoring-events-dlq-staging", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-scoring-events-staging-dlq", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-other", None),
        ("", None),
    ] {
        assert_eq!(Origin::from_deployed_name(name), expected, "{name}");
    }
}

#[test]
fn queues_bring_jobs_or_contact_events() {
    let events = |dead| Some(Incoming::ContactEvents { dead });
    for (name, expected) in [
        ("mauntic-scoring-events", Some(Incoming::Jobs(Origin::Jobs(QUEUE)))),
        ("mauntic-scoring-events-dlq-staging", Some(Incoming::Jobs(Origin::DeadLetters(QUEUE)))),
        ("mauntic-contact-events", events(false)),
        ("mauntic-contact-events-staging", events(false)),
        ("mauntic-contact-events-dlq", events(true)),
        ("mauntic-contact-events-dlq-staging", events(true)),
        ("mauntic-contact-events-staging-dlq", events(true)),
        ("mauntic-domain-events", None),
        ("", None),
    ] {
        assert_eq!(Incoming::from_deployed_name(name), expected, "{name}");
    }
    assert_eq!(Origin::from_deployed_name("mauntic-contact-events"), None);
}

#[test]
fn states_have_names_and_ends() {
    for state in JobState::ALL {
        assert_eq!(JobState::from_name(state.as_str()), Some(state));
    }
    let finals: Vec<_> =
        JobState::ALL.into_iter().filter(|s| s.is_final()).map(JobState::as_str).collect();
    assert_eq!(finals, ["completed", "dead_lettered", "cancelled"]);
}
