//! `/metrics`: every line is one that Prometheus reads, and says what the lists say.

use std::collections::BTreeMap;

use mauntic_domain::jobs::Queue;

use super::call::Call;
use super::world::{ADMIN_TOKEN, World};

#[tokio::test]
async fn every_line_is_a_comment_or_a_number_of_ours() {
    let world = World::with_things().await;
    let answer = Call::get("/metrics").key(ADMIN_TOKEN).send(&world).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.body.as_str().expect("a text");
    assert!(text.ends_with('\n'));
    let mut numbers = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("mauntic_"), "{line}");
        assert!(numbers.insert(name.to_owned(), value.parse::<i64>().unwrap()).is_none(), "{line}");
    }
    for queue in Queue::ALL {
        let name = format!("mauntic_queue_dead_letters{{queue=\"{}\"}}", queue.name());
        assert!(numbers.contains_key(&name), "{name}");
    }
    assert!(numbers.contains_key("mauntic_scheduler_online"));
}
