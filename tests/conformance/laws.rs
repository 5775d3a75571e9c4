//! What must hold of every database, whatever was done to it.

use mauntic_domain::audit::Walk;
use mauntic_flows::ports::OperatorStore;
use serde_json::Value;

/// Entries that are read at a time: fewer than most histories write, so that
/// the walk goes over the edges of pages.
const PAGE: i64 = 5;

/// Every claim of a delivery has one end, or holds its job still.
pub(crate) fn assert_deliveries_add_up(tables: &Value) {
    let rows = |table: &str| tables[table].as_array().expect("a table").clone();
    let jobs = rows("jobs");
    for delivery in rows("deliveries") {
        let count = |name: &str| delivery[name].as_u64().expect("a count");
        let is_held =
            |job: &&Value| job["lease_token"] == delivery["token"] && job["state"] == "in_progress";
        let held = jobs.iter().filter(is_held).count();
        let ended: u64 = ["effects", "failures", "put_off", "lost"].map(count).into_iter().sum();
        let held = u64::try_from(held).expect("a small number");
        assert_eq!(count("taken"), ended + held, "{held} jobs are held by {delivery:#}");
    }
}

/// The audit is what was written.
pub(crate) async fn assert_audit_verifies<S: OperatorStore>(session: &S) {
    let mut walk = Walk::default();
    loop {
        let page = session.audit_chain(walk.seq, PAGE).await.expect("the audit");
        walk.follow(&page.links).expect("an entry as it was written");
        if page.links.is_empty() {
            walk.finish(page.head).expect("the end of the chain");
            return;
        }
    }
}
