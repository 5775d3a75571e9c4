//! Step `exchange_rates` of `overnight.start`: the rates that all of a night is scored by,
//! asked for once. Without an answer it is the newest that any night has stored; without
//! any, nobody is scored. A night that repeats another has that one's.

use mauntic_domain::overnight::Step;
use mauntic_domain::overnight::messages::Start;
use mauntic_domain::portfolio::provider::{Told, parse_rates};
use serde_json::{Value, json};

use super::overnight_ask::{Asked, ask, shown};
use super::overnight_end::failed;
use super::overnight_start::done;
use super::{Context, Decided};
use crate::ports::{
    Held, Night, NightRates, NightStore, NightWrite, PortError, Ports, Request, StoredRates, Took,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    night: &Night,
) -> Result<Decided, PortError> {
    let (rates, source) = match repeated(cx, night).await? {
        Some(rates) => (rates, json!({"source": "repeated"})),
        None => match ask(cx, held, night.started_at, Request::Rates, parse_rates).await? {
            Asked::Told(Told { told: rates, left_out }) => {
                let stale = rates.is_stale(cx.now);
                let stored = StoredRates { rates, fetched_at: cx.now, stale };
                (stored, json!({"source": "provider", "leftOut": shown(&left_out)}))
            }
            Asked::Again(outcome) => return Ok(Decided::of(outcome)),
            Asked::Refused { cause } | Asked::Nothing { cause } => {
                match cx.session.latest_rates(night.run_id).await? {
                    Some(rates) => {
                        let stale = rates.rates.is_stale(cx.now);
                        let source = json!({"source": "stored", "cause": cause});
                        (StoredRates { stale, ..rates }, source)
                    }
                    None => {
                        let details = json!({"reason": "no_rates", "cause": cause});
                        return Ok(failed(cx, held, night, details));
                    }
                }
            }
        },
    };
    let summary = summary(source, &rates);
    let took = Took { began_at: cx.now, summary: summary.clone() };
    let write = NightWrite::Rates(NightRates { run_id: night.run_id, rates, took });
    Ok(done(cx, held, (Step::ExchangeRates, summary), write, Some(Start::at(Step::Users))))
}

async fn repeated<P: Ports>(
    cx: &Context<'_, P>,
    night: &Night,
) -> Result<Option<StoredRates>, PortError> {
    if !night.is_retry() {
        return Ok(None);
    }
    // An older build stored answers without any rate.
    let rates = cx.session.night_rates(night.inputs_of).await?;
    Ok(rates.filter(|stored| !stored.rates.tells_nothing()))
}

fn summary(mut source: Value, rates: &StoredRates) -> Value {
    if let Some(fields) = source.as_object_mut() {
        fields.insert("asOf".to_owned(), json!(rates.rates.as_of));
        fields.insert("stale".to_owned(), json!(rates.stale));
        fields.insert("currencies".to_owned(), json!(rates.rates.units.len()));
    }
    source
}
