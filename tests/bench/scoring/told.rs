//! What a recompute tells listeners: its domain events leave through the relay's
//! own function, as many a message as the queue's worker would pack.

use mauntic_domain::jobs::events::{Event, encode};
use mauntic_flows::ports::{Database, OutgoingEvent, Ports};
use mauntic_flows::relay::{SLICE_ROWS, send_events};
use mauntic_tests::ports::TestPorts;

use crate::server::Server;
use crate::stage::Copy;

/// Events, and the messages they left in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) events: usize,
    pub(crate) messages: usize,
}

pub(crate) async fn tell(server: &Server, copy: &Copy) -> Told {
    let ports = TestPorts::new(&server.roles(&copy.database)("mauntic_queue"));
    let session = ports.db().open().await.expect("a connection");
    let mut told = Told::default();
    while send_events(&ports, &session).await.expect("events leave") > 0 {
        let sent = ports.sent.take_events();
        told.events += sent.len();
        // A slice is what the relay hands over at once.
        for slice in sent.chunks(SLICE_ROWS) {
            let slice: Vec<Event> = slice.iter().map(OutgoingEvent::told).collect();
            told.messages += encode(&slice).expect("events are JSON").len();
        }
    }
    told
}
