//! A rank, explained.

use chrono::TimeDelta;
use mauntic_domain::ids::MemberId;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::things::{MEMBER, NOTHING, TOURNAMENT};
use super::world::{OTHER_KEY, READ_KEY, World, organization};

fn path(member: &str, query: &str) -> String {
    format!("/api/v1/scoreboards/{TOURNAMENT}/members/{member}/explain{query}")
}

async fn explained(world: &World, member: &str, query: &str) -> Answer {
    Call::get(&path(member, query)).key(READ_KEY).send(world).await
}

/// Two more members, who joined later.
fn enter(world: &World) {
    let now = world.ports.clock.database();
    let later = [("zoe", 1), ("amy", 1)]
        .map(|(name, minutes)| (MemberId::parse(name).unwrap(), now + TimeDelta::minutes(minutes)));
    world.store().put_members(&(organization("org_a"), TOURNAMENT), &later);
}

#[tokio::test]
async fn a_rank_is_told_with_what_decides() {
    let world = World::with_things().await;
    enter(&world);
    let answer = explained(&world, "amy", "?kind=ordinal").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = &answer.body;
    assert_eq!((&body["kind"], &body["member"]["rank"]), (&json!("ordinal"), &json!(2)));
    assert_eq!(
        (&body["members"], &body["above"], &body["tied"]),
        (&json!(3), &json!(0), &json!(3))
    );
    let order = json!(["points", "exactHits", "rightOutcomes", "joinedAt", "memberId"]);
    assert_eq!(body["order"], order);
    let neighbour =
        |of: &Value| json!([of["line"]["memberId"], of["line"]["rank"], of["decidedBy"]]);
    assert_eq!(neighbour(&body["lineAbove"]), json!([MEMBER, 1, "joinedAt"]));
    assert_eq!(neighbour(&body["lineBelow"]), json!(["zoe", 3, "memberId"]));
    assert_eq!(body["sum"], json!({"points": 0, "exactHits": 0, "rightOutcomes": 0}));
    assert_eq!((&body["entries"], &body["points"]["items"]), (&json!(0), &json!([])));
    // By the tournament's own kind points alone are compared.
    let first = explained(&world, MEMBER, "").await;
    assert_eq!(first.body["kind"], "competition");
    assert_eq!(
        (&first.body["member"]["rank"], &first.body["order"]),
        (&json!(1), &json!(["points"]))
    );
    assert_eq!(first.body["lineAbove"], Value::Null);
    assert_eq!(first.body["lineBelow"]["line"]["rank"], 1);
}

#[tokio::test]
async fn who_is_not_there_is_told_so() {
    let world = World::with_things().await;
    let nobody = explained(&world, "nobody", "").await;
    assert_eq!((nobody.status, nobody.code()), (404, "member_not_found"));
    let nowhere = format!("/api/v1/scoreboards/{NOTHING}/members/{MEMBER}/explain");
    for (path, key) in [(nowhere, READ_KEY), (path(MEMBER, ""), OTHER_KEY)] {
        let answer = Call::get(&path).key(key).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "tournament_not_found"));
    }
    for (query, pointer) in
        [("?kind=best", "/kind"), ("?limit=0", "/limit"), ("?cursor=x", "/cursor"), ("?x=1", "/x")]
    {
        let answer = explained(&world, MEMBER, query).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{query}");
    }
    let odd = Call::get("/api/v1/scoreboards/7/members/a%20b/explain").key(READ_KEY);
    let answer = odd.send(&world).await;
    assert_eq!((answer.status, answer.pointers()), (422, vec!["/tournamentId", "/memberId"]));
}
