//! The tables of portfolios and nights on both subjects, and what a test fills them with.

use mauntic_domain::ids::AssetId;
use mauntic_domain::portfolio::{Currency, Market, Quote, Shown, Symbol, UserFate};
use mauntic_flows::ports::{Night, StepDone, UserKey};
use mauntic_sim::store::State;
use mauntic_sim::store::portfolios::AssetScoreRow;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::subject::Subject;

/// An asset of a portfolio.
pub(crate) type Asset = (AssetId, Symbol, Market);

/// Every table of portfolios with every column.
pub(crate) const TABLES: &str = "select jsonb_build_object(
  'users', (select coalesce(jsonb_agg(to_jsonb(u) order by u.organization_id, u.user_id), '[]')
    from portfolio.users u),
  'assets', (select coalesce(jsonb_agg(to_jsonb(a)
      order by a.organization_id, a.user_id, a.asset_id), '[]') from portfolio.assets a),
  'criteria', (select coalesce(jsonb_agg(to_jsonb(c)
      order by c.organization_id, c.user_id, c.version), '[]') from portfolio.criteria c),
  'nights', (select coalesce(jsonb_agg(to_jsonb(n) order by n.id), '[]')
    from portfolio.overnight_job_runs n),
  'steps', (select coalesce(jsonb_agg(to_jsonb(s) order by s.run_id, s.done_at, s.step), '[]')
    from portfolio.overnight_steps s),
  'rates', (select coalesce(jsonb_agg(to_jsonb(r) order by r.run_id), '[]')
    from portfolio.exchange_rates r),
  'prices', (select coalesce(jsonb_agg(to_jsonb(p) order by p.run_id, p.symbol), '[]')
    from portfolio.prices p),
  'night_users', (select coalesce(jsonb_agg(to_jsonb(o)
      order by o.run_id, o.organization_id, o.user_id), '[]') from portfolio.overnight_users o),
  'calculations', (select coalesce(jsonb_agg(to_jsonb(e)
      order by e.run_id, e.organization_id, e.user_id, e.seq), '[]')
    from portfolio.calculation_events e),
  'scores', (select coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('score', s.score::text,
      'maximum', s.maximum::text, 'percentage', s.percentage::text)
      order by s.organization_id, s.user_id, s.asset_id), '[]') from portfolio.asset_scores s),
  'history', (select coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('score', s.score::text,
      'maximum', s.maximum::text, 'percentage', s.percentage::text)
      order by s.organization_id, s.user_id, s.asset_id, s.night_at, s.run_id), '[]')
    from portfolio.score_history s))";

/// The same of the double.
pub(crate) fn tables(state: &State) -> Value {
    let of = state.portfolios();
    let users = of.users.iter().map(|((owner, user), row)| {
        json!({"organization_id": owner, "user_id": user, "base_currency": row.base_currency,
            "active": row.active, "created_at": row.created_at, "updated_at": row.updated_at,
            "scored_run": row.scored.map(|of| of.run_id),
            "scored_night_at": row.scored.map(|of| of.night_at),
            "scored_at": row.scored.map(|of| of.scored_at)})
    });
    let assets = of.assets.iter().flat_map(|((owner, user), assets)| {
        assets.iter().map(move |(asset, row)| {
            json!({"organization_id": owner, "user_id": user, "asset_id": asset,
                "symbol": row.symbol, "market": row.market})
        })
    });
    let criteria = of.criteria.iter().flat_map(|((owner, user), versions)| {
        versions.iter().map(move |(version, row)| {
            json!({"organization_id": owner, "user_id": user, "version": version,
                "rules": row.rules, "created_at": row.created_at,
                "superseded_at": row.superseded_at})
        })
    });
    let rates = of.rates.iter().map(|(run, row)| {
        json!({"run_id": run, "base": row.rates.base, "as_of": row.rates.as_of,
            "fetched_at": row.fetched_at, "stale": row.stale, "rates": row.rates.to_json()})
    });
    let prices = of.prices.iter().map(|((run, symbol), row)| {
        json!({"run_id": run, "symbol": symbol, "asked_at": row.asked_at,
            "quote": row.quote.as_ref().map(Quote::to_json)})
    });
    let scores = of.scores.iter().map(|((user, asset), row)| score(user, asset, row));
    let history = of.history.iter().map(|((user, asset, night_at, _), row)| {
        let mut line = score(user, asset, row);
        line["night_at"] = json!(night_at);
        line
    });
    json!({
        "users": users.collect::<Vec<_>>(),
        "assets": assets.collect::<Vec<_>>(),
        "criteria": criteria.collect::<Vec<_>>(),
        "nights": of.nights.values().map(night).collect::<Vec<_>>(),
        "steps": steps(state),
        "rates": rates.collect::<Vec<_>>(),
        "prices": prices.collect::<Vec<_>>(),
        "night_users": night_users(state),
        "calculations": calculations(state),
        "scores": scores.collect::<Vec<_>>(),
        "history": history.collect::<Vec<_>>(),
    })
}

fn night(of: &Night) -> Value {
    json!({"id": of.run_id, "job_type": of.job_type, "status": of.status,
        "started_at": of.started_at, "completed_at": of.completed_at,
        "correlation_id": of.correlation_id, "markets": of.markets, "inputs_of": of.inputs_of,
        "chunks_total": of.chunks_total, "chunks_done": of.chunks_done,
        "users_processed": of.users_processed, "users_failed": of.users_failed,
        "users_skipped": of.users_skipped, "error_details": of.error_details,
        "metrics": of.metrics})
}

fn steps(state: &State) -> Vec<Value> {
    let step = |of: &Night, done: &StepDone| {
        json!({"run_id": of.run_id, "step": done.step, "done_at": done.done_at,
            "took_ms": done.took_ms, "summary": done.summary})
    };
    let of_night = |of: &Night| {
        let mut steps: Vec<&StepDone> = of.steps.iter().collect();
        steps.sort_by_key(|done| (done.done_at, done.step.name()));
        steps.into_iter().map(|done| step(of, done)).collect::<Vec<_>>()
    };
    state.portfolios().nights.values().flat_map(of_night).collect()
}

fn night_users(state: &State) -> Vec<Value> {
    let rows = state.portfolios().night_users.iter().map(|((run, (owner, user)), row)| {
        json!({"run_id": run, "organization_id": owner, "user_id": user, "chunk": row.chunk,
            "fate": row.fate.map(UserFate::name),
            "reason": row.unscored.as_ref().map(|why| why.reason.name()),
            "detail": row.unscored.as_ref().map(|why| &why.detail),
            "assets_scored": row.assets_scored})
    });
    rows.collect()
}

fn calculations(state: &State) -> Vec<Value> {
    let rows = state.portfolios().calculations.iter().map(|((run, (owner, user), seq), row)| {
        json!({"run_id": run, "organization_id": owner, "user_id": user, "seq": seq,
            "kind": row.kind.name(), "correlation_id": row.correlation_id, "at": row.at,
            "body": row.body})
    });
    rows.collect()
}

fn score((owner, user): &UserKey, asset: &AssetId, row: &AssetScoreRow) -> Value {
    json!({"organization_id": owner, "user_id": user, "asset_id": asset, "symbol": row.symbol,
        "score": row.score.to_string(), "maximum": row.maximum.to_string(),
        "percentage": row.percentage.to_string(), "criteria_version": row.criteria_version,
        "run_id": row.run_id, "scored_at": row.scored_at})
}

/// What somebody alters of a user's night by hand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Altered {
    /// All of his newest scores.
    Newest,
    /// All of the night's scores in his history.
    History,
    /// An event is gone.
    Event(i16),
}

/// A score that is none of any test's.
const ALTERED: &str = "-7.0000";

/// A subject that has portfolios.
pub(crate) trait PortfolioSubject: Subject {
    /// Keeps a user, and whether nights score it.
    async fn put_portfolio(&self, user: &UserKey, base_currency: &Currency, active: bool);
    /// Replaces a user's assets.
    async fn put_assets(&self, user: &UserKey, assets: &[Asset]);
    /// Adds a version of a user's criteria, as it stands.
    async fn put_criteria(&self, user: &UserKey, rules: &str);
    /// Alters what a night wrote of a user.
    async fn alter(&self, run_id: Uuid, user: &UserKey, what: Altered);
}

impl PortfolioSubject for Memory {
    async fn put_portfolio(&self, user: &UserKey, base_currency: &Currency, active: bool) {
        self.store.put_portfolio(user, base_currency, active);
    }

    async fn put_assets(&self, user: &UserKey, assets: &[Asset]) {
        self.store.put_assets(user, assets);
    }

    async fn put_criteria(&self, user: &UserKey, rules: &str) {
        self.store.put_criteria(user, rules);
    }

    async fn alter(&self, run_id: Uuid, user: &UserKey, what: Altered) {
        self.store.alter_portfolios(|all| {
            let score: Shown = serde_json::from_value(json!(ALTERED)).expect("a number");
            let newest = all.scores.iter_mut().filter(|((of, _), _)| of == user);
            let history = all.history.iter_mut();
            let history = history.filter(|((of, .., run), _)| of == user && *run == run_id);
            match what {
                Altered::Newest => newest.for_each(|(_, row)| row.score = score),
                Altered::History => history.for_each(|(_, row)| row.score = score),
                Altered::Event(seq) => drop(all.calculations.remove(&(run_id, user.clone(), seq))),
            }
        });
    }
}

impl PortfolioSubject for Postgres {
    async fn put_portfolio(&self, (owner, user): &UserKey, base_currency: &Currency, active: bool) {
        let sql =
            "insert into portfolio.users as u (organization_id, user_id, base_currency, active)
          values ($1, $2, $3, $4)
          on conflict (organization_id, user_id) do update set
            base_currency = excluded.base_currency, active = excluded.active,
            updated_at = clock_timestamp()";
        let (owner, user, base) = (owner.as_str(), user.as_str(), base_currency.as_str());
        let written = self.owner.execute(sql, &[&owner, &user, &base, &active]).await;
        written.expect("the test's own row");
    }

    async fn put_assets(&self, (owner, user): &UserKey, assets: &[Asset]) {
        let (owner, user) = (owner.as_str(), user.as_str());
        let sql = "delete from portfolio.assets where organization_id = $1 and user_id = $2";
        self.owner.execute(sql, &[&owner, &user]).await.expect("the test's own rows");
        let sql =
            "insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market)
          values ($1, $2, $3, $4, $5)";
        for (asset, symbol, market) in assets {
            let (asset, symbol, market) = (asset.as_str(), symbol.as_str(), market.as_str());
            let written = self.owner.execute(sql, &[&owner, &user, &asset, &symbol, &market]).await;
            written.expect("the test's own row");
        }
    }

    async fn put_criteria(&self, (owner, user): &UserKey, rules: &str) {
        let sql = "with replaced as (
            update portfolio.criteria set superseded_at = clock_timestamp()
            where organization_id = $1 and user_id = $2 and superseded_at is null)
          insert into portfolio.criteria (organization_id, user_id, version, rules)
          select $1, $2, coalesce(max(version), 0) + 1, $3
          from portfolio.criteria where organization_id = $1 and user_id = $2";
        let (owner, user) = (owner.as_str(), user.as_str());
        let written = self.owner.execute(sql, &[&owner, &user, &rules]).await;
        written.expect("the test's own row");
    }

    async fn alter(&self, run_id: Uuid, (owner, user): &UserKey, what: Altered) {
        let (sql, seq) = match what {
            Altered::Newest => ("update portfolio.asset_scores set score = $5::text::numeric", 0),
            Altered::History => ("update portfolio.score_history set score = $5::text::numeric", 0),
            Altered::Event(seq) => ("delete from portfolio.calculation_events", seq),
        };
        let sql = format!(
            "{sql} where organization_id = $1 and user_id = $2 and run_id = $3
             and ($4::int2 = 0 or $5 <> '') {}",
            if seq > 0 { "and seq = $4" } else { "" }
        );
        let (owner, user) = (owner.as_str(), user.as_str());
        let written = self.owner.execute(&sql, &[&owner, &user, &run_id, &seq, &ALTERED]).await;
        assert_ne!(written.expect("the test's own rows"), 0);
    }
}
