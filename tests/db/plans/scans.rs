//! What a statement's scans looked at, as it was run.

use serde_json::Value;
use tokio_postgres::Client;

use super::Param;

/// Rows that scans of tables whose names begin so looked at, what these scans were, and
/// the whole plan.
pub(crate) async fn looked_at(
    client: &Client,
    tables: &str,
    sql: &str,
    params: &[Param<'_>],
) -> (i64, Vec<String>, String) {
    let explain = format!("explain (analyze, format json) {sql}");
    let rows = client.query_typed(&explain, params).await.unwrap();
    let json: Value = rows[0].get(0);
    let (mut looked_at, mut kinds) = (0, Vec::new());
    collect(&json[0]["Plan"], tables, &mut looked_at, &mut kinds);
    (looked_at, kinds, json.to_string())
}

fn collect(node: &Value, tables: &str, looked_at: &mut i64, kinds: &mut Vec<String>) {
    // Of many loops the average, which may have decimals.
    let number = |name: &str| -> i64 {
        let text = node[name].to_string();
        text.split('.').next().unwrap().parse().unwrap_or(0)
    };
    if let Some(table) = node["Relation Name"].as_str().filter(|table| table.starts_with(tables)) {
        let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        *looked_at += (number("Actual Rows") + removed) * number("Actual Loops");
        kinds.push(format!("{} of {table}", node["Node Type"].as_str().unwrap()));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, tables, looked_at, kinds);
    }
}
