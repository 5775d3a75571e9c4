//! What the schema keeps, whoever writes.

use mauntic_tests::world::World;

use super::given::{NIGHT, night};

async fn refusal(world: &World, sql: &str) -> Option<(String, Option<String>)> {
    let error = world.owner.execute(sql, &[]).await.err()?;
    let db = error.as_db_error().unwrap();
    Some((db.code().code().to_owned(), db.constraint().map(str::to_owned)))
}

#[tokio::test]
async fn events_and_criteria_are_only_added() {
    let world = World::new().await;
    night(&world, 1).await;
    for table in ["calculation_events", "criteria"] {
        for change in ["update portfolio.{} set organization_id = 'x'", "truncate portfolio.{}"] {
            let refused = refusal(&world, &change.replace("{}", table)).await;
            assert_eq!(refused, Some(("JB006".to_owned(), None)), "{change} {table}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new().await;
    night(&world, 1).await;
    let event = |seq: i32, kind: &str, body: &str| {
        format!(
            "insert into portfolio.calculation_events (run_id, organization_id, user_id, seq, kind,
               correlation_id, at, body)
             values ('{NIGHT}', 'o', 'u', {seq}, '{kind}', uuidv7(), now(), '{body}')"
        )
    };
    let score = |score: &str, maximum: &str, percentage: &str| {
        format!(
            "insert into portfolio.asset_scores (organization_id, user_id, asset_id, symbol, score,
               maximum, percentage, criteria_version, run_id, scored_at)
             values ('o', 'u', 'a', 'S', {score}, {maximum}, {percentage}, 1, '{NIGHT}', now())"
        )
    };
    let fate = |set: &str| format!("update portfolio.overnight_users set {set}");
    let night = |set: &str| format!("update portfolio.overnight_job_runs set {set}");
    for (sql, constraint) in [
        (event(1, "CALC_STARTED", "{}"), None),
        (event(2, "CALC_COMPLETED", "{}"), Some("event_order")),
        (event(2, "OTHER", "{}"), Some("event_order")),
        (event(4, "CALC_COMPLETED", "[]"), Some("calculation_events_body_check")),
        (event(4, "CALC_COMPLETED", "{}"), None),
        (score("1.0", "2.0000", "50.0000"), Some("asset_scores_score_check")),
        (score("3.0000", "2.0000", "50.0000"), Some("score_within_maximum")),
        (score("1.0000", "2.0000", "100.0001"), Some("asset_scores_percentage_check")),
        (score("-1.0000", "2.0000", "-50.0000"), None),
        (fate("fate = 'scored'"), Some("fate_has_its_reason")),
        (fate("fate = 'failed'"), Some("fate_has_its_reason")),
        (fate("fate = 'scored', assets_scored = 1, reason = 'r'"), Some("fate_has_its_reason")),
        (fate("fate = 'failed', reason = 'r', assets_scored = 1"), Some("fate_has_its_reason")),
        (fate("fate = 'failed', reason = 'r'"), None),
        (night("chunks_done = 9"), Some("overnight_job_runs_check")),
        (night("status = 'completed'"), Some("night_end")),
        (night("completed_at = now()"), Some("night_end")),
        (night("status = 'partial', completed_at = now()"), None),
        ("update portfolio.prices set asked_at = null".to_owned(), Some("price_is_asked")),
        ("update portfolio.users set scored_at = now()".to_owned(), Some("user_scores")),
        ("update portfolio.assets set symbol = 'aapl'".to_owned(), Some("assets_symbol_check")),
    ] {
        let refused = refusal(&world, &sql).await;
        let found = refused.as_ref().map(|(_, constraint)| constraint.as_deref().unwrap());
        assert_eq!(found, constraint, "{sql}");
    }
}
