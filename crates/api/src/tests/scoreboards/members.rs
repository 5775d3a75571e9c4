//! Members of a tournament, and its leagues.

use serde_json::{Value, json};

use super::{get, of, pages, post, refused, sending, world};
use crate::tests::call::Call;
use crate::tests::things::LEAGUE;
use crate::tests::world::WRITE_KEY;

#[tokio::test]
async fn members_join_once() {
    let world = world();
    let many = json!({"members": ["b", "a", "b", "member_1"]});
    let joined = post(&world, &of("/members"), &many).await;
    assert_eq!((joined.status, &joined.body), (200, &json!({"added": 2})));
    for added in [1, 0] {
        let put = sending("PUT", &of("/members/c"), &json!({})).send(&world).await;
        assert_eq!((put.status, &put.body), (200, &json!({ "added": added })));
    }
    let bare = Call::new("PUT", &of("/members/d")).key(WRITE_KEY).send(&world).await;
    assert_eq!((bare.status, &bare.body), (200, &json!({"added": 1})), "without a body");
    let member = get(&world, &of("/members/a")).await;
    let at = member.body["joinedAt"].as_str().unwrap();
    assert_eq!(member.body, json!({"memberId": "a", "joinedAt": at}));
}

#[tokio::test]
async fn names_keep_their_alphabet() {
    let world = world();
    for (body, pointers) in [
        (json!({}), vec!["/members"]),
        (json!({"members": "a"}), vec!["/members"]),
        (
            json!({"members": ["a", "b c", 1, "", "d"]}),
            vec!["/members/1", "/members/2", "/members/3"],
        ),
        (json!({"members": ["a\u{0}"]}), vec!["/members/0"]),
        (json!({"members": vec!["a"; 10_001]}), vec!["/members"]),
        (json!({"members": [], "more": 1}), vec!["/more"]),
    ] {
        for path in [of("/members"), of(&format!("/leagues/{LEAGUE}/members"))] {
            let call = sending("POST", &path, &body);
            let answer = refused(&world, call, 422, "validation_failed").await;
            assert_eq!(answer.pointers(), pointers);
        }
    }
    let body = json!({"joinedAt": "2020-01-01T00:00:00Z"});
    let call = sending("PUT", &of("/members/a"), &body);
    refused(&world, call, 422, "validation_failed").await;
    let long = json!({"members": ["a".repeat(1_100_000)]});
    let call = sending("POST", &of("/members"), &long);
    refused(&world, call, 413, "body_too_large").await;
}

#[tokio::test]
async fn leagues_are_made_and_entered() {
    let world = world();
    let made = post(&world, &of("/leagues"), &json!({"name": "Friends"})).await.body;
    assert_eq!((&made["name"], &made["members"]), (&json!("Friends"), &json!(0)));
    let path = of(&format!("/leagues/{}", made["leagueId"].as_str().unwrap()));
    let entered = post(&world, &format!("{path}/members"), &json!({"members": ["member_1"]})).await;
    assert_eq!(entered.body, json!({"added": 1}));
    assert_eq!(get(&world, &path).await.body["members"], 1);
    let strangers = json!({"members": ["member_1", "zoe", "yan"]});
    let call = sending("POST", &format!("{path}/members"), &strangers);
    let answer = refused(&world, call, 422, "validation_failed").await;
    assert_eq!(answer.pointers(), ["/members/1", "/members/2"]);
    for removed in [true, false] {
        let leave = sending("DELETE", &format!("{path}/members/member_1"), &Value::Null);
        assert_eq!(leave.send(&world).await.body, json!({ "removed": removed }));
    }
    for name in ["b", "c"] {
        post(&world, &of("/leagues"), &json!({ "name": name })).await;
    }
    let names = pages(&world, &of("/leagues"), "name").await;
    assert_eq!(names, ["c", "b", "Friends", "a league"]);
    for body in [json!({}), json!({"name": ""}), json!({"name": "x".repeat(201)})] {
        let call = sending("POST", &of("/leagues"), &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        assert_eq!(answer.pointers(), ["/name"]);
    }
}
