//! Contact events by HTTP: a thousand a second for a minute, a hundred a request,
//! on schedule whether the one before was answered or not.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::report::Report;
use crate::server::Server;
use crate::stage::{Copy, KEY, Stage};

/// Events of a request.
const EVENTS: usize = 100;

/// Requests a second: 1,000 events.
const REQUESTS_PER_SEC: u32 = 10;

/// For so long.
const SECONDS: u32 = 60;

/// Requests under way at once at the most; one more waits, and is late.
const SENDERS: usize = 8;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What became of all requests.
pub(crate) struct Ingested {
    pub(crate) events_per_sec: f64,
    /// From when a request was due until its answer, sorted.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) accepted: u64,
    pub(crate) asked: u64,
}

pub(crate) async fn measure(server: &Server, stage: &Stage, report: &mut Report) {
    let copy = stage.staffed(server, "ingest").await;
    let ingested = send_all(&copy, stage.contacts);
    let seen = "select count(*) from scoring.event_seen";
    let seen: i64 = copy.owner.query_one(seen, &[]).await.unwrap().get(0);
    assert_eq!(u64::try_from(seen).unwrap(), ingested.accepted, "each event once");
    report.ingest(&ingested);
    copy.forget(server).await;
}

fn send_all(copy: &Copy, contacts: i64) -> Ingested {
    let url = format!("{}/api/v1/events", copy.workers.http_url());
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT));
    let agent: ureq::Agent = config.http_status_as_error(false).build().into();
    let requests = REQUESTS_PER_SEC * SECONDS;
    let next = Mutex::new(0_u32);
    let done = Mutex::new((Vec::new(), 0_u64));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                loop {
                    let number = {
                        let mut next = next.lock().unwrap();
                        if *next == requests {
                            return;
                        }
                        *next += 1;
                        *next - 1
                    };
                    let due = started + Duration::from_secs(1) * number / REQUESTS_PER_SEC;
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let accepted = send(&agent, &url, number, contacts);
                    let mut done = done.lock().unwrap();
                    done.0.push(due.elapsed());
                    done.1 += accepted;
                }
            });
        }
    });
    let took = started.elapsed().max(Duration::from_secs(u64::from(SECONDS)));
    let (mut latencies, accepted) = done.into_inner().unwrap();
    latencies.sort_unstable();
    let asked = u64::from(requests) * EVENTS as u64;
    Ingested { events_per_sec: accepted as f64 / took.as_secs_f64(), latencies, accepted, asked }
}

/// How many of its events were taken in.
fn send(agent: &ureq::Agent, url: &str, number: u32, contacts: i64) -> u64 {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let event = |n: usize| -> Value {
        let contact =
            1 + (i64::from(number) * 7_919 + i64::try_from(n).unwrap() * 104_729) % contacts;
        let (event_type, data) = match n % 4 {
            0 => ("content.PageVisited", json!({"url": "https://example.com/pricing"})),
            1 => ("delivery.MessageOpened", json!({"campaignId": "spring"})),
            2 => ("delivery.MessageSent", json!({"campaignId": "spring"})),
            _ => ("content.AssetDownloaded", json!({})),
        };
        let mut data = data;
        data["contactId"] = json!(format!("contact_{contact:08}"));
        json!({"id": format!("evt-{number}-{n}"), "type": event_type, "occurredAt": now, "data": data})
    };
    let body = json!({"events": (0..EVENTS).map(event).collect::<Vec<_>>()});
    let answer = agent
        .post(url)
        .header("Authorization", format!("Bearer {KEY}"))
        .header("Content-Type", "application/json")
        .send(body.to_string());
    let Ok(mut answer) = answer else { return 0 };
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if answer.status() != 202 {
        eprintln!("{}: {text}", answer.status());
        return 0;
    }
    body["accepted"].as_u64().unwrap_or(0)
}
