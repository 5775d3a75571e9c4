//! Contact events from the queue: what is taken in, kept as a letter, or comes
//! back, whatever goes wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mauntic_domain::contact_events::{MESSAGE_EVENTS_MAX, QUEUE_NAME};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoring::signals::SIGNALS_PER_DAY_MAX;
use mauntic_flows::consume::{
    Body, DATABASE_AWAY_DELAY_SECS, DEAD_LETTERS_AWAY_DELAY_SECS, Delivery, Settle,
};
use mauntic_flows::events::{Report, consume_events};
use mauntic_flows::ports::{Host, INTAKE_EVENTS_MAX, PortError};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::ports::SimPorts;
use serde_json::{Value, json};

/// What is said of each message: none for done, else the wait in seconds.
#[derive(Default)]
struct Said(RefCell<BTreeMap<usize, Option<u32>>>);

impl Settle for Said {
    fn ack(&self, index: usize) {
        self.0.borrow_mut().entry(index).or_insert(None);
    }

    fn retry(&self, index: usize, delay_secs: u32) {
        self.0.borrow_mut().entry(index).or_insert(Some(delay_secs));
    }
}

fn world() -> SimPorts {
    let ports = SimPorts::new(1);
    for owner in ["org_1", "org_2"] {
        ports.store.put_organization(&OrganizationId::parse(owner).unwrap(), owner);
    }
    ports
}

fn event(ports: &SimPorts, owner: &str, id: &str, url: &str) -> Value {
    json!({"id": id, "type": "content.PageVisited", "organizationId": owner,
        "occurredAt": ports.host.now(), "data": {"contactId": "ada", "url": url}})
}

fn delivery(id: &str, body: &Value) -> Delivery {
    Delivery { message_id: id.to_owned(), body: Body::Text(body.to_string()) }
}

fn consume(ports: &SimPorts, dead: bool, deliveries: &[Delivery]) -> (Report, Vec<Option<u32>>) {
    let said = Said::default();
    let report = finish(consume_events(ports, dead, deliveries, &said));
    let said = said.0.into_inner();
    assert_eq!(said.len(), deliveries.len(), "every message is settled");
    (report, said.into_values().collect())
}

/// Message, reason, detail.
fn letters(ports: &SimPorts) -> Vec<(String, String, String)> {
    let letters = ports.store.letters();
    assert!(letters.iter().all(|letter| letter.queue == QUEUE_NAME));
    let told = |letter: &mauntic_sim::store::rows::LetterRow| {
        (letter.message_id.clone().unwrap(), letter.reason.clone(), letter.detail.clone())
    };
    letters.iter().map(told).collect()
}

#[test]
fn a_batch_is_taken_in_and_sent() {
    let ports = world();
    let many = json!({"events": [event(&ports, "org_1", "a", "/demo"),
        event(&ports, "org_2", "a", "/blog")]});
    let deliveries = [delivery("m-1", &many), delivery("m-2", &event(&ports, "org_1", "b", "/"))];
    let (report, said) = consume(&ports, false, &deliveries);
    let whole =
        Report { messages: 2, events: 3, taken: 3, signals: 3, alerts: 1, ..Report::default() };
    assert_eq!((report, said), (whole, vec![None, None]));
    let jobs = ports.store.jobs();
    assert_eq!(jobs.len(), 3);
    assert!(jobs.iter().all(|job| job.resends == 1), "their messages were sent");
    let before = ports.store.dump();
    let (report, said) = consume(&ports, false, &deliveries);
    let again = Report { messages: 2, events: 3, repeated: 3, ..Report::default() };
    assert_eq!((report, said), (again, vec![None, None]));
    assert_eq!(ports.store.dump(), before);
}

#[test]
fn what_is_wrong_is_kept_and_costs_nothing_else() {
    let ports = world();
    let good = |id: &str| event(&ports, "org_1", id, "/blog");
    let mixed = json!({"events": [good("a"), event(&ports, "org_1", "b", ""), good("c"), 7]});
    let unknown = event(&ports, "org_9", "d", "/blog");
    let both = json!({"events": [event(&ports, "org_9", "e", "/blog"), {}]});
    let mut old = good("f");
    old["occurredAt"] = json!("2020-01-01T00:00:00Z");
    let bytes = |id: &str, body: &[u8]| Delivery {
        message_id: id.to_owned(),
        body: Body::Bytes(body.to_vec()),
    };
    let deliveries = [
        delivery("m-1", &mixed),
        delivery("m-2", &unknown),
        delivery("m-3", &both),
        delivery("m-4", &old),
        bytes("m-5", b"\xff"),
        bytes("m-6", b"{"),
        Delivery { message_id: "m-7".to_owned(), body: Body::Opaque("Map".to_owned()) },
        delivery("m-8", &json!({"events": []})),
        bytes("m-9", good("a").to_string().as_bytes()),
    ];
    let (report, said) = consume(&ports, false, &deliveries);
    assert_eq!(said, [None; 9]);
    assert_eq!((report.taken, report.repeated, report.dead_lettered), (2, 1, 8));
    assert_eq!((report.retried, report.error), (0, None));
    let letters = letters(&ports);
    let reasons: Vec<_> = letters.iter().map(|(id, reason, _)| format!("{id} {reason}")).collect();
    assert_eq!(
        reasons,
        [
            "m-1 bad_event",
            "m-2 unknown_organization",
            "m-3 bad_event",
            "m-4 bad_event",
            "m-5 not_text",
            "m-6 malformed",
            "m-7 not_text",
            "m-8 event_count",
        ]
    );
    let detail = &letters[0].2;
    assert!(detail.starts_with("2 of 4 events not taken in: event 1: /data/url: "), "{detail}");
    assert!(detail.contains("; event 3: "), "{detail}");
    let before = ports.store.dump();
    consume(&ports, false, &deliveries);
    assert_eq!(ports.store.dump(), before, "a repeat changes nothing");
}

#[test]
fn a_batch_of_ten_thousand_is_several_transactions() {
    let ports = world();
    let message = |n: usize| {
        let event = |k: usize| event(&ports, "org_1", &format!("e-{n}-{k}"), "/blog");
        let events: Vec<Value> = (0..MESSAGE_EVENTS_MAX).map(event).collect();
        delivery(&format!("m-{n}"), &json!({ "events": events }))
    };
    let deliveries: Vec<Delivery> = (0..25).map(message).collect();
    let (report, said) = consume(&ports, false, &deliveries);
    // All are of one contact, whose day is full after two of the three.
    let full = u64::try_from(SIGNALS_PER_DAY_MAX).unwrap();
    assert_eq!((report.taken, report.signals, report.error), (2_500, full, None));
    assert_eq!(said, [None; 25]);
    assert_eq!(ports.store.jobs().len(), 1);
    let batches = ports.store.look(|state| {
        let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
        state.seen().values().for_each(|row| *sizes.entry(row.batch).or_default() += 1);
        sizes.into_values().collect::<Vec<_>>()
    });
    assert_eq!(batches.len(), 3);
    assert!(batches.iter().all(|size| *size <= INTAKE_EVENTS_MAX));
}

#[test]
fn without_a_database_all_come_back_later() {
    let lost = Fault::Lost;
    for (call, fault) in [
        (Call::Open, lost.clone()),
        (Call::TakeIn, lost.clone()),
        (Call::TakeIn, Fault::AnswerLost),
        (Call::TakeIn, Fault::Unsure),
    ] {
        for (dead, delay_secs) in
            [(false, DATABASE_AWAY_DELAY_SECS), (true, DEAD_LETTERS_AWAY_DELAY_SECS)]
        {
            let ports = world();
            let bad = json!({});
            let deliveries =
                [delivery("m-1", &event(&ports, "org_1", "a", "/demo")), delivery("m-2", &bad)];
            ports.faults.next(Some(call), fault.clone());
            let (report, said) = consume(&ports, dead, &deliveries);
            assert_eq!(said, [Some(delay_secs); 2], "{call:?} {fault:?}");
            assert_eq!(report.retried, 2);
            assert!(report.error.is_some());
            let (report, said) = consume(&ports, dead, &deliveries);
            assert_eq!((report.error, said), (None, vec![None, None]));
            assert_eq!(report.taken + report.repeated, 1);
            assert_eq!(ports.store.look(|state| state.signals().len()), 1);
            assert_eq!(ports.store.jobs().len(), 2);
            assert_eq!(letters(&ports).len(), 1);
        }
    }
}

#[test]
fn a_letter_that_cannot_be_kept_costs_no_other_message() {
    let ports = world();
    let deliveries =
        [delivery("m-1", &event(&ports, "org_1", "a", "/demo")), delivery("m-2", &json!({}))];
    ports.faults.next(Some(Call::KeepLetters), Fault::Lost);
    let (report, said) = consume(&ports, false, &deliveries);
    assert_eq!(said, [None, Some(DATABASE_AWAY_DELAY_SECS)]);
    assert_eq!((report.taken, report.retried, report.dead_lettered), (1, 1, 0));
    let (_, said) = consume(&ports, false, &deliveries);
    assert_eq!((said, letters(&ports).len()), (vec![None, None], 1));
}

#[test]
fn what_the_database_refuses_is_kept_and_costs_no_other_message() {
    let ports = world();
    let deliveries = ["a", "b", "c"].map(|id| {
        let events = json!({"events": [event(&ports, "org_1", id, "/blog"),
            event(&ports, "org_2", id, "/blog")]});
        delivery(&format!("m-{id}"), &events)
    });
    let cause = || PortError::Refused { what: "taking events in", cause: "22P05".to_owned() };
    // All together, then the first message.
    ports.faults.next(Some(Call::TakeIn), Fault::Fail(cause()));
    ports.faults.next(Some(Call::TakeIn), Fault::Fail(cause()));
    let (report, said) = consume(&ports, false, &deliveries);
    assert_eq!(said, [None; 3]);
    assert_eq!((report.taken, report.dead_lettered), (4, 1));
    assert_eq!(report.error, Some(cause()));
    let [(message, reason, _)] = &letters(&ports)[..] else { panic!("one letter") };
    assert_eq!((message.as_str(), reason.as_str()), ("m-a", "refused"));
}

#[test]
fn jobs_that_cannot_be_sent_are_left_to_the_tick() {
    let ports = world();
    let deliveries = [delivery("m-1", &event(&ports, "org_1", "a", "/blog"))];
    ports.faults.next(Some(Call::Send), Fault::Lost);
    let (report, said) = consume(&ports, false, &deliveries);
    assert_eq!((report.taken, said), (1, vec![None]));
    assert!(report.error.is_some());
    assert_eq!(ports.store.jobs()[0].resends, 0);
}
