//! What must hold of every database, whatever was done to it.

use std::collections::BTreeMap;

use mauntic_domain::audit::Walk;
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::fold::{Row, drift};
use mauntic_domain::scoreboard::{Board, Chain, Histogram, Totals, fold};
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

/// A board is the fold of its ledger, its histogram the count of its members, and every
/// standing what its numbers weigh.
pub(crate) fn assert_boards_add_up(boards: &Value) {
    let rows = |table: &str| boards[table].as_array().expect("a table").clone();
    for tournament in rows("tournaments") {
        let is_of = |row: &Value, id: &str| {
            row["organization_id"] == tournament["organization_id"] && row[id] == tournament["id"]
        };
        let mut ledger = Vec::new();
        for row in rows("settlements").iter().filter(|row| is_of(row, "tournament_id")) {
            let given = rows("point_entries");
            let given = given
                .iter()
                .filter(|given| is_of(given, "tournament_id") && given["seq"] == row["seq"]);
            ledger.push(Row {
                seq: row["seq"].as_i64().expect("a seq"),
                entry: serde_json::from_value(row["entry"].clone()).expect("an entry"),
                points: given.map(totals).collect(),
            });
        }
        assert_eq!(tournament["ledger_seq"], ledger.len(), "{tournament:#}");
        let folded = fold(&ledger).expect("a ledger that adds up");
        let entries = rows("entries");
        let entries = || entries.iter().filter(|row| is_of(row, "board_id"));
        let board: Board = entries().map(totals).collect();
        assert_eq!(drift(&board, &folded), []);
        let chain: Chain = serde_json::from_value(tournament["tie_breaks"].clone()).expect("one");
        for row in entries() {
            assert_eq!(row["standing"], chain.standing(totals(row).1), "{row:#}");
        }
        let histogram = rows("histograms");
        let histogram = histogram.iter().filter(|row| is_of(row, "board_id"));
        let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
        let stored: BTreeMap<i64, u64> = histogram
            .map(|row| (number(row, "points_e4"), row["members"].as_u64().expect("a number")))
            .filter(|(_, members)| *members > 0)
            .collect();
        let counted = Histogram::of(board.values().map(|totals| totals.points));
        let counted = counted.buckets().map(|(points, members)| (points.e4(), members));
        assert_eq!(stored, counted.collect(), "the histogram");
    }
}

fn totals(row: &Value) -> (MemberId, Totals) {
    let number = |name: &str| row[name].as_i64().expect("a number");
    let member = MemberId::parse(row["member_id"].as_str().expect("a name")).expect("a name");
    let points = PointsE4::from_e4(number("points_e4"));
    let (exact_hits, right_outcomes) = (number("exact_hits"), number("right_outcomes"));
    (member, Totals { points, exact_hits, right_outcomes })
}
