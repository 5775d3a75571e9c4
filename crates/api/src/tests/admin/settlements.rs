//! The lists of settlements and verifications.

use crate::tests::things::{TOURNAMENT, get};
use crate::tests::world::World;

#[tokio::test]
async fn settlements_are_asked_for_by_what_they_are_of() {
    let world = World::with_things().await;
    let path = format!("settlements?organizationId=org_a&tournamentId={TOURNAMENT}&status=applied");
    let none = get(&path).send(&world).await;
    assert_eq!((none.status, &none.body["items"]), (200, &serde_json::json!([])));
    for (query, pointer) in [
        ("organizationId=a%20b", "/organizationId"),
        ("tournamentId=1", "/tournamentId"),
        ("matchId=%00", "/matchId"),
        ("status=done", "/status"),
        ("cursor=a", "/cursor"),
        ("more=1", "/more"),
    ] {
        let answer = get(&format!("settlements?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{query}");
    }
}

#[tokio::test]
async fn verifications_are_asked_for_by_what_they_are_of() {
    let world = World::with_things().await;
    let path = format!("verifications?organizationId=org_a&matchId={TOURNAMENT}&outcome=retry");
    let none = get(&path).send(&world).await;
    assert_eq!((none.status, &none.body["items"]), (200, &serde_json::json!([])));
    for (query, pointer) in [
        ("organizationId=a%20b", "/organizationId"),
        ("matchId=%00", "/matchId"),
        ("outcome=ended", "/outcome"),
        ("cursor=a", "/cursor"),
        ("tournamentId=1", "/tournamentId"),
    ] {
        let answer = get(&format!("verifications?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{query}");
    }
}
