//! Tags of what an organization reads.

use mauntic_domain::scoring::Score;
use serde_json::Value;

use super::call::{Answer, Call};
use super::world::{OPERATOR_KEY, READ_KEY, WRITE_KEY, World};

const BOARD: &str = "/api/v1/scoring/leaderboard";

async fn asked(world: &World, method: &str, conditions: &[&str]) -> Answer {
    let mut call = Call::new(method, BOARD).key(READ_KEY);
    for condition in conditions {
        call = call.header("if-none-match", condition);
    }
    call.send(world).await
}

fn scored() -> World {
    let world = World::new();
    world.put_score("contact_1", Score::from_contributions(Vec::new()), None);
    world
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let world = scored();
    let first = asked(&world, "GET", &[]).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag} is strong");
    let (weak, list) = (format!("W/{tag}"), format!("\"a,b\" , W/\"c\",{tag}"));
    let open = format!("{tag}, \"open");
    let empty = format!(",, ,{tag}");
    for conditions in [
        vec![tag.as_str()],
        vec![weak.as_str()],
        vec![list.as_str()],
        vec![open.as_str()],
        vec![empty.as_str()],
        vec!["\"other\"", tag.as_str()],
        vec!["*"],
        vec![" * "],
    ] {
        for method in ["GET", "HEAD"] {
            let again = asked(&world, method, &conditions).await;
            assert_eq!(again.status, 304, "{method} {conditions:?}");
            assert_eq!((again.header("etag"), &again.body), (tag.as_str(), &Value::Null));
            assert!(!again.headers.contains_key("content-type"));
        }
    }
    let bare = tag.trim_matches('"').to_owned();
    let (closed, marked) = (format!("\"open, {tag}x"), format!("w/{tag}"));
    for conditions in [
        vec![],
        vec!["\"other\""],
        vec![""],
        vec!["W/"],
        vec!["\""],
        vec!["\"a\", *"],
        vec![bare.as_str()],
        vec![closed.as_str()],
        vec![marked.as_str()],
    ] {
        let again = asked(&world, "GET", &conditions).await;
        assert_eq!((again.status, &again.body), (200, &first.body), "{conditions:?}");
        assert_eq!(again.header("etag"), tag);
    }
}

#[tokio::test]
async fn a_head_has_the_tag_of_its_get() {
    let world = scored();
    let get = asked(&world, "GET", &[]).await;
    let head = asked(&world, "HEAD", &[]).await;
    assert_eq!((head.status, &head.body), (200, &Value::Null));
    for name in ["etag", "content-type", "content-length"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test]
async fn what_has_changed_has_another_tag() {
    let world = scored();
    let tag = asked(&world, "GET", &[]).await.header("etag").to_owned();
    world.put_score("contact_2", Score::from_contributions(Vec::new()), None);
    let again = asked(&world, "GET", &[&tag]).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.header("etag"), tag);
}

#[tokio::test]
async fn refusals_changes_and_operators_answers_are_not_kept() {
    // That they have no tag, `call` holds of every answer.
    let world = World::new();
    let unknown = Call::get("/api/v1/scoring/contacts/c/score").key(READ_KEY);
    assert_eq!(unknown.header("if-none-match", "*").send(&world).await.status, 404);
    let stranger = Call::get(BOARD).header("if-none-match", "*");
    assert_eq!(stranger.send(&world).await.status, 401);
    let change = Call::new("POST", "/api/v1/scoring/recalculate").key(WRITE_KEY);
    let change = change.header("if-none-match", "*").json(r#"{"contactIds":["c"]}"#);
    assert_eq!(change.send(&world).await.status, 202);
    let queues = Call::get("/api/v2/admin/queues").key(OPERATOR_KEY);
    assert_eq!(queues.header("if-none-match", "*").send(&world).await.status, 200);
}
