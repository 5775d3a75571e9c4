//! What the workers' roles are set to and may do.

use mauntic_store::doctor;
use tokio_postgres::Client;

use super::check::Check;

/// A worker that hangs with a row locked is ended by the server because of these
/// alone.
pub(super) async fn time_outs(client: &Client) -> Check {
    let name = "role time-outs";
    let wrong = match doctor::wrong_time_outs(client).await {
        Ok(wrong) => wrong,
        Err(error) => return Check::unanswered(name, &error),
    };
    if wrong.is_empty() {
        return Check::ok(name, "as the migrations set them");
    }
    let found: Vec<String> = wrong
        .iter()
        .map(|one| {
            let is = one.found.as_deref().unwrap_or("not set");
            format!("{} of {} is {is}, not {}", one.name, one.role, one.wanted)
        })
        .collect();
    let mend: Vec<String> = wrong
        .iter()
        .map(|one| {
            format!("as owner: alter role {} set {} = '{}';", one.role, one.name, one.wanted)
        })
        .collect();
    Check::fail(name, found.join("; "), mend.join(" "))
}

/// The HTTP worker sees every organization only while it acts for an operator.
pub(super) async fn memberships(client: &Client) -> Check {
    let name = "operator role";
    let found = match doctor::memberships(client).await {
        Ok(found) => found,
        Err(error) => return Check::unanswered(name, &error),
    };
    if found.operates_always {
        let what = "mauntic_http has an operator's rights in every request";
        let mend = "grant mauntic_operator to mauntic_http with inherit false, set true;";
        return Check::fail(name, what, mend);
    }
    if !found.may_operate {
        let what = "mauntic_http may not become mauntic_operator: operators' routes fail";
        let mend = "grant mauntic_operator to mauntic_http with inherit false, set true;";
        return Check::fail(name, what, mend);
    }
    if !found.operator_has_rights {
        let what = "mauntic_operator lacks the rights of mauntic_queue: operators' routes fail";
        let mend = "grant mauntic_queue to mauntic_operator with inherit true, set false;";
        return Check::fail(name, what, mend);
    }
    Check::ok(name, "mauntic_http becomes mauntic_operator for a transaction, and only then")
}
