//! Pages of the leaderboard, and the cursor between them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Score};
use mauntic_flows::ports::Position;
use proptest::prelude::*;

use super::call::Call;
use super::world::{OTHER_KEY, READ_KEY, World, contact, organization};
use crate::cursor;

const LEADERBOARD: &str = "/api/v1/scoring/leaderboard";

fn world(contacts: i64) -> World {
    let world = World::new();
    for n in 0..contacts {
        let contribution = Contribution {
            factor: "webinar".to_owned(),
            category: Category::Fit,
            points: PointsE4::whole(n / 3),
        };
        let score = Score::from_contributions(vec![contribution]);
        world.put_score(&format!("contact_{n:03}"), score, None);
    }
    world
}

#[tokio::test]
async fn pages_meet_without_gap_or_overlap() {
    let world = world(50);
    for limit in [1, 7, 25, 49, 50, 100] {
        let mut seen: Vec<String> = Vec::new();
        let mut path = format!("{LEADERBOARD}?limit={limit}");
        loop {
            let answer = Call::get(&path).key(READ_KEY).send(&world).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.body["limit"], limit);
            let items = answer.body["items"].as_array().unwrap();
            assert!(!items.is_empty() && items.len() <= limit);
            seen.extend(items.iter().map(|i| i["contactId"].as_str().unwrap().to_owned()));
            let Some(next) = answer.body["next"].as_str() else {
                assert!(!answer.headers.contains_key("link"));
                break;
            };
            path = format!("{LEADERBOARD}?limit={limit}&cursor={next}");
            assert_eq!(answer.header("link"), format!("<{path}>; rel=\"next\""));
        }
        let mut expected: Vec<i64> = (0..50).collect();
        expected.sort_by_key(|n| (-(n / 3), *n));
        let expected: Vec<String> = expected.iter().map(|n| format!("contact_{n:03}")).collect();
        assert_eq!(seen, expected, "limit {limit}");
    }
}

#[tokio::test]
async fn a_page_has_twenty_lines_by_default() {
    let answer = Call::get(LEADERBOARD).key(READ_KEY).send(&world(50)).await;
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 20);
    let answer = Call::get(LEADERBOARD).key(READ_KEY).send(&world(0)).await;
    assert!(answer.body["items"].as_array().unwrap().is_empty());
    assert!(answer.body["next"].is_null());
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_is_refused() {
    let world = world(50);
    let first = Call::get(LEADERBOARD).key(READ_KEY).send(&world).await;
    let next = first.body["next"].as_str().unwrap();
    let cut = &next[..next.len() - 1];
    let foreign = URL_SAFE_NO_PAD.encode([0_u8; 20]);
    let long = "A".repeat(10_000);
    for (key, text) in [
        (READ_KEY, ""),
        (READ_KEY, "%00"),
        (READ_KEY, "%FF%FE"),
        (READ_KEY, "!!!"),
        (READ_KEY, cut),
        (READ_KEY, foreign.as_str()),
        (READ_KEY, long.as_str()),
        // Another organization's.
        (OTHER_KEY, next),
    ] {
        let path = format!("{LEADERBOARD}?cursor={text}");
        let answer = Call::get(&path).key(key).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"));
        assert_eq!(answer.pointers(), ["/cursor"]);
        assert_eq!(answer.body["errors"][0]["in"], "query");
    }
}

fn positions() -> impl Strategy<Value = Position> {
    (0..=1_000_000_i64, "[A-Za-z0-9_.:-]{1,64}").prop_map(|(e4, name)| Position {
        total: PointsE4::from_e4(e4),
        contact_id: contact(&name),
    })
}

proptest! {
    #[test]
    fn a_cursor_comes_back_as_it_was(position in positions()) {
        let text = cursor::encode(&organization("org_a"), &position);
        prop_assert!(text.len() <= cursor::CURSOR_CHARS_MAX);
        prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(cursor::decode(&organization("org_b"), &text), None);
        prop_assert_eq!(cursor::decode(&organization("org_a"), &text), Some(position));
    }

    #[test]
    fn an_edited_cursor_is_refused(position in positions(), at in 0..100_usize, with in 0..64_usize) {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let text = cursor::encode(&organization("org_a"), &position);
        let mut edited = text.clone().into_bytes();
        let at = at % edited.len();
        edited[at] = ALPHABET[with];
        let edited = String::from_utf8(edited).unwrap();
        prop_assume!(edited != text);
        prop_assert_eq!(cursor::decode(&organization("org_a"), &edited), None);
    }

    #[test]
    fn any_text_is_no_cursor_and_no_panic(text in ".{0,120}") {
        prop_assert_eq!(cursor::decode(&organization("org_a"), &text), None);
    }
}
