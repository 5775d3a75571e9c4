//! Portfolios to be scored on PostgreSQL, and what must hold of nights then.

use std::collections::BTreeMap;

use mauntic_domain::portfolio::replay::{Stored, replay};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// How many portfolios, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Portfolios {
    /// Users, of two organizations in turn.
    pub users: i32,
    /// Assets of each.
    pub assets: i32,
    /// Criteria of each.
    pub criteria: usize,
    /// Symbols of all of them together.
    pub symbols: i32,
}

/// Criteria, as many as are asked for: what most assets meet, and what few do.
#[must_use]
pub fn criteria(many: usize) -> Value {
    let metrics = ["pe_ratio", "price", "pb_ratio", "dividend_yield", "market_cap", "revenue"];
    let one = |nth: usize| {
        let metric = metrics[nth % metrics.len()];
        let (operator, value2) = match nth % 3 {
            0 => ("lt", None),
            1 => ("between", Some("900000000")),
            _ => ("gte", None),
        };
        json!({
            "id": format!("c{nth}"), "name": format!("Criterion {nth}"), "metric": metric,
            "operator": operator, "value": format!("{}.5", nth * 7), "value2": value2,
            "points": nth % 9 + 1,
        })
    };
    Value::Array((0..many).map(one).collect())
}

/// Puts them there. Users' names are `user_000000` and so on, two of one name in turn.
pub async fn fill(owner: &Client, of: Portfolios) {
    let Portfolios { users, assets, symbols, .. } = of;
    let sql = "insert into portfolio.users (organization_id, user_id, base_currency)
      select 'org_' || chr(97 + n % 2), 'user_' || lpad((n / 2)::text, 6, '0'),
             (array['USD', 'EUR', 'JPY'])[1 + n % 3]
      from generate_series(0, $1::int4 - 1) n";
    owner.execute(sql, &[&users]).await.unwrap();
    let sql = "insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market)
      select 'org_' || chr(97 + n % 2), 'user_' || lpad((n / 2)::text, 6, '0'),
             'asset_' || lpad(a::text, 3, '0'), 'S' || (n * 7 + a * 13) % $3::int4, 'XNYS'
      from generate_series(0, $1::int4 - 1) n, generate_series(0, $2::int4 - 1) a";
    owner.execute(sql, &[&users, &assets, &symbols]).await.unwrap();
    let sql = "insert into portfolio.criteria (organization_id, user_id, version, rules)
      select organization_id, user_id, 1, $1 from portfolio.users";
    owner.execute(sql, &[&criteria(of.criteria).to_string()]).await.unwrap();
    owner.batch_execute("analyze portfolio.users, portfolio.assets").await.unwrap();
}

/// A new version of criteria that are none, for every so many-th user.
pub async fn poison(owner: &Client, every: i32) -> i64 {
    let sql = "insert into portfolio.criteria (organization_id, user_id, version, rules)
      select organization_id, user_id, 2, '[{\"id\": 7}]' from (
        select *, row_number() over (order by organization_id, user_id) as nth
        from portfolio.users) u
      where nth % $1::int4 = 0";
    let poisoned = owner.execute(sql, &[&every]).await.unwrap();
    i64::try_from(poisoned).unwrap()
}

/// What a night came to: its status, and users processed, failed and skipped.
pub async fn came_to(owner: &Client, run_id: Uuid) -> (String, [i64; 3]) {
    let sql = "select status, users_processed, users_failed, users_skipped
      from portfolio.overnight_job_runs where id = $1";
    let row = owner.query_one(sql, &[&run_id]).await.unwrap();
    (row.get(0), [row.get(1), row.get(2), row.get(3)])
}

/// Makes every user's scores of a night again, to the byte; how many were scored. Of each
/// the four events are there once, and the history's row of each asset.
///
/// # Panics
/// At the first that is otherwise.
pub async fn replayed(owner: &Client, run_id: Uuid) -> i64 {
    let sql = "select u.organization_id, u.user_id, u.assets_scored, e.kind, e.body,
        (select count(*) from portfolio.score_history h
         where (h.organization_id, h.user_id, h.run_id) = (u.organization_id, u.user_id, u.run_id))
      from portfolio.overnight_users u
      join portfolio.calculation_events e using (run_id, organization_id, user_id)
      where u.run_id = $1 and u.fate = 'scored' order by 1, 2, e.seq";
    let mut users: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for row in owner.query(sql, &[&run_id]).await.unwrap() {
        let (assets, history): (i32, i64) = (row.get(2), row.get(5));
        assert_eq!(i64::from(assets), history);
        users.entry((row.get(0), row.get(1))).or_default().push((row.get(3), row.get(4)));
    }
    for (user, events) in &users {
        let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
        let all = ["CALC_STARTED", "INPUTS_CAPTURED", "SCORES_COMPUTED", "CALC_COMPLETED"];
        assert_eq!(kinds, all, "{user:?}");
        let (inputs, scores) = (&events[1].1, &events[2].1);
        assert_eq!(replay(inputs, Stored::Scores(scores)), Ok(()), "{user:?}");
        let altered = inputs.replacen("\"price\":\"", "\"price\":\"1", 1);
        assert_ne!(&altered, inputs, "{user:?} has a price");
        assert!(replay(&altered, Stored::Scores(scores)).is_err(), "{user:?}");
    }
    i64::try_from(users.len()).unwrap()
}
