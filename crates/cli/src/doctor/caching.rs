//! Whether something between the HTTP worker and the database answers from
//! memory: Hyperdrive does unless it is told not to, and then a worker reads rows
//! as they were a minute ago.
//!
//! The proof: a beat is written here and read there, written anew and read again.

use anyhow::Context;
use mauntic_flows::ports::Instance;
use mauntic_store::{SCHEMA, doctor};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::check::Check;
use super::deployment::HEALTH;
use crate::http::{Api, Request};
use crate::random;

const NAME: &str = "no caching";

/// Writes, reads, writes, reads; what was written is taken away again.
pub(super) async fn check(client: &Client, api: &Api) -> Check {
    let probed = probe(client, api).await;
    probed.unwrap_or_else(|error| {
        let advice = "the HTTP worker must be up and on the database of DATABASE_URL";
        Check::warn(NAME, format!("could not be looked at: {error:#}"), advice)
    })
}

async fn probe(client: &Client, api: &Api) -> anyhow::Result<Check> {
    let instance = || anyhow::Ok(Instance { id: random::id()?, schema_max: *SCHEMA.end() });
    let probes = [instance()?, instance()?];
    let mut read = Vec::new();
    let mut outcome = Ok(());
    for probe in &probes {
        outcome = write_and_read(client, api, probe, &mut read).await;
        if outcome.is_err() {
            break;
        }
    }
    for probe in &probes {
        doctor::end_probe(client, probe).await.context("taking the probe away")?;
    }
    outcome?;
    Ok(judge(&probes.map(|probe| probe.id), &read))
}

async fn write_and_read(
    client: &Client,
    api: &Api,
    probe: &Instance,
    read: &mut Vec<Option<Uuid>>,
) -> anyhow::Result<()> {
    doctor::begin_probe(client, probe).await.context("writing the probe")?;
    // Whatever its status: a deployment in trouble can be read as well.
    let answer = api.send(&Request::get(HEALTH), None).await?;
    read.push(seen(&answer.body()));
    Ok(())
}

/// Who did the probe's beat, as the health check shows it.
fn seen(health: &Value) -> Option<Uuid> {
    let duties = health.pointer("/checks/scheduler/duties")?.as_array()?;
    let probe = duties.iter().find(|duty| duty.get("name").is_some_and(|n| n == doctor::PROBE))?;
    probe.get("instanceId")?.as_str()?.parse().ok()
}

fn judge(written: &[Uuid; 2], read: &[Option<Uuid>]) -> Check {
    let [first, second] = written.map(Some);
    match read {
        [one, two] if (*one, *two) == (first, second) => {
            Check::ok(NAME, "what is written is read at once, and again when it has changed")
        }
        [_, two] if two.is_some() && *two == first => {
            let mend = "make the Hyperdrive configuration with `--caching-disabled`";
            Check::fail(NAME, "the HTTP worker read a row that had changed since", mend)
        }
        _ => {
            let advice = "either it is on another database than DATABASE_URL, or its answers are \
                          cached: make the Hyperdrive configuration with `--caching-disabled`";
            Check::fail(NAME, "the HTTP worker does not see what is written", advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn only_two_fresh_readings_prove_it() {
        let [a, b] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        for (read, verdict, word) in [
            ([Some(a), Some(b)], Verdict::Ok, "at once"),
            ([Some(a), Some(a)], Verdict::Fail, "changed"),
            ([None, Some(b)], Verdict::Fail, "not see"),
            ([Some(a), None], Verdict::Fail, "not see"),
            ([None, None], Verdict::Fail, "not see"),
        ] {
            let check = judge(&[a, b], &read);
            assert_eq!(check.verdict, verdict, "{read:?}");
            assert!(check.found.contains(word), "{}", check.found);
        }
    }

    #[test]
    fn the_probe_is_found_among_the_duties() {
        let id = Uuid::from_u128(7);
        let duties = json!([{"name": "relay", "instanceId": Uuid::nil()},
                            {"name": "doctor", "instanceId": id}]);
        assert_eq!(seen(&json!({"checks": {"scheduler": {"duties": duties}}})), Some(id));
        assert_eq!(seen(&json!({"checks": {"scheduler": {"duties": []}}})), None);
        assert_eq!(seen(&Value::Null), None);
    }
}
