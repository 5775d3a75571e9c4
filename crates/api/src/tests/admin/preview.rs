//! What an expression names next.

use chrono::{DateTime, Utc};

use crate::tests::things::get;
use crate::tests::world::World;

#[tokio::test]
async fn the_next_times_are_listed() {
    let world = World::new();
    let answer = get("cron/preview?expr=0+9+*+*+MON-FRI").send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let next = answer.body["next"].as_array().unwrap();
    assert_eq!(next.len(), 20);
    assert_eq!(next[0], "2027-01-15T09:00:00.000Z");
    let times: Vec<DateTime<Utc>> =
        next.iter().map(|time| time.as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted());
    assert!(answer.body["warnings"].as_array().unwrap().is_empty());
    let three = get("cron/preview?count=3&expr=*+*+*+*+*").send(&world).await;
    assert_eq!(three.body["next"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn weekdays_by_number_are_warned_of() {
    let answer = get("cron/preview?expr=0+9+*+*+1-5").send(&World::new()).await;
    let warnings = answer.body["warnings"].as_array().unwrap();
    assert!(!warnings.is_empty());
    // 2027-01-15 is a Friday; 1-5 is Sunday to Thursday.
    assert_eq!(answer.body["next"][0], "2027-01-17T09:00:00.000Z");
}

#[tokio::test]
async fn what_is_no_expression_is_refused() {
    let world = World::new();
    let long = "9".repeat(5_000);
    for (query, pointers) in [
        ("", vec!["/expr"]),
        ("expr=", vec!["/expr"]),
        ("expr=%00", vec!["/expr", "/expr"]),
        ("expr=@daily", vec!["/expr"]),
        ("expr=0+0+30+2+*", vec!["/expr"]),
        ("expr=0+9+*+*+0", vec!["/expr"]),
        (&format!("expr={long}"), vec!["/expr"]),
        ("expr=*+*+*+*+*&count=0", vec!["/count"]),
        ("expr=*+*+*+*+*&count=21", vec!["/count"]),
        ("expr=*+*+*+*+*&count=-1", vec!["/count"]),
        ("expr=*+*+*+*+*&count=NaN", vec!["/count"]),
        ("expr=*+*+*+*+*&from=now", vec!["/from"]),
    ] {
        let answer = get(&format!("cron/preview?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
}
