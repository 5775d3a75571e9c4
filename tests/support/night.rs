//! A night that scored a user, as its jobs would have left it.

use std::collections::BTreeMap;

use mauntic_domain::portfolio::{
    Calculation, CalculationKind, Quote, Rates, StoredUser, Symbol, calculate,
};
use tokio_postgres::Client;

/// What the user looks for.
pub const CRITERIA: &str = r#"[{"id":"cheap","name":"Cheap","metric":"pe_ratio","operator":"lt","value":"25","points":10}]"#;

const RUN: &str = "insert into portfolio.overnight_job_runs
    (id, job_type, status, started_at, completed_at, correlation_id, inputs_of, chunks_total,
     chunks_done, users_processed)
  select id, 'overnight.start', 'completed', clock_timestamp(), clock_timestamp(), 'r', id, 1, 1, 1
  from uuidv7() id
  returning id::text";

/// $1 run, $2 organization, $3 user.
const USER: &str = "insert into portfolio.overnight_users
    (run_id, organization_id, user_id, chunk, fate, assets_scored)
  values ($1::text::uuid, $2, $3, 0, 'scored', 1)";

/// $1 run, $2 organization, $3 user, $4 seq, $5 kind, $6 body.
const EVENT: &str = "insert into portfolio.calculation_events
    (run_id, organization_id, user_id, seq, kind, correlation_id, at, body)
  values ($1::text::uuid, $2, $3, $4, $5, $1::text::uuid, clock_timestamp(), $6)";

/// $1 run, $2 organization, $3 user, $4 asset, $5 symbol, $6 score, $7 maximum, $8 percentage.
const SCORE: &str = "with scored as (
    insert into portfolio.asset_scores (organization_id, user_id, asset_id, symbol, score, maximum,
      percentage, criteria_version, run_id, scored_at)
    values ($2, $3, $4, $5, $6::text::numeric, $7::text::numeric, $8::text::numeric, 1,
      $1::text::uuid, clock_timestamp())
    returning *
  )
  insert into portfolio.score_history (organization_id, user_id, asset_id, night_at, run_id, symbol,
    score, maximum, percentage, criteria_version, scored_at)
  select s.organization_id, s.user_id, s.asset_id, n.started_at, s.run_id, s.symbol, s.score,
    s.maximum, s.percentage, s.criteria_version, s.scored_at
  from scored s join portfolio.overnight_job_runs n on n.id = s.run_id";

/// A night that scored a user's one asset at this price.
pub async fn scored(owner: &Client, organization: &str, user: &str, asset: &str) -> String {
    let run: String = owner.query_one(RUN, &[]).await.unwrap().get(0);
    owner.execute(USER, &[&run, &organization, &user]).await.unwrap();
    let of = calculation(asset, "189.95");
    tell(owner, &run, organization, user, &of).await;
    let scores = of.outcome.unwrap();
    let [score, maximum, percentage] =
        [scores.assets[0].score, scores.maximum, scores.assets[0].percentage]
            .map(|number| number.to_string());
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&run, &organization, &user, &asset, &"AAPL", &score, &maximum, &percentage];
    owner.execute(SCORE, &row).await.unwrap();
    run
}

fn calculation(asset: &str, price: &str) -> Calculation {
    let user = StoredUser {
        base_currency: "EUR".to_owned(),
        assets: vec![(asset.to_owned(), "AAPL".to_owned())],
        criteria: Some((1, CRITERIA.to_owned())),
        unlisted: 0,
    };
    let rates = r#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","units":{"EUR":"0.92"}}"#;
    let quote =
        format!(r#"{{"currency":"USD","fundamentals":{{"pe_ratio":"12.4","price":"{price}"}}}}"#);
    let apple = Symbol::parse("AAPL").unwrap();
    let quotes: BTreeMap<_, _> = [(apple, Quote::from_json(&quote).unwrap())].into();
    calculate(&user, &Rates::from_json(rates).unwrap(), &quotes)
}

async fn tell(owner: &Client, run: &str, organization: &str, user: &str, of: &Calculation) {
    for event in of.events() {
        let (seq, kind, body) = (event.kind.seq(), event.kind.name(), event.body);
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&run, &organization, &user, &seq, &kind, &body];
        owner.execute(EVENT, &row).await.unwrap();
    }
}

/// One captured price is another from now on.
pub async fn alter(owner: &Client, run: &str, organization: &str, user: &str, asset: &str) {
    let inputs = calculation(asset, "189.96").inputs.unwrap().to_json();
    let (seq, kind) =
        (CalculationKind::InputsCaptured.seq(), CalculationKind::InputsCaptured.name());
    let gone = "delete from portfolio.calculation_events where run_id = $1::text::uuid
      and organization_id = $2 and user_id = $3 and seq = $4";
    owner.execute(gone, &[&run, &organization, &user, &seq]).await.unwrap();
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&run, &organization, &user, &seq, &kind, &inputs];
    owner.execute(EVENT, &row).await.unwrap();
}
