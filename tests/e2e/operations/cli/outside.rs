//! The verbs that need no deployment.

use serde_json::json;

use super::Cli;

pub(super) async fn rules_and_simulator_run_alone(cli: &mut Cli) {
    for (rule, input, field, expected) in [
        ("score", json!({"features": {"hasEmail": true}}), "totalScore", json!(10)),
        (
            "decay",
            json!({"weight": 20, "decayModel": "linear", "decayHours": 168, "elapsedSeconds": 3_600}),
            "currentWeight",
            json!(19.88),
        ),
        ("priority", json!({"signalType": "DEMO_REQUEST"}), "priority", json!("critical")),
        ("warmup", json!({"day": 6}), "maxEmails", json!(1_750)),
        (
            "settle",
            json!({"result": {"home": 2, "away": 1}, "guesses": [
                {"member": "a", "home": 2, "away": 1}, {"member": "b", "home": 0, "away": 0},
            ]}),
            "points",
            json!({"a": 5, "b": 0}),
        ),
        (
            "rank",
            json!({"kind": "modified", "entries": [
                {"member": "a", "points": 9}, {"member": "b", "points": 7},
                {"member": "c", "points": 7},
            ]}),
            "ranks",
            json!({"a": 1, "b": 3, "c": 3}),
        ),
        (
            "portfolio",
            json!({"criteria": [], "assets": [
                {"id": "a", "symbol": "AAPL", "fundamentals": {"price": "189.95"}},
            ]}),
            "scores",
            json!([{"assetId": "a", "score": "0.0000", "breakdown": []}]),
        ),
    ] {
        let line = ["simulate", rule];
        let mut command = cli.command(&line);
        command.env_clear();
        let ran = cli.run_with(command, &line, &format!("{input}\n")).ok();
        assert_eq!(ran.json()[field], expected, "{rule}");
    }
    let report = cli.json(&["sim", "run", "--seed", "1", "--seeds", "2", "--ops", "50"]);
    assert_eq!((&report["seeds"], &report["failed"]), (&2.into(), &0.into()), "{report}");
}
