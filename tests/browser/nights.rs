//! A night that not everybody was scored by, and whose inputs are no longer what they were.

use mauntic_tests::night;
use mauntic_tests::stack::Stack;
use serde_json::{Value, json};
use tokio_postgres::Client;

/// $1 run, $2 organization: users of it who have neither scores nor events, what it did, and how
/// it ended.
const REST: &str = "with of as (select $1::text::uuid as run),
  fates as (
    insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk, fate, reason, detail)
    select of.run, $2, u.id, 0, u.fate, u.reason, u.detail
    from of, (values ('eve', 'failed', 'no_price', 'TSLA has no price <img src=x onerror=alert(1)>'),
      ('fay', 'skipped', 'no_criteria', null)) u(id, fate, reason, detail)
  ),
  steps as (
    insert into portfolio.overnight_steps (run_id, step, done_at, took_ms, summary)
    select of.run, s.step, clock_timestamp() - s.before, s.took, s.summary::jsonb
    from of, (values ('set_up', interval '40 s', 300, '{\"users\": 3}'),
      ('exchange_rates', interval '38 s', 1200, '{\"units\": 32}'),
      ('users', interval '30 s', 900, '{\"users\": 3, \"chunks\": 1}'),
      ('prices', interval '12 s', 17500, '{\"asked\": 2, \"told\": 1}')) s(step, before, took, summary)
  )
  update portfolio.overnight_job_runs n
  set status = 'partial', users_failed = 1, users_skipped = 1, markets = '{NASDAQ}',
    started_at = n.completed_at - interval '41 s',
    error_details = '{\"failed\": {\"no_price\": 1}}', metrics = '{\"provider_calls\": 2}'
  from of where n.id = of.run";

/// Puts it there; its id.
pub(crate) async fn partial(
    stack: &Stack,
    owner: &Client,
    key: &str,
    organization: &str,
) -> String {
    let criteria: Value = serde_json::from_str(night::CRITERIA).unwrap();
    let assets = json!({"baseCurrency": "EUR", "assets": [{"id": "a7", "symbol": "AAPL", "market": "XNAS"}]});
    for (path, body) in [
        ("/api/v1/portfolio/users/ada", assets),
        ("/api/v1/portfolio/users/ada/criteria", json!({"criteria": criteria})),
    ] {
        let answer = stack.call("PUT", path, Some(key), Some(&body));
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    }
    let run = night::scored(owner, organization, "ada", "a7").await;
    night::alter(owner, &run, organization, "ada", "a7").await;
    owner.execute(REST, &[&run, &organization]).await.unwrap();
    run
}
