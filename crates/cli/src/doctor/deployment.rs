//! What the HTTP worker tells of itself to everybody.

use serde_json::Value;

use super::Worker;
use super::check::{Check, Verdict, some};
use super::database::judge_clock;
use crate::clock;
use crate::http::{Answer, Api, Request};

/// The route that is open to everybody.
pub(super) const HEALTH: &str = "/api/monitoring/health";

/// Its health and its clock. A deployment that is not there yet, or is about to
/// be replaced, stops nothing.
pub(super) async fn checks(api: &Api, pre_deploy: Option<Worker>) -> Vec<Check> {
    let most = if pre_deploy.is_some() { Verdict::Warn } else { Verdict::Fail };
    let before = clock::now();
    let answer = api.send(&Request::get(HEALTH), None).await;
    let after = clock::now();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let advice = "see the address and whether the HTTP worker is deployed";
            return vec![Check::fail("health", format!("{error:#}"), advice).at_most(most)];
        }
    };
    let mut checks = vec![judge(&answer).at_most(most)];
    if let (Ok(before), Ok(after), Some(date)) = (before, after, answer.date) {
        // The header has no fractions: it may be a second older than it says.
        let around = (before - chrono::TimeDelta::seconds(1), after);
        checks.push(judge_clock("http clock", "the HTTP worker's", date, around));
    }
    checks
}

fn judge(answer: &Answer) -> Check {
    let body = answer.body();
    let advice = "see what is named; `GET /api/monitoring/health` has it all";
    let Some(status) = body.get("status").and_then(Value::as_str) else {
        let found = format!("the answer is {} and no health", answer.status);
        return Check::fail("health", found, "is this the address of the HTTP worker?");
    };
    if status == "healthy" {
        let warnings = body.get("warnings").and_then(Value::as_array).into_iter().flatten();
        let codes = warnings.filter_map(|warning| warning.get("code")?.as_str());
        let codes: Vec<String> = codes.map(str::to_owned).collect();
        return match codes.as_slice() {
            [] => Check::ok("health", status),
            codes => Check::warn("health", format!("{status}; {}", some(codes)), advice),
        };
    }
    let parts = body.get("checks").and_then(Value::as_object).into_iter().flatten();
    let codes = parts.filter_map(|(part, check)| {
        check.get("code").and_then(Value::as_str).map(|code| format!("{part}: {code}"))
    });
    let codes: Vec<String> = codes.collect();
    Check::fail("health", format!("{status}; {}", some(&codes)), advice)
}
