//! What roll-ups counted, by day, week and month, and as a table.

use mauntic_tests::stack::ADMIN_TOKEN;
use serde_json::{Value, json};

use super::Api;
use super::ask::Ask;

const EVENTS: &str = "/api/v1/analytics/event-aggregates";
const MONTHS: &str = "/api/v1/analytics/monthly-usage";
const CAMPAIGNS: &str = "/api/v1/analytics/campaign-stats";
const SCORES: &str = "/api/v1/analytics/score-distribution";
const ENRICHMENTS: &str = "/api/v1/analytics/enrichment-metrics";

/// Of two days of a week and their month; the 2nd is a Monday.
const COUNTED: &str = "
  insert into analytics.event_aggregates (organization_id, date, event_type, channel, event_count,
    unique_contacts)
  values ('org_a', '2026-02-02', 'content.PageVisited', 'content', 5, 3),
    ('org_a', '2026-02-03', 'content.PageVisited', 'content', 4, 4),
    ('org_a', '2026-02-01', 'monthly:content.PageVisited', 'monthly_summary', 9, 6);
  insert into analytics.campaign_daily_stats (organization_id, date, campaign_id, sent, delivered,
    opened, unique_opened, clicked, unique_clicked, bounced, complained, unsubscribed)
  values ('org_a', '2026-02-02', '=1+1', 9, 8, 7, 6, 5, 4, 1, 0, 0),
    ('org_a', '2026-02-03', '=1+1', 1, 1, 1, 1, 0, 0, 0, 0, 1),
    ('org_a', '2026-02-03', 'Ä, b', 1, 1, 0, 0, 0, 0, 0, 0, 0);
  insert into analytics.daily_score_distribution (organization_id, date, average, minimum, maximum,
    p50, p90, p95, total_contacts, histogram, grade_a, grade_b, grade_c, grade_d, grade_f)
  values ('org_a', '2026-02-02', 61.33, 4.5, 100, 79.5, 100, 100, 3, array_fill(0::int8, array[20]),
    1, 1, 0, 0, 1);
  insert into analytics.enrichment_metrics (organization_id, date, total, succeeded, success_rate,
    average_cost)
  values ('org_a', '2026-02-02', 3, 1, 33.33, 2), ('org_a', '2026-02-03', 1, 1, 100, 1.0003);";

const FEBRUARY: &str = "from=2026-02-01&to=2026-02-28";

fn by<'a>(pattern: &'static str, query: &'a str) -> Ask<'a> {
    Ask::get(pattern).query(query)
}

pub(super) async fn events_are_read_by_period(api: &mut Api) {
    api.owner.batch_execute(COUNTED).await.unwrap();
    let refused = by(EVENTS, FEBRUARY).by(Some(ADMIN_TOKEN));
    api.call(refused).await.refused(403, "organization_key_required");
    for (query, pointers) in [
        ("from=2026-02-28&to=2026-02-01", &["/from"]),
        ("from=2026-01-01&to=2027-02-05", &["/to"]),
        ("from=2026-01-01&to=2026-02-30", &["/to"]),
        ("from=2026-02-01&to=2026-02-28&groupBy=hour", &["/groupBy"]),
    ] {
        api.call(by(EVENTS, query)).await.invalid(pointers);
    }
    let first_query = format!("{FEBRUARY}&limit=1");
    let first = api.call(by(EVENTS, &first_query)).await.ok(200);
    let line = json!({"from": "2026-02-02", "to": "2026-02-02", "eventType": "content.PageVisited",
        "channel": "content", "eventCount": 5, "uniqueContacts": 3, "dailyUniqueContacts": 3});
    assert_eq!(first["items"], json!([line]));
    let rest = format!("{first_query}&cursor={}", first["next"].as_str().unwrap());
    let rest = api.call(by(EVENTS, &rest)).await.ok(200);
    assert_eq!((&rest["items"][0]["from"], &rest["next"]), (&json!("2026-02-03"), &Value::Null));
    let week = format!("{FEBRUARY}&groupBy=week");
    let called = api.call(by(EVENTS, &week)).await;
    let tag = called.answer.headers["etag"].clone();
    let week_line = json!({"from": "2026-02-02", "to": "2026-02-08", "eventType": "content.PageVisited",
        "channel": "content", "eventCount": 9, "uniqueContacts": null, "dailyUniqueContacts": 7});
    assert_eq!(called.ok(200)["items"], json!([week_line]));
    assert_eq!(api.call(by(EVENTS, &week).knowing(&tag)).await.ok(304), Value::Null);
}

pub(super) async fn months_scores_and_enrichments_are_read(api: &mut Api) {
    let months = api.call(by(MONTHS, FEBRUARY)).await.ok(200);
    let month = json!({"from": "2026-02-01", "to": "2026-02-28", "eventType": "content.PageVisited",
        "eventCount": 9, "uniqueContacts": 6});
    assert_eq!(months["items"], json!([month]));
    let monthly = format!("{FEBRUARY}&groupBy=month");
    let scores = api.call(by(SCORES, &monthly)).await.ok(200);
    let told = ["from", "date", "average", "maximum", "totalContacts"];
    let told = told.map(|name| scores["items"][0][name].clone());
    assert_eq!(json!(told), json!(["2026-02-01", "2026-02-02", 61.33, 100, 3]), "{scores}");
    let jobs = api.call(by(ENRICHMENTS, &monthly)).await.ok(200);
    let line = json!({"from": "2026-02-01", "to": "2026-02-28", "total": 4, "succeeded": 2,
        "successRate": 50, "averageCost": 1.7501, "averageFreshnessHours": null});
    assert_eq!(jobs["items"], json!([line]));
}

pub(super) async fn campaigns_are_read_as_a_table(api: &mut Api) {
    let monthly = format!("{FEBRUARY}&groupBy=month");
    let called = api.call(by(CAMPAIGNS, &monthly).form("text/csv")).await;
    let headers = called.answer.headers.clone();
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(headers["vary"].to_lowercase(), "accept");
    let table = "from,to,campaignId,sent,delivered,opened,uniqueOpened,dailyUniqueOpened,clicked,\
        uniqueClicked,dailyUniqueClicked,bounced,complained,unsubscribed\r\n\
        2026-02-01,2026-02-28,\"'=1+1\",10,9,8,,7,5,4,4,1,0,1\r\n\
        2026-02-01,2026-02-28,\"Ä, b\",1,1,0,0,0,0,0,0,0,0,0\r\n";
    assert_eq!(called.ok(200), json!(table));
    let again = api.call(by(CAMPAIGNS, &monthly).form("text/csv").knowing(&headers["etag"])).await;
    assert_eq!(again.ok(304), Value::Null);
    let first = format!("{monthly}&limit=1");
    let called = api.call(by(CAMPAIGNS, &first).form("text/csv")).await;
    let link = called.answer.headers["link"].clone();
    assert_eq!(called.ok(200).as_str().unwrap().lines().count(), 2, "a heading and a line");
    let next = link.split_once('?').unwrap().1.split_once('>').unwrap().0.to_owned();
    let called = api.call(by(CAMPAIGNS, &next).form("text/csv")).await;
    assert!(!called.answer.headers.contains_key("link"));
    assert!(called.ok(200).as_str().unwrap().contains("\"Ä, b\""));
    let lines = api.call(by(CAMPAIGNS, &monthly)).await.ok(200);
    assert_eq!(lines["items"][0]["campaignId"], "=1+1", "as it is");
}
